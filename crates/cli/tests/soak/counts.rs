//! What a soak has counted so far.

use crate::plan::{Plan, folder_of};
use crate::run::{FAULTS, Fault};
use crate::tried::{FAMILIES, Family, Tried};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

/// Draws that show one fault in one kind of input.
struct Kind {
    count: u64,
    first: u64,
    text: String,
}

pub(crate) struct Counts<'p> {
    plan: &'p Plan,
    /// One line for each draw.
    log: File,
    tried: BTreeMap<Family, u64>,
    faults: BTreeMap<(Family, Fault), u64>,
    kinds: BTreeMap<(Fault, String), Kind>,
}

impl<'p> Counts<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        std::fs::create_dir_all(&plan.kept).expect("a folder");
        let log = plan.kept.join(format!("{}.log", plan.seed));
        Self {
            plan,
            log: File::create(log).expect("a file"),
            tried: BTreeMap::new(),
            faults: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }

    /// Counts a draw, and says what went wrong in it.
    pub(crate) fn add(&mut self, family: Family, index: u64, tried: &Tried) {
        *self.tried.entry(family).or_default() += 1;
        let mut seen = Vec::new();
        for (fault, text) in &tried.ended.faults {
            eprintln!("{}: {text}", name_of(*fault).to_uppercase());
            if seen.contains(fault) {
                continue;
            }
            seen.push(*fault);
            *self.faults.entry((family, *fault)).or_default() += 1;
            let kind = self
                .kinds
                .entry((*fault, tried.kind.clone()))
                .or_insert(Kind {
                    count: 0,
                    first: index,
                    text: text.clone(),
                });
            kind.count += 1;
        }
        if !seen.is_empty() {
            let (seed, kept) = (self.plan.seed, &self.plan.kept);
            let kept = folder_of(kept, seed, index);
            eprintln!("  {}", tried.what);
            eprintln!("  cd {} && crcheck {}", kept.display(), line(tried));
            eprintln!("  scripts/soak --seed {seed} --draw {index}");
        }
        let (code, time) = (tried.ended.code, tried.ended.time.as_secs_f32());
        let (what, line) = (&tried.what, line(tried));
        let logged = writeln!(self.log, "{index} {time:.1} s {code:?} {what}: {line}");
        logged.expect("a file");
        let tried: u64 = self.tried.values().sum();
        if tried.is_multiple_of(100) {
            let failed: u64 = self.faults.values().sum();
            eprintln!("{tried} tried, {failed} faults");
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults by their kinds, on stderr.
    pub(crate) fn print_kinds(&self) {
        for ((fault, name), kind) in &self.kinds {
            let (count, first, text) = (kind.count, kind.first, &kind.text);
            let fault = name_of(*fault);
            eprintln!("{count:>5} {fault:<13} {name}: first by draw {first}: {text}");
        }
    }

    /// The table on stdout, and a line of JSON behind it.
    pub(crate) fn print_table(&self, time: Duration) {
        print!("{:<18} {:>8}", "", "tried");
        for (_, name) in FAULTS {
            print!(" {name:>13}");
        }
        println!();
        let mut families = Map::new();
        for (family, name, _) in FAMILIES {
            let row = self.row(|counted| counted == family);
            print_row(name, &row);
            families.insert(name.to_owned(), Value::Object(row));
        }
        let mut all = self.row(|_| true);
        print_row("all", &all);
        all.insert("seed".to_owned(), json!(self.plan.seed));
        all.insert("seconds".to_owned(), json!(time.as_secs()));
        all.insert("families".to_owned(), Value::Object(families));
        println!("{}", Value::Object(all));
    }

    fn row(&self, is_counted: impl Fn(Family) -> bool) -> Map<String, Value> {
        let tried = self.tried.iter().filter(|(family, _)| is_counted(**family));
        let tried: u64 = tried.map(|(_, count)| count).sum();
        let mut row = Map::from_iter([("tried".to_owned(), json!(tried))]);
        for (fault, name) in FAULTS {
            let counts = self.faults.iter();
            let counts = counts.filter(|((family, of), _)| *of == fault && is_counted(*family));
            let count: u64 = counts.map(|(_, count)| count).sum();
            row.insert(name.replace(' ', "_"), json!(count));
        }
        row
    }
}

fn print_row(name: &str, row: &Map<String, Value>) {
    print!("{name:<18} {:>8}", row["tried"].to_string());
    for (_, fault) in FAULTS {
        let count = &row[&fault.replace(' ', "_")];
        print!(" {:>13}", count.to_string());
    }
    println!();
}

/// The arguments of a draw, for a shell.
fn line(tried: &Tried) -> String {
    let words = tried.words.iter().map(String::as_str);
    shlex::try_join(words).expect("no NUL")
}

fn name_of(fault: Fault) -> &'static str {
    let named = FAULTS.iter().find(|(named, _)| *named == fault);
    named.map_or("", |(_, name)| name)
}

//! Which function of a library a user means.

use crcheck_oracle::nearest;
use crcheck_platform::code::source_name::SourceName;

/// The most names that a message lists.
const SHOWN: usize = 24;

/// Words in the names of CRC functions.
const CRC_WORDS: [&str; 5] = ["crc", "checksum", "cksum", "fcs", "digest"];

/// Words in the names of functions around them, which take no message.
const HELPER_WORDS: [&str; 14] = [
    "table", "init", "combine", "gen", "free", "alloc", "reset", "final", "finish", "copy",
    "shift", "zeros", "version", "test",
];

/// An exported function.
#[derive(Debug)]
pub(super) struct Function {
    /// The name that the loader knows.
    pub(super) symbol: String,
    /// Functions at one address are one function.
    pub(super) address: u64,
}

/// Why a name is not that of one function.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoChoice {
    /// It is the name of none. The text says which may be meant.
    Unknown(String),
    /// It is the name of several. The text lists them.
    Ambiguous(String),
}

/// The symbol of the function of this name: its symbol, its name in the source, with or without
/// parameters, or a part of that at its end or its beginning, if no other function has it.
pub(super) fn choose<'f>(functions: &'f [Function], name: &str) -> Result<&'f str, NoChoice> {
    if let Some(exact) = functions.iter().find(|one| one.symbol == name) {
        return Ok(&exact.symbol);
    }
    let candidates = Candidate::all(functions);
    match find(&candidates, name).as_slice() {
        [] => Err(NoChoice::Unknown(hint(&candidates, name))),
        [one, others @ ..] => match others.iter().all(|other| other.address == one.address) {
            true => Ok(one.symbol),
            false => {
                let mut several = find(&candidates, name);
                several.dedup_by_key(|one| one.address);
                Err(NoChoice::Ambiguous(lines(&several, &candidates)))
            }
        },
    }
}

/// The functions that may be meant, a line each with what to type, those first that look most like
/// a CRC; if some look like one, only those.
pub(super) fn list(functions: &[Function]) -> String {
    let candidates = Candidate::all(functions);
    list_of(&candidates)
}

fn list_of(candidates: &[Candidate<'_>]) -> String {
    let mut shown: Vec<Candidate<'_>> = candidates.to_vec();
    let what = if shown.iter().any(|one| one.has_word(&CRC_WORDS)) {
        shown.retain(|one| one.has_word(&CRC_WORDS));
        "it exports, among others, the likeliest first:"
    } else if shown.is_empty() {
        return "it exports no function".to_owned();
    } else {
        "it exports:"
    };
    shown.sort_by_key(|one| (one.has_word(&HELPER_WORDS), one.name().len()));
    format!("{what}\n{}", lines(&shown, candidates))
}

/// A function, and its name in the source if its symbol is mangled.
#[derive(Clone, Debug)]
struct Candidate<'f> {
    symbol: &'f str,
    address: u64,
    source: Option<SourceName>,
}

impl<'f> Candidate<'f> {
    fn all(functions: &'f [Function]) -> Vec<Self> {
        let candidates = functions.iter().map(|function| Self {
            symbol: &function.symbol,
            address: function.address,
            source: SourceName::of(&function.symbol),
        });
        candidates.collect()
    }

    /// The name without parameters.
    fn name(&self) -> &str {
        self.source.as_ref().map_or(self.symbol, |name| &name.path)
    }

    fn has_word(&self, words: &[&str]) -> bool {
        let name = self.name().to_lowercase();
        words.iter().any(|word| name.contains(word))
    }

    /// The shortest of its names that stands for no other function.
    fn shortest(&self, all: &[Self]) -> &str {
        let Some(source) = &self.source else {
            return self.symbol;
        };
        let is_its_own = |name: &&str| {
            let found = find(all, name);
            found.iter().all(|one| one.address == self.address)
        };
        let names = [source.path.as_str(), source.full.as_str()];
        names.into_iter().find(is_its_own).unwrap_or(self.symbol)
    }
}

/// The functions of a name: those of the whole name, else those that it is a part of.
fn find<'f>(candidates: &[Candidate<'f>], name: &str) -> Vec<Candidate<'f>> {
    let those = |fits: &dyn Fn(&SourceName) -> bool| -> Vec<Candidate<'f>> {
        let named = candidates
            .iter()
            .filter(|one| one.source.as_ref().is_some_and(fits));
        named.cloned().collect()
    };
    let whole = those(&|source| source.is(name));
    if whole.is_empty() {
        those(&|source| source.has_part(name))
    } else {
        whole
    }
}

/// A line for each function: what to type, and the name in the source or the symbol behind it.
fn lines(shown: &[Candidate<'_>], all: &[Candidate<'_>]) -> String {
    let line = |one: &Candidate<'_>| {
        let typed = one.shortest(all);
        let quoted = shlex::try_quote(typed).unwrap_or(typed.into());
        match &one.source {
            Some(source) if source.full != typed => format!("    --symbol {quoted}  # {source}"),
            Some(_) => format!("    --symbol {quoted}  # {}", one.symbol),
            None => format!("    --symbol {quoted}"),
        }
    };
    let mut lines: Vec<String> = shown.iter().take(SHOWN).map(line).collect();
    match shown.len().saturating_sub(SHOWN) {
        0 => {}
        more => lines.push(format!("    and {more} more")),
    }
    lines.join("\n")
}

/// What a name that is none may mean: of the functions with the nearest last part, the one with the
/// nearest name.
fn hint(candidates: &[Candidate<'_>], name: &str) -> String {
    let last = |one: &str| one.rsplit("::").next().unwrap_or_default().to_owned();
    let lasts: Vec<String> = candidates.iter().map(|one| last(one.name())).collect();
    let Some(near) = nearest(&last(name), lasts.iter().map(String::as_str)) else {
        return list_of(candidates);
    };
    let mut named = candidates.iter().filter(|one| last(one.name()) == near);
    let whole = nearest(name, named.clone().map(Candidate::name));
    let meant = match whole {
        Some(whole) => named.find(|one| one.name() == whole),
        None => named.next(),
    };
    let typed = meant.map_or(near, |one| one.shortest(candidates));
    format!("did you mean `{typed}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions at addresses of their own.
    fn functions(symbols: &[&str]) -> Vec<Function> {
        let functions = symbols.iter().zip(1..).map(|(&symbol, address)| Function {
            symbol: symbol.to_owned(),
            address,
        });
        functions.collect()
    }

    const CRC32: &str = "_ZN2my5crc32EjPKhm";
    const CRC32_SHORT: &str = "_ZN2my5crc32EPKhm";
    const UPDATE: &str = "_ZN3crc6updateEjPKhm";
    const TABLE: &str = "_ZN3crc10make_tableEv";
    const RUST: &str = "_ZN3lib3crc6update17h0123456789abcdefE";

    #[test]
    fn a_function_is_found_by_its_symbol_and_by_its_name_in_the_source() {
        let all = functions(&["crc32", CRC32, UPDATE, TABLE]);
        for (name, symbol) in [
            ("crc32", "crc32"),
            (CRC32, CRC32),
            ("my::crc32", CRC32),
            (
                "my::crc32(unsigned int, unsigned char const*, unsigned long)",
                CRC32,
            ),
            ("update", UPDATE),
            ("my", CRC32),
            ("crc::make_table()", TABLE),
        ] {
            assert_eq!(choose(&all, name), Ok(symbol), "{name}");
        }
        for none in ["c::update", "crc::updat", "crc::update(int)", "::", ""] {
            assert!(
                matches!(choose(&all, none), Err(NoChoice::Unknown(_))),
                "{none}"
            );
        }
    }

    #[test]
    fn a_name_of_several_lists_what_to_type_for_each() {
        let all = functions(&[CRC32, CRC32_SHORT, UPDATE, RUST]);
        let Err(NoChoice::Ambiguous(text)) = choose(&all, "my::crc32") else {
            panic!("two functions");
        };
        let first = "    --symbol 'my::crc32(unsigned int, unsigned char const*, unsigned long)'  \
                     # _ZN2my5crc32EjPKhm";
        assert_eq!(text.lines().next(), Some(first));
        assert!(text.contains("'my::crc32(unsigned char const*, unsigned long)'"));
        let Err(NoChoice::Ambiguous(text)) = choose(&all, "update") else {
            panic!("two functions");
        };
        assert!(text.contains("--symbol crc::update  #"), "{text}");
        assert!(text.contains("--symbol lib::crc::update  #"), "{text}");
        assert_eq!(choose(&all, "crc::update"), Ok(UPDATE), "the whole name");
    }

    #[test]
    fn two_names_of_one_function_are_one() {
        let mut all = functions(&["_ZN3crc6updateEjPKhm", "_ZN3crc6updateEjPKhi"]);
        assert!(choose(&all, "crc::update").is_err());
        all[1].address = all[0].address;
        assert_eq!(choose(&all, "crc::update"), Ok(UPDATE));
    }

    #[test]
    fn the_list_begins_with_what_looks_most_like_a_crc() {
        let text = list(&functions(&[
            "adler32",
            "crc32_combine",
            "get_crc_table",
            "crc32_z",
            "crc32",
            UPDATE,
        ]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "it exports, among others, the likeliest first:",
                "    --symbol crc32",
                "    --symbol crc32_z",
                "    --symbol crc::update  # crc::update(unsigned int, unsigned char const*, \
                 unsigned long)",
                "    --symbol crc32_combine",
                "    --symbol get_crc_table",
            ]
        );
        assert_eq!(list(&[]), "it exports no function");
        assert_eq!(list(&functions(&["f"])), "it exports:\n    --symbol f");
    }

    #[test]
    fn a_slip_in_the_last_part_has_a_hint() {
        let all = functions(&["_ZN2my6updateEjPKhm", CRC32, UPDATE]);
        let unknown = |hint: &str| Err(NoChoice::Unknown(hint.to_owned()));
        let said = choose(&all, "crc::updaet");
        assert_eq!(said, unknown("did you mean `crc::update`?"));
        assert_eq!(choose(&all, "crc23"), unknown("did you mean `my::crc32`?"));
    }
}

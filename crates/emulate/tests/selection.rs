//! Workers, the CPUs that they run on, and the saved cases that they judge.

use crcheck_emulate::matrix::{Cpu, Matrix};
use crcheck_emulate::saved_cases::SavedCases;
use crcheck_emulate::selection::{CpuSelection, SelectionError};
use crcheck_emulate::workers::{WorkerError, Workers, choose, this_program};
use std::collections::BTreeMap;
use std::path::Path;

fn names<const N: usize>(names: [&str; N]) -> [String; N] {
    names.map(str::to_owned)
}

/// A CPU of the program's architecture, and one of another.
fn own_and_other(matrix: &Matrix) -> (&Cpu, &Cpu) {
    let own = std::env::consts::ARCH;
    let find = |is_own: bool| {
        let mut cpus = matrix.cpus().iter();
        cpus.find(|cpu| (cpu.arch == own) == is_own)
    };
    (find(true).expect("a CPU"), find(false).expect("a CPU"))
}

fn select(selection: &CpuSelection<'_>) -> Result<Vec<String>, SelectionError> {
    let matrix = Matrix::built_in();
    let workers = Workers::find(&[]).expect("this program");
    let selected = selection.select(&matrix, &workers)?;
    Ok(selected.iter().map(|cpu| cpu.name.clone()).collect())
}

#[test]
fn cpus_of_the_workers_are_selected_by_default() {
    let matrix = Matrix::built_in();
    let own = std::env::consts::ARCH;
    let of_own = matrix.cpus().iter().filter(|cpu| cpu.arch == own);
    let of_own: Vec<String> = of_own.map(|cpu| cpu.name.clone()).collect();
    assert_eq!(select(&CpuSelection::default()), Ok(of_own));
}

#[test]
fn names_and_architectures_select() {
    let matrix = Matrix::built_in();
    let (own, other) = own_and_other(&matrix);
    let own_name = [own.name.clone()];
    let named = CpuSelection {
        names: &own_name,
        ..CpuSelection::default()
    };
    assert_eq!(select(&named), Ok(own_name.to_vec()));
    let other_arch = [other.arch.clone()];
    let of_arch = CpuSelection {
        archs: &other_arch,
        ..CpuSelection::default()
    };
    assert!(select(&of_arch).expect("CPUs").contains(&other.name));
    let other_name = [other.name.clone()];
    let required = CpuSelection {
        names: &own_name,
        required: Some(&other_name),
        ..CpuSelection::default()
    };
    let selected = select(&required).expect("CPUs");
    assert_eq!(selected.len(), 2, "{selected:?}");
}

#[test]
fn what_selects_no_cpu_is_an_error() {
    let matrix = Matrix::built_in();
    let (_, other) = own_and_other(&matrix);
    let unknown = names(["z80"]);
    for selection in [
        CpuSelection {
            names: &unknown,
            ..CpuSelection::default()
        },
        CpuSelection {
            required: Some(&unknown),
            ..CpuSelection::default()
        },
    ] {
        assert!(matches!(select(&selection), Err(SelectionError::Matrix(_))));
    }
    let of_arch = CpuSelection {
        archs: &unknown,
        ..CpuSelection::default()
    };
    let error = select(&of_arch).expect_err("no such architecture");
    assert_eq!(
        error.to_string(),
        "the matrix has no CPU of the architecture `z80`"
    );
    let other_name = [other.name.clone()];
    let of_other = CpuSelection {
        names: &other_name,
        ..CpuSelection::default()
    };
    let error = select(&of_other).expect_err("no worker");
    let own = std::env::consts::ARCH;
    let expected = format!(
        "{} is a CPU of {}, but the worker is for {own}",
        other.name, other.arch
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn required_cpus_are_those_that_are_named_or_all() {
    let one = names(["haswell"]);
    let is_required = |required| {
        let selection = CpuSelection {
            required,
            ..CpuSelection::default()
        };
        ["haswell", "zen2"].map(|name| selection.is_required(name))
    };
    assert_eq!(is_required(None), [false, false]);
    assert_eq!(is_required(Some(&[][..])), [true, true]);
    assert_eq!(is_required(Some(&one[..])), [true, false]);
}

#[test]
fn one_worker_is_enough_for_an_architecture() {
    let this = this_program().expect("this program");
    let workers = Workers::find(std::slice::from_ref(&this)).expect("a program");
    let own = std::env::consts::ARCH;
    assert_eq!(workers.by_arch().keys().collect::<Vec<_>>(), [own]);
    let second = Workers::find(&[this.clone(), this]);
    assert!(matches!(second, Err(WorkerError::Second { .. })));
    let missing = Workers::find(&["/nonexistent".into()]);
    let text = missing.expect_err("no file").to_string();
    assert!(text.starts_with("cannot read /nonexistent: "), "{text}");
    let no_program = Workers::find(&["/proc/version".into()]);
    let text = no_program.expect_err("no program").to_string();
    assert!(text.starts_with("cannot run /proc/version: "), "{text}");
}

#[test]
fn without_a_worker_there_is_no_emulator() {
    let matrix = Matrix::built_in();
    let cpu = &matrix.cpus()[0];
    let installed = BTreeMap::new();
    let Err(reason) = choose(cpu, &installed, &[]) else {
        panic!("an emulator of nothing");
    };
    let expected = format!("there is no worker for {} (--worker)", cpu.arch);
    assert_eq!(reason, expected);
}

#[test]
fn without_a_corpus_the_seeds_are_judged() {
    // The folder of a crate has no corpus.
    let seeds = SavedCases::find(None).expect("a folder");
    assert!(matches!(seeds, SavedCases::Seeds(_)));
    assert!(seeds.path().join("kernel_vs_oracle").is_dir());
    assert!(!seeds.path().join("canary").exists());
    let path = seeds.path().to_owned();
    let given = SavedCases::find(Some(&path)).expect("a folder");
    assert_eq!(given.path(), path.canonicalize().expect("a folder"));
    drop(seeds);
    assert!(!path.exists(), "it is removed at the end");
    assert!(SavedCases::find(Some(Path::new("/nonexistent"))).is_err());
}

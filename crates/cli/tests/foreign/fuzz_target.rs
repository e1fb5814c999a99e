//! A library in the process of a fuzz target, as `CRCHECK_SUBJECT=lib:PATH:SYMBOL` asks for it.

use crate::kernels::{NamedTest, built};
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::{FuzzRunner, Taken, Target};
use crcheck_harness::check::saved::corpus;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::signal;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::library::{InProcessLibrary, LibrarySpec};
use std::collections::BTreeSet;

pub(crate) const TRIALS: &[NamedTest] = &[(
    "a fuzz target judges a library on its seeds",
    judges_library,
)];

/// The kinds of finding on the seeds of the target, without a fuzzer.
fn kinds(spec: &str) -> BTreeSet<&'static str> {
    let path = built().join("kernels.so");
    let spec = format!("{}:{spec}", path.display());
    let spec: LibrarySpec = spec.parse().expect("PATH:SYMBOL");
    let library = InProcessLibrary::load(spec, Model::CRC_32_ISO_HDLC).expect("the library");
    let subjects: [Box<dyn Subject>; 1] = [Box::new(library)];
    let target = Target::KernelVsOracle;
    let mut runner = FuzzRunner::new(target, &subjects).expect("judges and memory");
    let mut kinds = BTreeSet::new();
    let mut found = |finding: Finding| {
        kinds.insert(finding.kind.name());
    };
    runner.once(&mut found);
    for (_, bytes) in corpus::seeds(target) {
        assert_eq!(runner.judge(&bytes, &mut found), Taken::Judged);
    }
    kinds
}

fn judges_library() {
    signal::silence_caught_panics();
    for right in [
        "crc32_right",
        "crc32_register:register",
        "crc32_buf_len_crc:buf,len,crc",
        "crc32_whole:buf,len",
    ] {
        assert_eq!(kinds(right), BTreeSet::new(), "{right}");
    }
    for (faulty, kind) in [
        ("crc32_odd", "wrong-value"),
        ("crc32_reads_on", "over-read"),
        ("crc32_writes", "write-to-message"),
    ] {
        let kinds = kinds(faulty);
        assert!(kinds.contains(kind), "{faulty}: {kinds:?}");
    }
}

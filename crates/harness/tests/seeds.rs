//! What a verification judges besides its plan: the seeds of the corpora.

use crcheck_harness::check::depth::DepthName;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::input;
use crcheck_harness::check::saved::corpus;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::report::verdict::Verdict;
use crcheck_harness::subject::{Subject, SubjectName};
use crcheck_harness::verify;
use std::sync::LazyLock;

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

/// The longest message among the seeds, which no plan has.
static SEED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let seeds = corpus::seeds(Target::KernelVsOracle).into_iter();
    let cases = seeds.filter_map(|(_, bytes)| input::decode(&bytes, &Model::CRC_32_ISO_HDLC));
    let messages = cases.map(|case| case.message);
    messages.max_by_key(Vec::len).expect("seeds")
});

/// A kernel that is wrong on one message alone.
struct WrongOnOneSeed;

impl Subject for WrongOnOneSeed {
    fn name(&self) -> SubjectName {
        "wrong on one seed".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        JUDGE.update(checksum, message) ^ u64::from(message == *SEED)
    }
}

#[test]
fn a_library_user_gets_the_seeds_that_the_command_line_gets() {
    let report = verify(Box::new(WrongOnOneSeed), DepthName::Quick, 1).expect("a run");
    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(report.findings[0].cell.length, SEED.len() as u64);
}

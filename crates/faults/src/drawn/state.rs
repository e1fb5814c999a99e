//! Kernels that keep state between calls, or between threads.

use crate::parts::state::{MET_BY_CHANCE, SAME_ADDRESS, Shorter, cache, resume, share_scratch};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crcheck_harness::check::checks;
use crcheck_harness::subject::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "cached-length",
        "answers with the checksum before if address, length and register are the same",
        "the article, its cached reader: a cached page is served after it has changed",
        |draw| {
            let kernel = cache(draw.number(1, 200), Shorter::Passes);
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_by(checks::history::ID, &[Kind::HistoryDependent], SAME_ADDRESS),
    FaultSpec::drawn(
        "resumes",
        "goes on from the register that it kept if a message begins where the last one ended",
        "made for `history`: a running state kept for a caller who has two",
        |draw| (resume(draw.number(32, 128)), RightDiagnosis::Observed),
    )
    .caught_by(
        checks::history::ID,
        &[Kind::HistoryDependent],
        MET_BY_CHANCE,
    ),
    FaultSpec::drawn(
        "scratch-for-some",
        "has scratch for some threads, and gives the next one that of the first",
        "RetroArch 19278 and its kin: state that calls share, met by many threads only",
        |draw| (share_scratch(draw.number(1, 5)), RightDiagnosis::Observed),
    )
    .caught_only_by(checks::threads::ID, &[Kind::DataRace]),
];

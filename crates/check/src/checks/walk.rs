//! The walk of the checks that audit calls: every length, at alignments that change from length to
//! length.

use crate::case::Case;
use crate::lengths::thresholds_beyond;
use crate::session::Session;
use crcheck_platform::abi_audit::Paint;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{Apart, FILLS};

pub(super) struct Walk {
    /// Ascending.
    pub(super) lengths: Vec<usize>,
    /// How many alignments each length has. They are spread evenly from one that the length
    /// determines, so that all 64 occur.
    pub(super) alignments: usize,
    /// The limit in the cases.
    pub(super) max_stack_bytes: Option<usize>,
}

/// The dense lengths of the plan up to `dense_to`, and the thresholds beyond up to `to`.
pub(super) fn lengths(session: &Session<'_>, dense_to: usize, to: usize) -> Vec<usize> {
    let dense_to = session.depth().length_max.min(dense_to);
    let longest = session.depth().longest.min(to);
    let beyond = thresholds_beyond(dense_to, longest, session.subject());
    (0..=dense_to).chain(beyond).collect()
}

/// How many cases a batch has.
const AT_A_TIME: usize = 64;

impl Walk {
    /// Hands the cases, each with its expected checksum, to `visit` in batches, until the run is
    /// stopped.
    pub(super) fn run<'a>(
        &self,
        session: &mut Session<'a>,
        mut visit: impl FnMut(&mut Session<'a>, &[(Case, u64)]),
    ) {
        let mut rng = session.rng(0);
        let mut message = vec![0; self.lengths.last().copied().unwrap_or(0)];
        rng.fill(&mut message);
        let register = session.register(rng.next_u64());
        let checksum = session.model().checksum_of(register);
        let references = session.references(checksum, &message, &self.lengths);
        let cells = self.lengths.iter().zip(&references);
        let mut cells = cells.flat_map(|(&length, &expected)| {
            (0..self.alignments).map(move |index| (length, expected, index))
        });
        session.expect_cases(self.lengths.len() * self.alignments);
        loop {
            let due = cells.by_ref().filter(|_| session.takes_case());
            let some: Vec<_> = due.take(AT_A_TIME).collect();
            let cases = some.into_iter().map(|(length, expected, index)| {
                // 29 is odd, so neighbours differ and 64 lengths have every alignment.
                let offset = (length * 29 + index * 64 / self.alignments) % 64;
                let case = Case {
                    register,
                    placement: Placement::aligned(offset),
                    max_stack_bytes: self.max_stack_bytes,
                    message: message[..length].to_vec(),
                    ..Case::default()
                };
                (case, expected)
            });
            let cases: Vec<(Case, u64)> = cases.collect();
            if cases.is_empty() || session.should_stop() {
                return;
            }
            visit(session, &cases);
        }
    }
}

/// The result of [`Caller::audits`](crcheck_subject::Caller::audits) for each case.
pub(super) fn audits(
    session: &mut Session<'_>,
    cases: &[(Case, u64)],
    paint: &Paint,
) -> Vec<Option<(u64, usize)>> {
    let examiner = &mut session.examiner;
    let calls: Vec<Apart<'_>> = cases
        .iter()
        .map(|(case, _)| Apart {
            alignment: case.placement.offset,
            checksum: examiner.checksum_in(case),
            message: &case.message,
            fill: FILLS[0],
        })
        .collect();
    examiner.caller.audits(&calls, paint)
}

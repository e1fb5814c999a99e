//! Every law of a target on one case, for all subjects at once, in as few calls and placements as will
//! do. Which law is broken, and how, is for [`crate::examine::Examiner::examine`] to say.

use super::Target;
use crate::case::Case;
use crate::check::combine::Far;
use crate::fault;
use crate::input::LENGTH_MAX;
use crate::memory::{GuardSide, MessageMemory, Placement};
use crate::probe::FILLS;
use crate::subject::Subject;
use crcheck_oracle::panel::Panel;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory that a case lies in while its laws are judged.
pub(super) struct Laws {
    panel: &'static Panel,
    memory: MessageMemory,
}

/// The subjects that a case is for, with the one that is being called.
struct Called<'c, 's> {
    subjects: &'c [(usize, &'s dyn Subject)],
    /// Written before each call, so that a fault is known by the subject that it came from.
    current: AtomicUsize,
}

impl Called<'_, '_> {
    fn keep(&self, mut law: impl FnMut(&dyn Subject) -> bool) -> bool {
        self.subjects.iter().all(|&(index, subject)| {
            self.current.store(index, Ordering::Relaxed);
            law(subject)
        })
    }

    /// The same for a law of `combine`, of which all tiers have one: the first of them is asked.
    fn keep_combining(&self, mut law: impl FnMut(&dyn Subject) -> bool) -> bool {
        let mut is_tier_asked = false;
        self.keep(|subject| {
            let is_tier = subject.tier_code().is_some();
            (is_tier && std::mem::replace(&mut is_tier_asked, true)) || law(subject)
        })
    }
}

impl Laws {
    pub(super) fn new(panel: &'static Panel) -> io::Result<Self> {
        Ok(Self {
            panel,
            memory: MessageMemory::new(LENGTH_MAX)?,
        })
    }

    /// The number of the first subject that breaks a law of `target` on a case whose checksum is
    /// `expected`.
    pub(super) fn broken_by(
        &mut self,
        target: Target,
        case: &Case,
        expected: u64,
        subjects: &[(usize, &dyn Subject)],
    ) -> Option<usize> {
        let called = Called {
            subjects,
            current: AtomicUsize::new(0),
        };
        let kept = fault::catch(|| match target {
            Target::SplitPoints => self.where_it_lies(&called, case, expected),
            Target::Combine => self.combined(&called, case, expected) && self.far(&called, case),
            _ => {
                self.where_it_lies(&called, case, expected)
                    && self.flush(&called, case, expected)
                    && self.combined(&called, case, expected)
            }
        });
        (!kept.unwrap_or(false)).then(|| called.current.into_inner())
    }

    fn checksum_in(&self, case: &Case) -> u64 {
        self.panel.model().checksum_of(case.register)
    }

    /// `agree` and `split`, and `slack` with the other fill of [`Laws::flush`].
    fn where_it_lies(&mut self, called: &Called<'_, '_>, case: &Case, expected: u64) -> bool {
        let checksum = self.checksum_in(case);
        let fill = FILLS[case.message.len() % 2];
        let view = self.memory.place(case.placement, &case.message, fill);
        let message = view.message();
        called.keep(|subject| {
            let whole = subject.update(checksum, message);
            // Without a split the only piece is the whole.
            let chained = if case.splits.is_empty() {
                whole
            } else {
                case.pieces().fold(checksum, |checksum, piece| {
                    subject.update(checksum, &message[piece])
                })
            };
            let streamed = subject.stream(checksum).map(|mut stream| {
                case.pieces()
                    .for_each(|piece| stream.update(&message[piece]));
                stream.checksum()
            });
            whole == expected && chained == expected && streamed.unwrap_or(expected) == expected
        })
    }

    /// `guard` at a flush side, and `history`: at the same address another message comes first, whose
    /// checksum is another one, since a register's way through a message can be undone.
    fn flush(&mut self, called: &Called<'_, '_>, case: &Case, expected: u64) -> bool {
        let checksum = self.checksum_in(case);
        let length = case.message.len();
        // The fill that `where_it_lies` does not take.
        let fill = FILLS[1 - length % 2];
        // As the check has it: the case's own side, and of those that have none either, whatever the length.
        let side = match case.placement.guard {
            side @ (GuardSide::Start | GuardSide::End) => side,
            GuardSide::None | GuardSide::Cross => {
                let ones = length as u32 ^ case.register.count_ones();
                [GuardSide::End, GuardSide::Start][ones as usize % 2]
            }
        };
        let at = Placement::flush(side);
        drop(self.memory.place(at, &case.message, fill));
        if let Some(first) = case.message.first() {
            let other = self.memory.replace(at, length, &[!first]);
            if !called.keep(|subject| subject.update(checksum, other.message()) != expected) {
                return false;
            }
        }
        let first = &case.message[..length.min(1)];
        let view = self.memory.replace(at, length, first);
        called.keep(|subject| subject.update(checksum, view.message()) == expected)
    }

    /// `combine` of the parts on both sides of the first split.
    fn combined(&self, called: &Called<'_, '_>, case: &Case, expected: u64) -> bool {
        let (head, tail) = case.message.split_at(case.cut());
        let judge = self.panel.judges()[0].as_ref();
        let a = judge.update(self.checksum_in(case), head);
        let b = judge.update(self.panel.model().initial_checksum(), tail);
        called.keep_combining(|subject| {
            let combined = subject.combine(a, b, tail.len() as u64);
            combined.unwrap_or(expected) == expected
        })
    }

    /// `combine` over a length that no message has.
    fn far(&self, called: &Called<'_, '_>, case: &Case) -> bool {
        let far = Far::of(case, self.panel.model());
        let [a, b, _] = far.sums;
        called.keep_combining(|subject| {
            let combined = subject.combine(a, b, far.len_b);
            combined.unwrap_or(far.expected) == far.expected
        })
    }
}

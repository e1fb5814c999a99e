//! Laws that fuzz targets judge with every input: for all subjects at once, by few calls and
//! placements. If one is broken, the [checks](crate::checks) say which law it is, and how.

use crate::case::Case;
use crate::far_combination::FarCombination;
use crcheck_oracle::panel::Panel;
use crcheck_platform::message_memory::{GuardSide, LENGTH_MAX, MessageMemory, Placement};
use crcheck_platform::signal::{self, Caught};
use crcheck_subject::{CombineLengths, FILLS, Subject, TierCode};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A law that few calls judge on one case. Several checks may share one.
pub struct FastLaw {
    /// Its name.
    pub name: &'static str,
    /// Whether all subjects keep it on a case with this expected checksum.
    holds: fn(&mut LawMemory, &Called<'_, '_>, &Case, u64) -> bool,
}

impl fmt::Debug for FastLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// At the case's own placement, the whole, its pieces and a stream give the expected checksum.
pub(crate) static PLACED: FastLaw = FastLaw {
    name: "placed",
    holds: LawMemory::is_right_where_it_lies,
};

/// At a flush side, after another message at the same address, the case gives the expected
/// checksum.
pub(crate) static FLUSH: FastLaw = FastLaw {
    name: "flush",
    holds: LawMemory::is_right_when_flush,
};

/// `combine` of the parts on both sides of the first split gives the expected checksum.
pub(crate) static COMBINED: FastLaw = FastLaw {
    name: "combined",
    holds: |memory, called, case, expected| memory.is_right_combined(called, case, expected),
};

/// `combine` over a length that no message has gives the expected checksum.
pub(crate) static COMBINED_FAR: FastLaw = FastLaw {
    name: "combined-far",
    holds: |memory, called, case, _| memory.is_right_combined_far(called, case),
};

/// The memory of a case while laws are judged.
pub(crate) struct LawMemory {
    panel: &'static Panel,
    /// Whether messages that differ in every bit of the first byte have different checksums. Models
    /// of less than 8 bits may take the two bytes for one.
    tells_first_bytes: bool,
    memory: MessageMemory,
}

/// A subject of a fuzz target.
#[derive(Clone, Copy)]
pub(crate) struct FuzzSubject<'s> {
    pub index: usize,
    pub subject: &'s dyn Subject,
    /// The built-in tier that it is.
    pub tier: Option<TierCode>,
    /// The lengths that its combine function can be asked for.
    pub combine_lengths: CombineLengths,
}

/// A law that a subject broke.
pub(crate) struct BrokenLaw {
    /// The subject's number.
    pub suspect: usize,
    /// How long its call was allowed, if it did not return.
    pub late: Option<Duration>,
}

/// The subjects that a case is for, and the one that is being called.
pub(crate) struct Called<'c, 's> {
    subjects: &'c [FuzzSubject<'s>],
    /// Written before each call, so that a signal's subject is known.
    current: AtomicUsize,
}

impl Called<'_, '_> {
    fn all_keep(&self, mut law: impl FnMut(&dyn Subject) -> bool) -> bool {
        self.subjects.iter().all(|of| {
            self.current.store(of.index, Ordering::Relaxed);
            law(of.subject)
        })
    }

    /// Does the same for a law of `combine`. All tiers share one `combine`, so it calls only the
    /// first of them.
    fn all_keep_combining(&self, law: impl Fn(&FuzzSubject<'_>) -> bool) -> bool {
        let mut is_tier_judged = false;
        self.subjects.iter().all(|of| {
            if of.tier.is_some() && std::mem::replace(&mut is_tier_judged, true) {
                return true;
            }
            self.current.store(of.index, Ordering::Relaxed);
            law(of)
        })
    }
}

impl LawMemory {
    /// Memory for the longest case.
    ///
    /// # Errors
    /// If the operating system refuses it.
    pub(crate) fn new(panel: &'static Panel) -> io::Result<Self> {
        let judge = panel.judges()[0].as_ref();
        Ok(Self {
            panel,
            tells_first_bytes: judge.update(0, &[0]) != judge.update(0, &[0xff]),
            memory: MessageMemory::new(LENGTH_MAX)?,
        })
    }

    /// The first subject that breaks one of `laws` on a case whose expected checksum is `expected`.
    pub(crate) fn find_breaking(
        &mut self,
        laws: &[&FastLaw],
        case: &Case,
        expected: u64,
        subjects: &[FuzzSubject<'_>],
    ) -> Option<BrokenLaw> {
        let called = Called {
            subjects,
            current: AtomicUsize::new(0),
        };
        let kept = signal::catch(|| {
            laws.iter()
                .all(|law| (law.holds)(self, &called, case, expected))
        });
        let late = match kept {
            Ok(true) => return None,
            Err(Caught::Late(patience)) => Some(patience),
            Ok(false) | Err(_) => None,
        };
        Some(BrokenLaw {
            suspect: called.current.into_inner(),
            late,
        })
    }

    fn checksum_in(&self, case: &Case) -> u64 {
        self.panel.model().checksum_of(case.register)
    }

    /// Judges `agree` and `split`, and `slack` together with the other fill of [`FLUSH`].
    fn is_right_where_it_lies(
        &mut self,
        called: &Called<'_, '_>,
        case: &Case,
        expected: u64,
    ) -> bool {
        let checksum = self.checksum_in(case);
        let fill = FILLS[case.message.len() % 2];
        let view = self.memory.place(case.placement, &case.message, fill);
        let message = view.message();
        called.all_keep(|subject| {
            let whole = subject.update(checksum, message);
            // Without a split the whole is the only piece.
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

    /// Judges `guard` at a flush side, and `history`: another message comes first at the same
    /// address. Its checksum is another one, since its first byte leads to another register, and
    /// the map from register to checksum is invertible.
    fn is_right_when_flush(&mut self, called: &Called<'_, '_>, case: &Case, expected: u64) -> bool {
        let checksum = self.checksum_in(case);
        let length = case.message.len();
        // The fill that `PLACED` does not have.
        let fill = FILLS[1 - length % 2];
        // As in the check, the case's own side. A case without one gets either side, at every
        // length.
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
            let tells = self.tells_first_bytes;
            let differs = |got| !tells || got != expected;
            if !called.all_keep(|subject| differs(subject.update(checksum, other.message()))) {
                return false;
            }
        }
        let first = &case.message[..length.min(1)];
        let view = self.memory.replace(at, length, first);
        called.all_keep(|subject| subject.update(checksum, view.message()) == expected)
    }

    /// Judges `combine` of the parts on both sides of the first split.
    fn is_right_combined(&self, called: &Called<'_, '_>, case: &Case, expected: u64) -> bool {
        let (head, tail) = case.message.split_at(case.cut());
        let judge = self.panel.judges()[0].as_ref();
        let a = judge.update(self.checksum_in(case), head);
        let b = judge.update(self.panel.model().initial_checksum(), tail);
        called.all_keep_combining(|of| {
            if tail.len() as u64 > of.combine_lengths.max {
                return true;
            }
            let combined = of.subject.combine(a, b, tail.len() as u64);
            combined.unwrap_or(expected) == expected
        })
    }

    /// Judges `combine` over a length that no message has.
    fn is_right_combined_far(&self, called: &Called<'_, '_>, case: &Case) -> bool {
        called.all_keep_combining(|of| {
            let far = FarCombination::of(case, self.panel.model(), of.combine_lengths);
            let [a, b, _] = far.sums;
            let combined = of.subject.combine(a, b, far.len_b);
            let judged = combined.zip(far.expected);
            judged.is_none_or(|(got, expected)| got == expected)
        })
    }
}

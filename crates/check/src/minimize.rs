//! Finds the smallest case that still shows a finding: first a shorter one, then a simpler one in
//! alignment, register, splits and content.

use crate::case::{Case, Forge};
use crate::checks::{CheckSet, Examine, Minimize};
use crate::control::Control;
use crate::examiner::{Examiner, expected_checksum};
use crate::finding::Finding;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{Kind, Losses, Wait};

/// The most cases to try: minimizing must not take longer than finding.
const TRIES_MAX: usize = 20_000;

/// The most processes of the subject that it may cost.
const DEATHS_MAX: u64 = 256;

/// The most calls that may hang.
const HANGS_MAX: u64 = 4;

/// The most bytes to judge.
const BYTES_MAX: usize = 64 << 20;

/// Minimizes the case of `finding`, and returns the finding of the smallest case.
///
/// The case stays as it is if its check does not allow smaller ones. The check is a row of the
/// table of `checks`. If `control` is cancelled, the smallest case so far is the result.
pub fn minimize(
    examiner: &mut Examiner<'_>,
    finding: &Finding,
    checks: CheckSet,
    control: &Control<'_>,
) -> Finding {
    let Some(row) = checks.row(finding.check) else {
        return finding.clone();
    };
    let examine = match row.minimize {
        Minimize::BySelf => row.examine,
        Minimize::By(examine) => examine,
        Minimize::Never => return finding.clone(),
    };
    examiner.caller.set_wait(Wait::Short);
    // A smaller case counts when the whole time limit has shown it.
    if finding.kind == Kind::Hang && !examiner.caller.can_confirm_hang() {
        return finding.clone();
    }
    let mut search = Search {
        examiner,
        control,
        examine,
        smallest: finding.clone(),
        tries: 0,
        bytes: 0,
        before: Losses::default(),
    };
    search.before = search.examiner.caller.losses();
    // A case that does not show the finding again (a far `combine`, chance) stays as it is.
    if !search.accepts(finding.case.clone()) {
        return finding.clone();
    }
    search.shorten();
    search.simplify_placement();
    search.simplify_register();
    search.drop_splits();
    search.simplify_content();
    if finding.kind == Kind::Hang && !search.is_confirmed() {
        return finding.clone();
    }
    search.smallest
}

struct Search<'e, 'a> {
    examiner: &'e mut Examiner<'a>,
    control: &'e Control<'e>,
    /// Judges a case.
    examine: Examine,
    smallest: Finding,
    tries: usize,
    bytes: usize,
    /// The processes that were lost before.
    before: Losses,
}

impl Search<'_, '_> {
    /// Whether `case` still shows a finding of the same check and kind. If so, it becomes the
    /// smallest.
    fn accepts(&mut self, case: Case) -> bool {
        self.tries += 1;
        self.bytes += case.message.len();
        let losses = self.examiner.caller.losses();
        let is_dear = losses.deaths >= self.before.deaths + DEATHS_MAX
            // Each try that hangs takes a deadline.
            || losses.hangs >= self.before.hangs + HANGS_MAX;
        let is_spent = self.tries > TRIES_MAX || self.bytes > BYTES_MAX || is_dear;
        if is_spent || self.control.is_cancelled() {
            return false;
        }
        let shown = self.judge(&case);
        let is_accepted = shown.is_some();
        if let Some(finding) = shown {
            self.smallest = finding;
        }
        is_accepted
    }

    /// The finding of the same check and kind that `case` shows.
    fn judge(&mut self, case: &Case) -> Option<Finding> {
        let (check, kind) = (self.smallest.check, self.smallest.kind);
        let checksum = self.examiner.checksum_in(case);
        let expected = expected_checksum(self.examiner.panel(), checksum, &case.message);
        let mut shown = None;
        (self.examine)(self.examiner, case, expected, &mut |finding| {
            if finding.check == check && finding.kind == kind {
                shown.get_or_insert(finding);
            }
        });
        shown.filter(|_| !self.examiner.caller.is_cut())
    }

    /// Whether the smallest case hangs for the whole time limit.
    fn is_confirmed(&mut self) -> bool {
        self.examiner.caller.set_wait(Wait::Whole);
        let case = self.case().clone();
        let shown = self.judge(&case);
        self.examiner.caller.set_wait(Wait::Short);
        let is_confirmed = shown.is_some();
        self.smallest = shown.unwrap_or_else(|| self.smallest.clone());
        is_confirmed
    }

    fn case(&self) -> &Case {
        &self.smallest.case
    }

    fn shortened(&self, length: usize) -> Case {
        let case = self.case();
        Case {
            message: case.message[..length].to_vec(),
            splits: case.splits.iter().map(|&split| split.min(length)).collect(),
            forge: Forge::None,
            ..case.clone()
        }
    }

    /// Halves a long message while that helps, then tries every shorter length from 0 on.
    fn shorten(&mut self) {
        while self.case().message.len() > 4096 {
            let length = self.case().message.len();
            let fractions = [length / 2, length / 4 * 3, length - length / 16, length - 1];
            if !fractions
                .into_iter()
                .any(|shorter| self.accepts(self.shortened(shorter)))
            {
                return;
            }
        }
        let length = self.case().message.len();
        let _ = (0..length).any(|shorter| self.accepts(self.shortened(shorter)));
    }

    fn simplify_placement(&mut self) {
        let simpler = |case: &Case, offset, guard| Case {
            placement: Placement { offset, guard },
            ..case.clone()
        };
        let current = self.case().placement;
        let guards = [GuardSide::None, current.guard];
        for guard in guards {
            for offset in 0..64 {
                if (guard, offset) == (current.guard, current.offset) {
                    return;
                }
                if self.accepts(simpler(self.case(), offset, guard)) {
                    return;
                }
            }
        }
    }

    fn simplify_register(&mut self) {
        let model = self.examiner.model();
        let fresh = model.register_of(model.initial_checksum());
        let bits = (0..model.width).map(|bit| 1 << bit);
        for register in [fresh, 0].into_iter().chain(bits) {
            if register == self.case().register
                || self.accepts(Case {
                    register,
                    ..self.case().clone()
                })
            {
                return;
            }
        }
    }

    fn drop_splits(&mut self) {
        let mut index = 0;
        while index < self.case().splits.len() {
            let mut fewer = self.case().clone();
            fewer.splits.remove(index);
            if !self.accepts(fewer) {
                index += 1;
            }
        }
    }

    /// Tries zeros, then one bit (which shows any affine difference), then zeros in the place of
    /// each byte.
    fn simplify_content(&mut self) {
        let length = self.case().message.len();
        let with = |case: &Case, message| Case {
            message,
            forge: Forge::None,
            ..case.clone()
        };
        if self.accepts(with(self.case(), vec![0; length])) {
            return;
        }
        for bit in 0..(length * 8).min(TRIES_MAX / 4) {
            let mut message = vec![0; length];
            message[bit / 8] = 1 << (bit % 8);
            if self.accepts(with(self.case(), message)) {
                return;
            }
        }
        for byte in 0..length.min(TRIES_MAX / 4) {
            let mut message = self.case().message.clone();
            message[byte] = 0;
            self.accepts(with(self.case(), message));
        }
    }
}

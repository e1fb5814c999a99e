//! One case under every check: what fuzz targets, replay and the minimizer do.

use crate::case::{Case, Forge};
use crate::check::{self, CheckId, CheckSet};
use crate::finding::{Finding, Kind};
use crate::memory::Placement;
use crate::probe::{FILLS, Probe, Stop};
use crate::subject::Subject;
use crcheck_oracle::advance;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use std::io;

/// A subject, its judges, and the memory between them.
pub struct Examiner<'a> {
    /// Makes the calls.
    pub probe: Probe<'a>,
    panel: &'a Panel,
}

impl<'a> Examiner<'a> {
    /// An examiner of `subject` for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses the message memory.
    pub fn new(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        capacity_bytes: usize,
    ) -> io::Result<Self> {
        Ok(Self {
            probe: Probe::new(subject, capacity_bytes)?,
            panel,
        })
    }

    /// The subject.
    pub fn subject(&self) -> &'a dyn Subject {
        self.probe.subject()
    }

    /// The judges.
    pub fn panel(&self) -> &'a Panel {
        self.panel
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.panel.model()
    }

    /// The checksum that the case's first call starts from.
    pub fn checksum_in(&self, case: &Case) -> u64 {
        if self.subject().takes_checksum() {
            self.model().checksum_of(case.register)
        } else {
            self.model().initial_checksum()
        }
    }

    /// Runs `checks` on a case whose checksum is `expected`, and hands what is wrong to `found`.
    pub fn examine(
        &mut self,
        case: &Case,
        expected: u64,
        checks: CheckSet,
        found: &mut dyn FnMut(Finding),
    ) {
        let subject = self.subject();
        for check in checks.iter() {
            if subject.exempt_from(check).is_some() {
                continue;
            }
            match check {
                CheckId::Agree => check::agree::examine(self, case, expected, found),
                CheckId::Guard => check::guard::examine(self, case, expected, found),
                CheckId::Slack => check::slack::examine(self, case, found),
                CheckId::Split => check::split::examine(self, case, expected, found),
                CheckId::Combine => check::combine::examine(self, case, expected, found),
                CheckId::History => check::history::examine(self, case, expected, found),
                CheckId::Threads => check::threads::examine(self, case, expected, found),
                CheckId::Dispatch => check::dispatch::examine(self, found),
                CheckId::Abi => check::abi::examine(self, case, expected, found),
                CheckId::Paint => {
                    check::paint::examine(self, case, expected, found);
                }
                CheckId::Affine => check::affine::examine(self, case, found),
                CheckId::Basis => check::basis::examine(self, case, found),
                CheckId::Huge => check::huge::examine(self, case, found),
            }
        }
    }

    /// Calls the subject on `message` at `placement` and compares: `true` if it gave `expected`.
    /// What differs is handed to `found` as a finding of `check` and `kind`, a fault as one of the
    /// check that it breaks.
    pub(crate) fn compare(
        &mut self,
        case: &Case,
        placement: Placement,
        fill: u8,
        expected: u64,
        found: &mut dyn FnMut(Finding),
    ) -> bool {
        let checksum = self.checksum_in(case);
        match self.probe.call(placement, checksum, &case.message, fill) {
            Ok(got) if got == expected => true,
            Ok(got) => {
                let case = Case {
                    placement,
                    ..case.clone()
                };
                let wrong = self.wrong(CheckId::Agree, Kind::WrongValue, &case);
                found(
                    wrong
                        .values(expected, got)
                        .says("gives another checksum than the oracles"),
                );
                false
            }
            Err(stop) => {
                let case = Case {
                    placement,
                    ..case.clone()
                };
                found(self.stopped(&case, stop));
                false
            }
        }
    }

    /// Whether a single call on the case gives `got`.
    pub(crate) fn is_so_alone(&mut self, case: &Case, got: u64) -> bool {
        let checksum = self.checksum_in(case);
        // What a subject remembers of the calls before must not answer: another one comes between.
        let elsewhere = Placement::aligned(case.placement.offset + 1);
        let probe = &mut self.probe;
        let _ = probe.call(elsewhere, checksum, &case.message, FILLS[0]);
        probe.call(case.placement, checksum, &case.message, FILLS[0]) == Ok(got)
    }

    /// The finding that `got` instead of `expected` makes: one of `check` and `kind`, unless a single
    /// call gives the same wrong checksum. Then nothing but the value is wrong, and it says so.
    pub(crate) fn differs(
        &mut self,
        (check, kind): (CheckId, Kind),
        case: &Case,
        [expected, got]: [u64; 2],
        summary: String,
    ) -> Finding {
        if self.is_so_alone(case, got) {
            let wrong = self.wrong(CheckId::Agree, Kind::WrongValue, case);
            return wrong
                .values(expected, got)
                .says("gives another checksum than the oracles");
        }
        self.wrong(check, kind, case)
            .values(expected, got)
            .says(summary)
    }

    /// A finding of this subject at `case`, to be completed.
    pub(crate) fn wrong(&self, check: CheckId, kind: Kind, case: &Case) -> Finding {
        Finding {
            check,
            kind,
            subject: self.subject().name(),
            case: case.clone(),
            expected: None,
            got: None,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            summary: String::new(),
        }
    }

    /// The finding that a stopped call makes.
    pub(crate) fn stopped(&self, case: &Case, stop: Stop) -> Finding {
        let mut illegal = stop.illegal.clone();
        if let Some(illegal) = &mut illegal {
            illegal.tier = self.subject().running().map(|tier| tier.to_string());
        }
        Finding {
            distance_bytes: stop.distance_bytes,
            instruction: stop.instruction.clone(),
            illegal,
            summary: stop.summary.clone(),
            ..self.wrong(stop.check(), stop.kind, case)
        }
    }
}

impl Finding {
    pub(crate) fn values(self, expected: u64, got: u64) -> Self {
        Self {
            expected: Some(expected),
            got: Some(got),
            ..self
        }
    }

    pub(crate) fn says(self, summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..self
        }
    }
}

/// Carries out a case's forge: the last bytes of the prefix before the first split are set so that
/// the checksum there is 0 or all ones. Without a split, or with a prefix too short for it, the
/// message stays as it is and the case says so by losing its forge.
pub fn forge(case: &mut Case, panel: &Panel) {
    let model = panel.model();
    let Some(wanted) = case.forge.checksum(model) else {
        return;
    };
    let end = case.splits.first().copied().unwrap_or(0);
    let checksum_in = model.checksum_of(case.register);
    let judge = panel.judges()[0].as_ref();
    let prefix = &mut case.message[..end];
    if !advance::forge(model, judge, checksum_in, prefix, wanted) {
        case.forge = Forge::None;
    }
}

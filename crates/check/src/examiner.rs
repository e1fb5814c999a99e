//! Judges one case of one subject: how checks make calls, and how they report findings.

use crate::case::{Case, Forge};
use crate::finding::{Finding, MessageForm, VALUE_CHECK, check_of};
use crcheck_oracle::advance;
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::{Disagreement, Panel};
use crcheck_platform::abi_audit;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{
    Caller, Capabilities, CheckId, FILLS, Kind, Origin, Step, Stop, Subject, running_tier,
};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// A subject, its judges, and the memory between them.
pub struct Examiner<'a> {
    /// Makes the calls.
    pub caller: Box<dyn Caller + 'a>,
    subject: &'a dyn Subject,
    capabilities: Capabilities,
    panel: &'a Panel,
    /// The calls that the caller did not make: of `combine`, and of streams.
    other_calls: Cell<u64>,
    /// Whether stops of a kind have depended on the state of the caller, in the first cases.
    pub(crate) stops_by_state: BTreeMap<Kind, Vec<bool>>,
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
            caller: crcheck_subject::open(subject, capacity_bytes)?,
            subject,
            capabilities: subject.capabilities(),
            panel,
            other_calls: Cell::new(0),
            stops_by_state: BTreeMap::new(),
        })
    }

    /// How many calls of the subject were made so far.
    pub fn calls_made(&self) -> u64 {
        self.caller.calls_made() + self.other_calls.get()
    }

    /// Counts calls of a function of the subject that the caller does not make.
    pub fn count_calls(&self, calls: u64) {
        self.other_calls.set(self.other_calls.get() + calls);
    }

    /// How many instructions its calls have executed so far, if an interpreter makes them.
    pub(crate) fn instructions(&self) -> Option<u64> {
        let account = self.caller.account();
        account.map(|account| account.instructions)
    }

    pub fn subject(&self) -> &'a dyn Subject {
        self.subject
    }

    /// Whether a call can go on from any checksum.
    pub fn takes_checksum(&self) -> bool {
        self.capabilities.takes_checksum
    }

    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether calls can be audited.
    pub fn can_audit(&self) -> bool {
        let subject = self.subject;
        let is_entered_directly = subject.entry().is_some()
            || subject.foreign().is_some()
            || subject.interpreted().is_some();
        let available = if is_entered_directly {
            abi_audit::available_at_entries()
        } else {
            abi_audit::available()
        };
        available.is_ok()
    }

    pub fn panel(&self) -> &'a Panel {
        self.panel
    }

    pub fn model(&self) -> &'a Model {
        self.panel.model()
    }

    /// The checksum that the case's first call starts from.
    pub fn checksum_in(&self, case: &Case) -> u64 {
        if self.takes_checksum() {
            self.model().checksum_of(case.register)
        } else {
            self.model().initial_checksum()
        }
    }

    /// Calls the subject on the case's message at `placement`, and returns whether it gives
    /// `expected`. It hands a wrong value or a stop to `found`, as a finding of the check whose law
    /// is broken.
    pub fn compare(
        &mut self,
        case: &Case,
        placement: Placement,
        fill: u8,
        expected: u64,
        found: &mut dyn FnMut(Finding),
    ) -> bool {
        let checksum = self.checksum_in(case);
        match self.caller.call(placement, checksum, &case.message, fill) {
            Ok(got) if got == expected => true,
            Ok(got) => {
                let case = Case {
                    placement,
                    ..case.clone()
                };
                found(self.wrong_value(&case, expected, got));
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
    pub fn is_so_alone(&mut self, case: &Case, got: u64) -> bool {
        let (whole, checksum) = (0..case.message.len(), self.checksum_in(case));
        self.call_part_alone(case, &whole, checksum) == Ok(got)
    }

    /// Calls the subject on a part of the case's message, which lies where it lies in the whole:
    /// at the same address, between the same bytes.
    ///
    /// # Errors
    /// What stopped the call.
    pub fn call_part(
        &mut self,
        case: &Case,
        part: &Range<usize>,
        checksum: u64,
    ) -> Result<u64, Stop> {
        let step = Step {
            origin: Origin::Checksum(checksum),
            part: part.clone(),
        };
        let caller = &mut self.caller;
        let results = caller.calls(case.placement, &case.message, &[step])?;
        Ok(results[0])
    }

    /// The same call without the calls before it: the control that decides whether a result
    /// depends on them. A subject that remembers its last call has forgotten them, because a call
    /// elsewhere comes between.
    ///
    /// # Errors
    /// What stopped the call.
    pub fn call_part_alone(
        &mut self,
        case: &Case,
        part: &Range<usize>,
        checksum: u64,
    ) -> Result<u64, Stop> {
        let elsewhere = Placement::aligned(case.placement.offset + 1);
        let message = &case.message[part.clone()];
        let _ = self.caller.call(elsewhere, checksum, message, FILLS[0]);
        self.call_part(case, part, checksum)
    }

    /// The case of a call on a part of the message alone, which lies where it lies in the whole.
    pub fn case_of_part(&self, case: &Case, part: &Range<usize>, checksum: u64) -> Case {
        Case {
            register: self.model().register_of(checksum),
            placement: case.placement.of_part(case.message.len(), part),
            splits: Vec::new(),
            forge: Forge::None,
            message: case.message[part.clone()].to_vec(),
            ..case.clone()
        }
    }

    /// The finding of a wrong value.
    pub fn wrong_value(&self, case: &Case, expected: u64, got: u64) -> Finding {
        self.wrong(VALUE_CHECK, Kind::WrongValue, case)
            .values(expected, got)
            .says("gives another checksum than the oracles")
    }

    /// Reports an outcome that is not `expected`: as a difference with this summary, or as what
    /// stopped the call.
    pub fn judge_outcome(
        &mut self,
        law: (CheckId, Kind),
        case: &Case,
        expected: u64,
        outcome: Result<u64, Stop>,
        summary: &str,
        found: &mut dyn FnMut(Finding),
    ) {
        match outcome {
            Ok(got) if got == expected => {}
            Ok(got) => found(self.differs(law, case, [expected, got], summary.to_owned())),
            Err(stop) => found(self.stopped(case, stop)),
        }
    }

    /// The finding of `got` instead of `expected`: one of `check` and `kind`, unless a single call
    /// gives the same wrong checksum. Then only the value is wrong, and the finding says so.
    pub fn differs(
        &mut self,
        (check, kind): (CheckId, Kind),
        case: &Case,
        [expected, got]: [u64; 2],
        summary: String,
    ) -> Finding {
        if self.is_so_alone(case, got) {
            return self.wrong_value(case, expected, got);
        }
        self.wrong(check, kind, case)
            .values(expected, got)
            .says(summary)
    }

    /// A finding of this subject at `case`, to be completed.
    pub fn wrong(&self, check: CheckId, kind: Kind, case: &Case) -> Finding {
        Finding {
            check,
            kind,
            subject: self.subject().name(),
            message_form: MessageForm::Message,
            case: case.clone(),
            expected: None,
            got: None,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            place: None,
            called_at: None,
            summary: String::new(),
        }
    }

    /// The finding of a stopped call.
    pub fn stopped(&self, case: &Case, stop: Stop) -> Finding {
        let mut illegal = stop.illegal.clone();
        if let Some(illegal) = &mut illegal {
            illegal.tier = running_tier(self.subject).map(|tier| tier.to_string());
        }
        Finding {
            distance_bytes: stop.distance_bytes,
            instruction: stop.instruction.clone(),
            illegal,
            place: stop.place.code.clone(),
            called_at: stop.place.called_at.clone(),
            summary: stop.summary.clone(),
            ..self.wrong(check_of(stop.kind), stop.kind, case)
        }
    }
}

/// Carries out a case's forge: sets the last bytes of the prefix before the first split so that the
/// checksum there is 0 or all ones. Without a split, or if the prefix is too short, the message
/// stays as it is and the case loses its forge.
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

/// The definition judges no single case above this length, since it takes 7 ns per byte.
const DEFINITION_TO_BYTES: usize = 1024;

/// The checksum after `message` by the judges of `panel`. The definition is among them unless it is
/// too slow.
///
/// # Panics
/// If the judges differ: that is a bug of this program, and says nothing about a subject.
pub fn expected_checksum(panel: &Panel, checksum: u64, message: &[u8]) -> u64 {
    require_agreement(if message.len() <= DEFINITION_TO_BYTES {
        panel.update(checksum, message)
    } else {
        panel.update_fastest(checksum, message)
    })
}

/// The checksums after the prefixes of these lengths, ascending, by all judges of `panel`.
///
/// # Panics
/// If the judges differ.
pub fn expected_checksums(
    panel: &Panel,
    checksum: u64,
    message: &[u8],
    lengths: &[usize],
) -> Vec<u64> {
    let is_dense = lengths.len() == message.len() + 1;
    if is_dense {
        return require_agreement(panel.prefixes(checksum, message));
    }
    let mut done = 0;
    let mut running = checksum;
    let next = |&length: &usize| {
        running = require_agreement(panel.update(running, &message[done..length]));
        done = length;
        running
    };
    lengths.iter().map(next).collect()
}

/// Judges that differ are a bug of this program, and say nothing about a subject.
fn require_agreement<T>(agreed: Result<T, Disagreement>) -> T {
    agreed.unwrap_or_else(|disagreement| panic!("{disagreement}"))
}

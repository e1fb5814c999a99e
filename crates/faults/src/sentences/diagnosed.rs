//! The diagnoses of the planted faults that are functions of a checksum and a message.

use crate::faults;
use crate::planter::Planter;
use crate::spec::FaultSpec;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::diagnose::{Call, Diagnosis, Experiment};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::message_memory::LENGTH_MAX;
use crcheck_harness::platform::signal;
use crcheck_harness::subject::{FILLS, Kind, Subject};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

pub(super) const MODEL: Model = Model::CRC_32_ISO_HDLC;

/// The parameters of drawn faults: one seed, so that a red test is red again.
const SEED: u64 = 1;

/// A planted fault, and what `verify` says of it through its own interface.
pub(super) struct Diagnosed {
    pub(super) fault: &'static FaultSpec,
    pub(super) diagnosis: Diagnosis,
    /// Calls that show it.
    pub(super) known: Vec<Call>,
}

impl Diagnosed {
    /// A new subject with the fault.
    pub(super) fn plant(&self) -> Box<dyn Subject> {
        let planted = Planter::new(SEED).plant(self.fault);
        planted.expect("it was planted before")
    }
}

/// Every fault of wrong values that this machine can show, with its diagnosis.
pub(super) static DIAGNOSED: LazyLock<Vec<Diagnosed>> = LazyLock::new(|| {
    signal::silence_caught_panics();
    let planter = Planter::new(SEED);
    let of_values = faults().filter(|fault| {
        fault.kinds == [Kind::WrongValue]
            && fault.caught_by == checks::agree::ID
            && !fault.is_in_library()
    });
    let shown: Vec<_> = of_values
        .filter_map(|fault| Some((fault, planter.plant(fault).ok()?)))
        .collect();
    let shown: Vec<_> = shown.into_iter().map(|it| Mutex::new(Some(it))).collect();
    in_parallel(&shown, |one| {
        let (fault, kernel) = one.lock().expect("no panic").take().expect("one turn");
        find(fault, kernel)
    })
});

/// What `agree` finds of a fault, and says of it. At depth `quick` it may miss one in long
/// messages.
fn find(fault: &'static FaultSpec, subject: Box<dyn Subject>) -> Diagnosed {
    found_by_agree(fault, subject).unwrap_or_else(|| {
        let subject = Planter::new(SEED).plant(fault).expect("a kernel in Rust");
        let said = diagnose(subject.as_ref(), &[]);
        Diagnosed {
            fault,
            diagnosis: said.unwrap_or_else(|| panic!("{} is right", fault.name)),
            known: Vec::new(),
        }
    })
}

fn found_by_agree(fault: &'static FaultSpec, subject: Box<dyn Subject>) -> Option<Diagnosed> {
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        checks: CheckSet::none().with(checks::agree::ID),
        seed: 1,
        max_stack_bytes: None,
        is_scaled: true,
    };
    let results = run::run(&[subject], &plan, &Control::default()).expect("a run");
    let mut groups = results.into_iter().flatten().flat_map(|one| one.groups);
    let of_values = groups.find(|group| group.finding.kind == Kind::WrongValue)?;
    let known = [&of_values.finding, &of_values.first].map(|finding| Call {
        placement: finding.case.placement,
        checksum: MODEL.checksum_of(finding.case.register),
        message: finding.case.message.clone(),
        fill: FILLS[0],
    });
    Some(Diagnosed {
        fault,
        diagnosis: of_values.diagnosis.expect("a diagnosis"),
        known: known.to_vec(),
    })
}

/// What is said of a subject, with calls that are known to be wrong through another interface;
/// `None` if it is right.
pub(super) fn diagnose(subject: &dyn Subject, known: &[Call]) -> Option<Diagnosis> {
    let takes_checksum = subject.capabilities().takes_checksum;
    let mut caller = crcheck_harness::subject::open(subject, LENGTH_MAX).expect("memory");
    let mut call = |calls: &[Call]| {
        let call =
            |call: &Call| caller.call(call.placement, call.checksum, &call.message, call.fill);
        calls.iter().map(call).collect()
    };
    let mut experiment = Experiment::new(&mut call, &MODEL, LENGTH_MAX, 1);
    if !takes_checksum {
        experiment = experiment.from_the_initial_checksum();
    }
    crcheck_harness::diagnose::diagnose(&mut experiment, known)
}

/// Makes something of each item, on every CPU.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let made: Mutex<Vec<(usize, R)>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else {
                        break;
                    };
                    let result = make(item);
                    made.lock()
                        .expect("no panic while held")
                        .push((index, result));
                }
            });
        }
    });
    let mut made = made.into_inner().expect("no panic while held");
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, result)| result).collect()
}

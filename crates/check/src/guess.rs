//! What a function computes, or how it is called, if it does not give the stated checksums at all.
//!
//! Three messages decide. If the subject is wrong on each of them, other interfaces are tried, then
//! other models. A chance agreement of one of them has a probability of 2^-3w for a width of w.

use crcheck_oracle::Judge;
use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::catalogue;
use crcheck_oracle::model::{CHECK_MESSAGE, Model};
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::worker::Remote;
use crcheck_subject::{Caller, FILLS, Foreign, OtherInterface, Subject, SubjectName};
use std::collections::BTreeMap;

/// What fits a subject that is wrong on every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The subject.
    pub subject: SubjectName,
    /// What fits it.
    pub fit: Fit,
}

/// What the values of a subject are right for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The stated model, called by another interface: that of these options.
    Interface(Vec<String>),
    /// This model of the catalogue, called by the stated interface.
    Model(String),
}

/// A message, and the checksum before it for code that takes one.
pub(crate) struct Trial {
    checksum: u64,
    pub(crate) message: Vec<u8>,
}

/// The narrowest model that three values recognise.
const WIDTH_MIN: u8 = 16;

impl Guess {
    /// Tries a foreign subject. `None` if it gives a right value, or if nothing fits, or more than
    /// one thing.
    pub fn of(subject: &dyn Subject) -> Option<Self> {
        let foreign = subject.foreign()?;
        let others = foreign.others();
        if others.is_empty() {
            return None;
        }
        let model = subject.model();
        let trials = trials(&model);
        let takes_checksum = subject.capabilities().takes_checksum;
        let mut remote = foreign.open(CAPACITY_BYTES).ok()?;
        let expected = expected(&model, &model, takes_checksum, &trials);
        // A right value ends the trial: later calls may take long.
        let mut own = Vec::new();
        for (trial, expected) in trials.iter().zip(&expected) {
            let got = answer(&mut remote, &model, takes_checksum, trial);
            if got == Some(*expected) {
                return None;
            }
            own.push(got);
        }
        let has_died = own.contains(&None);
        let fit = match &fitting_interfaces(&others, &model, &trials)[..] {
            [_] if has_died && lives(foreign, &model, takes_checksum, &trials[0]) => return None,
            [only] => Fit::Interface(only.options.clone()),
            [] => {
                let as_stated = fitting_models(&model, takes_checksum, &trials, &own);
                // Each further width takes a process, so only what survives is tried.
                let fitting = match as_stated.is_empty() && !has_died {
                    true => fitting_wider(foreign, &model, takes_checksum),
                    false => as_stated,
                };
                let [only] = &fitting[..] else {
                    return None;
                };
                Fit::Model(only.name.to_string())
            }
            _ => return None,
        };
        let subject = subject.name();
        Some(Self { subject, fit })
    }
}

/// How many new processes call a function again that has died, before another interface is blamed:
/// what kills it may be where the system has put its stack.
const RETRIES: usize = 8;

/// Whether the function gives the right value in one of some new processes.
fn lives(foreign: &dyn Foreign, model: &Model, takes_checksum: bool, trial: &Trial) -> bool {
    let expected = expected(model, model, takes_checksum, std::slice::from_ref(trial));
    (0..RETRIES).any(|_| {
        let remote = foreign.open(CAPACITY_BYTES);
        remote.is_ok_and(|mut remote| {
            answer(&mut remote, model, takes_checksum, trial) == Some(expected[0])
        })
    })
}

/// The interfaces by which the function gives every checksum of the trials.
pub(crate) fn fitting_interfaces<'o, 's>(
    others: &'o [OtherInterface<'s>],
    model: &Model,
    trials: &[Trial],
) -> Vec<&'o OtherInterface<'s>> {
    let mut fitting = Vec::new();
    for other in others {
        let Ok(mut remote) = (other.open)() else {
            continue;
        };
        if fits(&mut remote, model, other.takes_checksum, trials) {
            fitting.push(other);
        }
    }
    // A function that takes a checksum fits as one that takes none too, since unused registers hold
    // 0. The other way round, the last trial does not fit.
    if fitting.iter().any(|other| other.takes_checksum) {
        fitting.retain(|other| other.takes_checksum);
    }
    fitting
}

/// The room for the longest trial.
pub(crate) const CAPACITY_BYTES: usize = 1 << 12;

/// The standard message, one that begins with zeros, and one that goes on from another checksum.
pub(crate) fn trials(model: &Model) -> [Trial; 3] {
    let noise = |seed: u64, message: &mut [u8]| SplitMix64::new(seed).fill(message);
    let mut zeros = vec![0; 40];
    noise(1, &mut zeros[8..]);
    let mut long = vec![0; 100];
    noise(2, &mut long);
    let initial = model.initial_checksum();
    let trial = |checksum: u64, message: Vec<u8>| Trial { checksum, message };
    [
        trial(initial, CHECK_MESSAGE.to_vec()),
        trial(initial, zeros),
        trial(initial ^ 0x1234_5678_9abc_def1 & model.mask(), long),
    ]
}

/// The checksum before the message of a trial, as `model` has it.
pub(crate) fn before(trial: &Trial, model: &Model, takes_checksum: bool) -> u64 {
    match takes_checksum {
        true => trial.checksum & model.mask(),
        false => model.initial_checksum(),
    }
}

fn answer(remote: &mut Remote, model: &Model, takes_checksum: bool, trial: &Trial) -> Option<u64> {
    let checksum = before(trial, model, takes_checksum);
    let at = Placement::aligned(0);
    remote.call(at, checksum, &trial.message, FILLS[0]).ok()
}

/// What `model` gives. The trials are for `stated`.
fn expected(model: &Model, stated: &Model, takes_checksum: bool, trials: &[Trial]) -> Vec<u64> {
    let judge = Bitwise::new(model);
    let give = |trial: &Trial| {
        let checksum = match takes_checksum {
            true => before(trial, stated, true) & model.mask(),
            false => model.initial_checksum(),
        };
        judge.update(checksum, &trial.message)
    };
    trials.iter().map(give).collect()
}

/// Whether calls give the values of `model`, and the first wrong one ends the trial: it may have
/// cost a process.
fn fits(remote: &mut Remote, model: &Model, takes_checksum: bool, trials: &[Trial]) -> bool {
    let expected = expected(model, model, takes_checksum, trials);
    trials
        .iter()
        .zip(expected)
        .all(|(trial, expected)| answer(remote, model, takes_checksum, trial) == Some(expected))
}

/// The models of the catalogue that give these answers, which calls of the stated width have given.
fn fitting_models(
    stated: &Model,
    takes_checksum: bool,
    trials: &[Trial],
    answers: &[Option<u64>],
) -> Vec<&'static Model> {
    let fits = |model: &&Model| {
        let width = WIDTH_MIN..=stated.width.max(32);
        let expected = || expected(model, stated, takes_checksum, trials);
        width.contains(&model.width)
            && answers
                .iter()
                .zip(expected())
                .all(|(answer, expected)| answer.map(|got| got & model.mask()) == Some(expected))
    };
    catalogue::all().iter().filter(fits).collect()
}

/// The wider models of the catalogue whose values the function gives if it is called as one of
/// theirs: a call of the stated width cuts its argument and its result.
fn fitting_wider(
    foreign: &dyn Foreign,
    stated: &Model,
    takes_checksum: bool,
) -> Vec<&'static Model> {
    let mut fitting = Vec::new();
    // How a call is made depends on nothing else of a model.
    let mut opened: BTreeMap<(u8, u64), Option<Remote>> = BTreeMap::new();
    for model in catalogue::all() {
        if model.width < WIDTH_MIN || model.width <= stated.width {
            continue;
        }
        let remote = opened.entry((model.width, model.xorout));
        let remote = remote.or_insert_with(|| foreign.open_as(model)?.ok());
        let gives = |remote: &mut Remote| fits(remote, model, takes_checksum, &trials(model));
        if remote.as_mut().is_some_and(gives) {
            fitting.push(model);
        }
    }
    fitting
}

//! Faults whose parameters come from a seed, by theme. From the same parameters each builds its
//! kernel and says what a right diagnosis is, so that nobody can learn the diagnosis by heart.

#[cfg(target_arch = "x86_64")]
mod abi;
mod algorithm;
mod combine;
mod constant;
mod dispatch;
mod lane;
mod memory;
mod message;
mod period;
mod register;
mod removal;
mod reordered;
mod reread;
mod result;
mod shortcut;
mod sign;
mod state;
mod stream;
mod table;

use crate::crc32;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;

/// From `from` bytes on, gives the checksum of what `rewrite` makes of the message.
fn rewrite_from(
    from: usize,
    rewrite: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        if message.len() < from {
            crc32::update(checksum, message)
        } else {
            crc32::update(checksum, &rewrite(message))
        }
    })
}

pub(crate) const THEMES: &[&[FaultSpec]] = &[
    algorithm::FAULTS,
    register::FAULTS,
    result::FAULTS,
    sign::FAULTS,
    message::FAULTS,
    period::FAULTS,
    reordered::FAULTS,
    reread::FAULTS,
    lane::FAULTS,
    constant::FAULTS,
    table::FAULTS,
    removal::FAULTS,
    memory::FAULTS,
    combine::FAULTS,
    state::FAULTS,
    stream::FAULTS,
    #[cfg(target_arch = "x86_64")]
    abi::FAULTS,
    dispatch::FAULTS,
    shortcut::FAULTS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planter::Planter;
    use crate::right_diagnosis::Judgement;
    use crcheck_harness::diagnose::{Call, Diagnosis, Experiment, diagnose};
    use crcheck_harness::oracle::model::Model;
    use crcheck_harness::platform::message_memory::Placement;
    use crcheck_harness::platform::rng::SplitMix64;
    use crcheck_harness::subject::{FILLS, Subject, open};

    /// Calls that no diagnosis has seen.
    fn fresh_calls(seed: u64) -> Vec<Call> {
        let mut rng = SplitMix64::labelled(seed, 0xf3e5);
        let call = |_| {
            let mut message = vec![0; rng.index(2048)];
            rng.fill(&mut message);
            Call {
                placement: Placement::aligned(rng.index(64)),
                checksum: rng.next_u64() & 0xffff_ffff,
                message,
                fill: 0,
            }
        };
        (0..200).map(call).collect()
    }

    /// Faults of messages whose parameters the diagnosis must find.
    const LEFT_OUT: [&str; 3] = [
        "middle-bytes-left-out",
        "byte-near-end-left-out",
        "prologue-past-end",
    ];

    /// `crcheck selftest` judges all faults by one seed.
    #[test]
    fn registers_and_signs_are_told_with_their_parameters_for_every_seed() {
        let is_left_out = |fault: &&FaultSpec| LEFT_OUT.contains(&fault.name);
        let left_out = message::FAULTS.iter().filter(is_left_out);
        for fault in register::FAULTS.iter().chain(sign::FAULTS).chain(left_out) {
            for seed in (0..8).chain([0xd363_ac3f_3600_02d1]) {
                let planter = Planter::new(seed);
                let subject = planter.plant(fault).expect("a kernel in Rust");
                let mut probe = open(subject.as_ref(), 1 << 16).expect("memory");
                let mut call = |calls: &[Call]| -> Vec<_> {
                    let call = |call: &Call| {
                        probe.call(call.placement, call.checksum, &call.message, call.fill)
                    };
                    calls.iter().map(call).collect()
                };
                let model = subject.model();
                let mut experiment = Experiment::new(&mut call, &model, 1 << 16, 1);
                let diagnosis = diagnose(&mut experiment, &[]).expect("wrong answers");
                let judgement = planter.right_diagnosis(fault).judge(&diagnosis);
                let name = planter.full_name(fault);
                assert_eq!(judgement, Judgement::Right, "{name}: {diagnosis:?}");
                let Some(cause) = diagnosis.cause else {
                    continue;
                };
                let fresh = fresh_calls(seed);
                let predicted = cause.answers(&model, &fresh).into_iter().map(Ok);
                assert!(call(&fresh).into_iter().eq(predicted), "{name}: {cause:?}");
            }
        }
    }

    /// The faults whose parameters the diagnosis must find, and no matter where messages lie.
    const OF_MESSAGES: &[&[FaultSpec]] = &[
        period::FAULTS,
        reordered::FAULTS,
        reread::FAULTS,
        lane::FAULTS,
        table::FAULTS,
    ];

    fn diagnosed(subject: &dyn Subject, takes_checksum: bool) -> Diagnosis {
        let model = Model::CRC_32_ISO_HDLC;
        let mut call = |calls: &[Call]| {
            let answers = calls.iter();
            answers
                .map(|call| Ok(subject.update(call.checksum, &call.message)))
                .collect()
        };
        let mut rng = SplitMix64::new(1);
        let mut known = (0..4000).map(|length| {
            let mut message = vec![0; length];
            rng.fill(&mut message);
            Call {
                placement: Placement::aligned(0),
                checksum: model.initial_checksum(),
                message,
                fill: FILLS[0],
            }
        });
        let known = known.find(|call| {
            u64::from(crc32::update(0, &call.message)) != subject.update(0, &call.message)
        });
        let mut experiment = Experiment::new(&mut call, &model, 1 << 20, 1);
        if !takes_checksum {
            experiment = experiment.from_the_initial_checksum();
        }
        diagnose(&mut experiment, &[known.expect("a wrong answer")]).expect("a diagnosis")
    }

    #[test]
    fn eight_draws_are_told_with_their_parameters() {
        let mut wrong = Vec::new();
        for seed in 0..8 {
            let planter = Planter::new(seed);
            for fault in OF_MESSAGES.iter().copied().flatten() {
                let subject = planter.plant(fault).expect("code of this process");
                let right = planter.right_diagnosis(fault);
                let said = diagnosed(subject.as_ref(), seed % 2 == 0);
                if right.judge(&said) != Judgement::Right {
                    let name = planter.full_name(fault);
                    wrong.push(format!("{name}: {}\n  not {right:?}", said.summary));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

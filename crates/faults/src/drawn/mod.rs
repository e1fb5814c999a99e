//! Faults whose parameters come from a seed, by theme. From the same parameters each builds its
//! kernel and says what a right diagnosis is, so that nobody can learn the diagnosis by heart.

#[cfg(target_arch = "x86_64")]
mod abi;
mod algorithm;
mod combine;
mod constant;
mod dispatch;
mod memory;
mod message;
mod register;
mod removal;
mod result;
mod shortcut;
mod sign;
mod state;
mod stream;

use crate::spec::FaultSpec;

pub(crate) const THEMES: &[&[FaultSpec]] = &[
    algorithm::FAULTS,
    register::FAULTS,
    result::FAULTS,
    sign::FAULTS,
    message::FAULTS,
    constant::FAULTS,
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
    use crcheck_harness::diagnose::{Call, Experiment, diagnose};
    use crcheck_harness::platform::message_memory::Placement;
    use crcheck_harness::platform::rng::SplitMix64;
    use crcheck_harness::subject::open;

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

    /// `crcheck selftest` judges all faults by one seed.
    #[test]
    fn registers_and_signs_are_told_with_their_parameters_for_every_seed() {
        for fault in register::FAULTS.iter().chain(sign::FAULTS) {
            for seed in 0..8 {
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
}

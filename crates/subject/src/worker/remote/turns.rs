//! Calls of which some go on from others: in as few requests as possible.

use super::Remote;
use crate::caller::Caller;
use crate::calls::{Origin, Turns, TurnsResult};
use crate::worker::shared_block::Call;

impl Remote {
    /// Makes the calls of messages that lie at these offsets. One request has all calls that do not
    /// wait for each other.
    pub(super) fn run_turns(&mut self, turns: &[Turns<'_>], offsets: &[usize]) -> Vec<TurnsResult> {
        let mut results: Vec<TurnsResult> = vec![Ok(Vec::new()); turns.len()];
        loop {
            // The calls of one request, each with the index of its turns.
            let mut wave: Vec<(usize, Call)> = Vec::new();
            for (index, ((turns, &offset), done)) in
                turns.iter().zip(offsets).zip(&results).enumerate()
            {
                let Ok(done) = done else { continue };
                let next = next_calls(turns, done, offset);
                wave.extend(next.into_iter().map(|call| (index, call)));
            }
            if wave.is_empty() || self.is_spent() {
                break;
            }
            self.run_wave(&wave, &mut results);
            if self.is_spent() {
                // It is not known which of the calls were made.
                results
                    .iter_mut()
                    .filter(|result| result.is_ok())
                    .for_each(|result| *result = Err(None));
            }
        }
        results
    }

    fn run_wave(&mut self, wave: &[(usize, Call)], results: &mut [TurnsResult]) {
        let (mut values, mut stops) = (vec![0; wave.len()], Vec::new());
        let call = |index: usize| wave[index].1;
        self.run(&call, &mut values, &mut |index, stop| {
            stops.push((index, stop));
        });
        for ((index, _), value) in wave.iter().zip(values) {
            if let Ok(done) = &mut results[*index] {
                done.push(value);
            }
        }
        for (index, stop) in stops {
            let result = &mut results[wave[index].0];
            if result.is_ok() {
                *result = Err(Some(stop));
            }
        }
    }
}

/// The next calls on a message that lies at `offset`, after those that have given `done`. They end
/// before a call that goes on from another of them, unless that is the call right before it.
fn next_calls(turns: &Turns<'_>, done: &[u64], offset: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    for (index, step) in turns.steps.iter().enumerate().skip(done.len()) {
        let checksum = match step.origin {
            Origin::Checksum(checksum) => Some(checksum),
            Origin::Step(before) if before < done.len() => Some(done[before]),
            Origin::Step(before) if before + 1 == index => None,
            Origin::Step(_) => break,
        };
        calls.push(Call {
            offset: offset + step.part.start,
            len_bytes: step.part.len(),
            checksum,
        });
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Step;
    use crcheck_platform::message_memory::Placement;
    use std::ops::Range;

    fn turns(steps: &[(Origin, Range<usize>)]) -> Turns<'static> {
        let steps = steps.iter().cloned();
        Turns {
            placement: Placement::aligned(0),
            message: &[0; 10],
            steps: steps.map(|(origin, part)| Step { origin, part }).collect(),
        }
    }

    #[test]
    fn a_chain_is_one_request_and_a_call_that_waits_for_another_is_in_the_next() {
        let chain = turns(&[
            (Origin::Checksum(7), 0..4),
            (Origin::Step(0), 4..9),
            (Origin::Step(1), 9..10),
        ]);
        let checksums = |calls: Vec<Call>| -> Vec<Option<u64>> {
            calls.iter().map(|call| call.checksum).collect()
        };
        let calls = next_calls(&chain, &[], 100);
        assert_eq!((calls[1].offset, calls[1].len_bytes), (104, 5));
        assert_eq!(checksums(calls), [Some(7), None, None]);
        let two = turns(&[
            (Origin::Checksum(1), 0..5),
            (Origin::Checksum(2), 5..10),
            (Origin::Step(0), 5..10),
            (Origin::Step(1), 0..5),
            (Origin::Checksum(3), 0..10),
        ]);
        assert_eq!(checksums(next_calls(&two, &[], 0)), [Some(1), Some(2)]);
        assert_eq!(
            checksums(next_calls(&two, &[11, 12], 0)),
            [Some(11), Some(12), Some(3)]
        );
        assert!(next_calls(&two, &[11, 12, 13, 14, 15], 0).is_empty());
    }
}

//! Sequences of operations on the streaming hashers of this process.

use crate::stream_operations::{BLOCK_BYTES, Operation, SLOTS, bytes_of};
use crcheck_oracle::panel::Panel;
use crcheck_subject::{Stream, Subject};

/// Streams, each with the bytes that it has received.
pub(super) struct Streams<'a> {
    subject: &'a dyn Subject,
    panel: &'a Panel,
    slots: Vec<(Box<dyn Stream>, Vec<u8>)>,
}

/// The most bytes that a stream receives.
const STREAM_BYTES_MAX: usize = 1 << 16;

impl<'a> Streams<'a> {
    /// Carries out `operations`, and judges every stream at the end.
    pub(super) fn run(
        subject: &'a dyn Subject,
        panel: &'a Panel,
        operations: &[Operation],
    ) -> Result<(), String> {
        let fresh = panel.model().initial_checksum();
        let new = || Some((subject.stream(fresh)?, Vec::new()));
        let Some(slots) = (0..SLOTS).map(|_| new()).collect() else {
            return Ok(());
        };
        let mut streams = Self {
            subject,
            panel,
            slots,
        };
        operations
            .iter()
            .try_for_each(|operation| streams.apply(operation))?;
        (0..SLOTS).try_for_each(|slot| streams.judge(slot))
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        let at = |slot: &u8| usize::from(*slot) % SLOTS;
        match operation {
            Operation::New(slot) => {
                let fresh = self.panel.model().initial_checksum();
                if let Some(stream) = self.subject.stream(fresh) {
                    self.slots[at(slot)] = (stream, Vec::new());
                }
            }
            Operation::Update {
                which,
                seed,
                length,
            } => self.update(at(which), *seed, usize::from(*length)),
            Operation::Blocks { which, seed, count } => {
                self.update(at(which), *seed, usize::from(*count % 8) * BLOCK_BYTES);
            }
            Operation::Clone { from, to } => {
                let (stream, given) = &self.slots[at(from)];
                self.slots[at(to)] = (stream.fork(), given.clone());
            }
            Operation::Reset(slot) => {
                let (stream, given) = &mut self.slots[at(slot)];
                stream.reset();
                given.clear();
            }
            Operation::Combine { into, other } => self.combine(at(into), at(other)),
            Operation::Finalize(slot) => return self.judge(at(slot)),
        }
        Ok(())
    }

    fn update(&mut self, slot: usize, seed: u8, length: usize) {
        let message = bytes_of(seed, length);
        let (stream, given) = &mut self.slots[slot];
        if given.len() + message.len() <= STREAM_BYTES_MAX {
            stream.update(&message);
            given.extend_from_slice(&message);
        }
    }

    fn combine(&mut self, into: usize, other: usize) {
        let (stream, given) = &self.slots[other];
        let (stream, given) = (stream.fork(), given.clone());
        let (target, sum) = &mut self.slots[into];
        if sum.len() + given.len() <= STREAM_BYTES_MAX && target.append(stream.as_ref()) {
            sum.extend_from_slice(&given);
        }
    }

    fn judge(&self, slot: usize) -> Result<(), String> {
        let (stream, given) = &self.slots[slot];
        let expected = self.panel.judges()[0].update(self.panel.model().initial_checksum(), given);
        let got = stream.checksum();
        if got == expected {
            return Ok(());
        }
        Err(format!(
            "a hasher of {} bytes gives {got:#x} instead of {expected:#x}",
            given.len()
        ))
    }
}

//! A sequence of operations on a library's streams that any right library survives, with the bytes
//! that each stream has received.

use crate::stream_operations::{BLOCK_BYTES, Operation, SLOTS, bytes_of};
use crcheck_subject::{STREAMS_MAX, StreamAbilities, StreamOperation, StreamStep};
use std::ops::Range;

/// Operations on streams.
pub(crate) struct Script {
    abilities: StreamAbilities,
    slots: Vec<Slot>,
    /// The bytes that updates take their parts of.
    pub(crate) message: Vec<u8>,
    pub(crate) steps: Vec<StreamStep>,
    /// The operations that give a checksum.
    pub(crate) checksums: Vec<Awaited>,
}

/// The stream in one slot.
#[derive(Clone, Default)]
struct Slot {
    life: Life,
    given: Vec<Range<usize>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Absent,
    Live,
    /// It has given its checksum.
    Finished,
}

/// A checksum that an operation gives.
pub(crate) struct Awaited {
    /// The operation's index.
    pub(crate) step: usize,
    /// The parts that its stream has received.
    pub(crate) given: Vec<Range<usize>>,
    /// Which stream it is; `None` if only the operations say that.
    pub(crate) of: Option<&'static str>,
}

impl Script {
    /// No operations yet, on streams that take parts of `message`.
    pub(crate) fn new(abilities: StreamAbilities, message: Vec<u8>) -> Self {
        Self {
            abilities,
            slots: vec![Slot::default(); STREAMS_MAX],
            message,
            steps: Vec::new(),
            checksums: Vec::new(),
        }
    }

    fn step(&mut self, slot: usize, operation: StreamOperation) {
        self.steps.push(StreamStep { slot, operation });
    }

    /// Begins a stream.
    pub(crate) fn begin(&mut self, slot: usize) {
        self.abandon(slot);
        self.step(slot, StreamOperation::New);
        self.slots[slot].life = Life::Live;
    }

    /// Appends a part of the message to the stream, which begins or begins anew if it is not under
    /// way.
    pub(crate) fn update(&mut self, slot: usize, part: Range<usize>) {
        if self.slots[slot].life != Life::Live {
            self.restart(slot);
        }
        self.step(slot, StreamOperation::Update(part.clone()));
        self.slots[slot].given.push(part);
    }

    /// Begins the stream anew: by a reset if it can take one now.
    pub(crate) fn restart(&mut self, slot: usize) {
        let can_reset = match self.slots[slot].life {
            Life::Absent => false,
            Life::Live => self.abilities.can_reset,
            Life::Finished => self.abilities.can_reset_after_final,
        };
        if !can_reset {
            return self.begin(slot);
        }
        self.step(slot, StreamOperation::Reset);
        self.slots[slot] = Slot {
            life: Life::Live,
            given: Vec::new(),
        };
    }

    /// Takes the checksum of the stream.
    pub(crate) fn finish(&mut self, slot: usize, of: Option<&'static str>) {
        if self.slots[slot].life != Life::Live {
            self.restart(slot);
        }
        self.checksums.push(Awaited {
            step: self.steps.len(),
            given: self.slots[slot].given.clone(),
            of,
        });
        self.step(slot, StreamOperation::Final);
        self.slots[slot].life = Life::Finished;
    }

    /// Ends the stream, if there is one.
    pub(crate) fn abandon(&mut self, slot: usize) {
        if self.slots[slot].life != Life::Absent && self.abilities.is_freed {
            self.step(slot, StreamOperation::Free);
        }
        self.slots[slot] = Slot::default();
    }

    /// Puts a copy of a stream that is under way into another slot.
    pub(crate) fn copy(&mut self, from: usize, to: usize) {
        if from != to && self.slots[from].life == Life::Live && self.abilities.can_copy {
            self.step(to, StreamOperation::CopyOf(from));
            self.slots[to] = self.slots[from].clone();
        }
    }

    /// Ends every stream.
    pub(crate) fn abandon_all(&mut self) {
        (0..STREAMS_MAX).for_each(|slot| self.abandon(slot));
    }

    /// The bytes of these parts.
    pub(crate) fn bytes(&self, parts: &[Range<usize>]) -> Vec<u8> {
        let parts = parts.iter().map(|part| &self.message[part.clone()]);
        parts.collect::<Vec<_>>().concat()
    }

    /// A few uses of streams on the halves of a message. Each has what other uses get wrong.
    pub(crate) fn of_halves(abilities: StreamAbilities, message: &[u8]) -> Self {
        let (head, tail) = (0..message.len() / 2, message.len() / 2..message.len());
        let whole = 0..message.len();
        let mut script = Self::new(abilities, message.to_vec());
        script.update(0, head.clone());
        if abilities.can_reset {
            script.restart(0);
            script.update(0, tail.clone());
            script.finish(0, Some("of a stream that was reset"));
            script.update(0, head.clone());
        }
        script.abandon(0);
        script.begin(1);
        script.update(1, whole.clone());
        script.finish(1, Some("of a stream behind another that was left half-way"));
        if abilities.can_reset_after_final {
            script.restart(1);
            script.update(1, head.clone());
            script.finish(
                1,
                Some("of a stream that was reset when it had given its checksum"),
            );
        }
        script.begin(1);
        script.update(1, tail.clone());
        script.finish(1, Some("of a stream that takes the place of another"));
        for slot in [2, 3] {
            script.begin(slot);
        }
        for (slot, part) in [(2, &head), (3, &tail), (2, &tail), (3, &head)] {
            script.update(slot, part.clone());
        }
        for slot in [2, 3] {
            script.finish(slot, Some("of a stream that took turns with another"));
        }
        if abilities.can_copy {
            script.begin(4);
            script.update(4, head.clone());
            script.copy(4, 5);
            script.update(5, tail.clone());
            script.finish(5, Some("of a copy of a stream"));
            script.finish(4, Some("of a stream whose copy went on"));
        }
        script.use_many(&[head, tail, whole]);
        script.abandon_all();
        script
    }

    /// Lets many streams live side by side.
    fn use_many(&mut self, parts: &[Range<usize>]) {
        let slots = 8..24;
        slots.clone().for_each(|slot| self.begin(slot));
        for (slot, part) in slots.clone().zip(parts.iter().cycle()) {
            self.update(slot, part.clone());
        }
        for slot in slots.rev() {
            self.finish(slot, Some("of one of many streams side by side"));
        }
    }

    /// These operations, on messages of at most `capacity_bytes` together.
    pub(crate) fn of_operations(
        abilities: StreamAbilities,
        operations: &[Operation],
        capacity_bytes: usize,
    ) -> Self {
        let mut script = Self::new(abilities, Vec::new());
        let at = |slot: &u8| usize::from(*slot) % SLOTS;
        for operation in operations {
            match operation {
                Operation::New(slot) => script.begin(at(slot)),
                Operation::Update {
                    which,
                    seed,
                    length,
                } => script.append(at(which), *seed, usize::from(*length), capacity_bytes),
                Operation::Blocks { which, seed, count } => {
                    let length = usize::from(*count % 8) * BLOCK_BYTES;
                    script.append(at(which), *seed, length, capacity_bytes);
                }
                Operation::Clone { from, to } => script.copy(at(from), at(to)),
                Operation::Reset(slot) => script.restart(at(slot)),
                // No library has one.
                Operation::Combine { .. } => {}
                Operation::Finalize(slot) => script.finish(at(slot), None),
            }
        }
        for slot in 0..SLOTS {
            if script.slots[slot].life == Life::Live {
                script.finish(slot, None);
            }
        }
        script.abandon_all();
        script
    }

    fn append(&mut self, slot: usize, seed: u8, length: usize, capacity_bytes: usize) {
        let start = self.message.len();
        if start + length <= capacity_bytes {
            self.message.extend(bytes_of(seed, length));
            self.update(slot, start..start + length);
        }
    }

    /// The operations up to this index, in words.
    pub(crate) fn words(&self, last: usize) -> String {
        let first = (last + 1).saturating_sub(SHOWN);
        let steps = &self.steps[first..=last];
        let name = |slot: usize| char::from(b'A' + (slot % 26) as u8);
        let words = steps.iter().map(|StreamStep { slot, operation }| {
            let of = name(*slot);
            match operation {
                StreamOperation::New => format!("new {of}"),
                StreamOperation::Update(part) => format!("{} bytes to {of}", part.len()),
                StreamOperation::Final => format!("final {of}"),
                StreamOperation::Reset => format!("reset {of}"),
                StreamOperation::Free => format!("free {of}"),
                StreamOperation::CopyOf(from) => format!("copy {} to {of}", name(*from)),
            }
        });
        let words = words.collect::<Vec<_>>().join(", ");
        match first {
            0 => words,
            _ => format!("{first} operations, {words}"),
        }
    }
}

/// The most operations that words list.
const SHOWN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: StreamAbilities = StreamAbilities {
        can_reset: true,
        can_reset_after_final: true,
        can_copy: true,
        is_freed: true,
    };

    /// What a right library does not survive.
    fn refuse_misuse(script: &Script, abilities: StreamAbilities) {
        let mut lives = [Life::Absent; STREAMS_MAX];
        for (index, step) in script.steps.iter().enumerate() {
            let life = lives[step.slot];
            let says = script.words(index);
            lives[step.slot] = match &step.operation {
                StreamOperation::New => {
                    assert!(life == Life::Absent || !abilities.is_freed, "{says}");
                    Life::Live
                }
                StreamOperation::Update(_) => {
                    assert!(life == Life::Live, "{says}");
                    Life::Live
                }
                StreamOperation::Final => {
                    assert!(life == Life::Live, "{says}");
                    Life::Finished
                }
                StreamOperation::Reset => {
                    assert!(abilities.can_reset && life != Life::Absent, "{says}");
                    let is_over = life == Life::Finished;
                    assert!(abilities.can_reset_after_final || !is_over, "{says}");
                    Life::Live
                }
                StreamOperation::Free => {
                    assert!(abilities.is_freed && life != Life::Absent, "{says}");
                    Life::Absent
                }
                StreamOperation::CopyOf(from) => {
                    assert!(abilities.can_copy && lives[*from] == Life::Live, "{says}");
                    Life::Live
                }
            };
        }
        let are_freed = !abilities.is_freed || lives.iter().all(|life| *life == Life::Absent);
        assert!(are_freed, "a stream is left");
    }

    #[test]
    fn no_script_does_what_a_right_library_does_not_survive() {
        let bits = |bits: u8| StreamAbilities {
            can_reset: bits & 1 != 0,
            can_reset_after_final: bits & 3 == 3,
            can_copy: bits & 12 == 4,
            is_freed: bits & 8 != 0,
        };
        for abilities in (0..16).map(bits) {
            refuse_misuse(&Script::of_halves(abilities, &[0; 9]), abilities);
            for seed in 0..50 {
                let operations = crate::stream_operations::decode_operations(&bytes_of(seed, 255));
                let script = Script::of_operations(abilities, &operations, 1000);
                refuse_misuse(&script, abilities);
                assert!(script.message.len() <= 1000);
                assert!(!script.checksums.is_empty());
            }
        }
    }

    #[test]
    fn a_checksum_is_of_what_its_stream_received_since_it_began() {
        let mut script = Script::new(ALL, (0..10).collect());
        script.update(0, 0..3);
        script.update(1, 3..4);
        script.copy(0, 2);
        script.update(0, 4..6);
        script.finish(0, None);
        script.finish(2, None);
        script.restart(1);
        script.finish(1, None);
        let given = script.checksums.iter();
        let given: Vec<Vec<u8>> = given.map(|one| script.bytes(&one.given)).collect();
        assert_eq!(given, [vec![0, 1, 2, 4, 5], vec![0, 1, 2], vec![]]);
        assert_eq!(
            script.words(4),
            "new A, 3 bytes to A, new B, 1 bytes to B, copy A to C"
        );
    }
}

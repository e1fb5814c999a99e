//! Faults made by changing bytes of a tier's machine code, in the interpreter's view of it alone.
//!
//! They are drawn from instructions that calls have executed. An instruction that does the same
//! with the changed bytes, on all registers that it was seen with, makes no fault.

use crate::followed_code::{Followed, FollowedCode, decode};
use crcheck_harness::kernel::Tier;
use crcheck_harness::machine::software::Software;
use crcheck_harness::machine::{Cpu, EffectiveAddress, Executor, Memory, State};
use crcheck_harness::platform::code::elf;
use crcheck_harness::platform::code::place::Place;
use crcheck_harness::platform::rng::SplitMix64;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with the changed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// A carry-less product of other halves.
    Halves,
    /// Another truth table of three operands.
    TruthTable,
    /// Another lane.
    Lane,
    /// Another constant that is added to products of matrices.
    Constant,
    /// A mask with a byte less.
    ByteLess,
    /// A mask with a byte more.
    ByteMore,
}

impl Wrong {
    const fn name(self) -> &'static str {
        match self {
            Self::Halves => "other halves",
            Self::TruthTable => "another truth table",
            Self::Lane => "another lane",
            Self::Constant => "another constant",
            Self::ByteLess => "a mask with a byte less",
            Self::ByteMore => "a mask with a byte more",
        }
    }
}

/// Changed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) wrong: Wrong,
    mnemonic: Mnemonic,
    /// The function that holds the instruction.
    function: String,
    /// Where the instruction stands in its file.
    place: u64,
    /// What is other than before.
    detail: String,
    /// Where the bytes lie.
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            wrong,
            mnemonic,
            function,
            place,
            detail,
            ..
        } = self;
        let mnemonic = format!("{mnemonic:?}").to_lowercase();
        let wrong = wrong.name();
        write!(
            f,
            "{mnemonic} with {wrong} ({detail}) at {place:#x} in {function}"
        )
    }
}

/// Every change of the code of `tier`.
///
/// # Errors
/// If it cannot be interpreted.
pub(crate) fn changes_of(tier: Tier, cpu: Cpu) -> Result<Vec<Change>, String> {
    let mut code = FollowedCode::of(tier, cpu)?;
    let memory = code.machine.memory();
    let mut changes = Vec::new();
    for followed in code.instructions.values() {
        changes.extend(immediate_changes(followed, memory));
        changes.extend(mask_changes(followed, memory));
    }
    Ok(changes)
}

/// Draws `count` of the changes: each kind as often as the others, as long as there are some.
pub(crate) fn draw(changes: Vec<Change>, count: usize, seed: u64) -> Vec<Change> {
    let mut random = SplitMix64::new(seed);
    let mut kinds: BTreeMap<Wrong, Vec<Change>> = BTreeMap::new();
    for change in changes {
        kinds.entry(change.wrong).or_default().push(change);
    }
    let mut drawn = Vec::new();
    while drawn.len() < count && !kinds.is_empty() {
        for left in kinds.values_mut() {
            if drawn.len() < count {
                drawn.push(left.swap_remove(random.index(left.len())));
            }
        }
        kinds.retain(|_, left| !left.is_empty());
    }
    drawn
}

fn change(
    wrong: Wrong,
    instruction: &Instruction,
    detail: String,
    address: u64,
    bytes: Vec<u8>,
) -> Change {
    let ip = instruction.ip();
    let bias = elf::this_program().map_or(0, |(_, bias)| *bias);
    Change {
        wrong,
        mnemonic: instruction.mnemonic(),
        function: elf::function_at(ip as usize).unwrap_or_else(|| "code without a name".to_owned()),
        place: ip.wrapping_sub(bias),
        detail,
        address,
        bytes,
    }
}

/// The bits of the immediate that decide, and what another value of them makes wrong.
fn deciding_bits(instruction: &Instruction) -> Option<(Wrong, u8)> {
    Some(match instruction.mnemonic() {
        Mnemonic::Vpclmulqdq | Mnemonic::Pclmulqdq => (Wrong::Halves, 0x11),
        Mnemonic::Vpternlogd | Mnemonic::Vpternlogq => (Wrong::TruthTable, 0xff),
        Mnemonic::Vextracti128
        | Mnemonic::Vextractf128
        | Mnemonic::Vextracti64x4
        | Mnemonic::Vextractf64x4
        | Mnemonic::Vinserti128
        | Mnemonic::Vinserti64x4 => (Wrong::Lane, 1),
        Mnemonic::Vextracti32x4
        | Mnemonic::Vextracti64x2
        | Mnemonic::Vextractf32x4
        | Mnemonic::Vinserti32x4
        | Mnemonic::Vinserti64x2 => (Wrong::Lane, 3),
        Mnemonic::Vshufi64x2
        | Mnemonic::Vshufi32x4
        | Mnemonic::Vpermq
        | Mnemonic::Vpshufd
        | Mnemonic::Pshufd => (Wrong::Lane, 0xff),
        Mnemonic::Vpextrq | Mnemonic::Pextrq => (Wrong::Lane, 1),
        Mnemonic::Vpextrd | Mnemonic::Pextrd => (Wrong::Lane, 3),
        Mnemonic::Vgf2p8affineqb => (Wrong::Constant, 0xff),
        _ => return None,
    })
}

/// The changes of the immediate of an instruction, which is its last byte.
fn immediate_changes(followed: &Followed, memory: &mut Memory) -> Vec<Change> {
    let instruction = &followed.instruction;
    let last = instruction.op_count().wrapping_sub(1);
    let Some((wrong, bits)) = deciding_bits(instruction) else {
        return Vec::new();
    };
    if instruction.op_kind(last) != OpKind::Immediate8 {
        return Vec::new();
    }
    let mut bytes = vec![0; instruction.len()];
    if memory.fetch(instruction.ip(), &mut bytes).is_err() {
        return Vec::new();
    }
    let before = instruction.immediate8();
    let mut changes = Vec::new();
    for bit in (0..8).filter(|bit| bits >> bit & 1 == 1) {
        let after = before ^ 1 << bit;
        let at = bytes.len() - 1;
        bytes[at] = after;
        let changed = decode(&bytes, instruction.ip());
        if differs(instruction, &changed, &followed.states, memory) {
            let detail = format!("{after:#04x} for {before:#04x}");
            let address = instruction.next_ip() - 1;
            changes.push(change(wrong, instruction, detail, address, vec![after]));
        }
    }
    changes
}

/// Whether both leave other registers behind, with one of these register files.
fn differs(one: &Instruction, other: &Instruction, states: &[State], memory: &mut Memory) -> bool {
    let mut software = Software;
    let (Some(one), Some(other)) = (software.prepare(one), software.prepare(other)) else {
        return false;
    };
    states.iter().any(|state| {
        let mut after = |prepared| {
            let mut state = state.clone();
            software
                .execute(prepared, &mut state, memory)
                .map(|()| state)
        };
        after(&one) != after(&other)
    })
}

/// The changes of the masks that an instruction reads from a table.
fn mask_changes(followed: &Followed, memory: &mut Memory) -> Vec<Change> {
    let instruction = &followed.instruction;
    let Some(place) = EffectiveAddress::new(instruction) else {
        return Vec::new();
    };
    let has_memory = instruction.op_kinds().any(|kind| kind == OpKind::Memory);
    let len_bytes = instruction.memory_size().info().size();
    let is_of_bits = (Register::K0..=Register::K7).contains(&instruction.op0_register());
    let is_of_bytes = instruction.op0_register().is_vector_register();
    if !has_memory || len_bytes > 64 || !(is_of_bits || is_of_bytes) {
        return Vec::new();
    }
    let mut addresses: Vec<u64> = followed
        .states
        .iter()
        .map(|state| place.address(state))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut changes = Vec::new();
    for address in addresses {
        // A table is part of the program.
        if Place::of(address as usize).is_none() {
            continue;
        }
        let mut mask = vec![0; len_bytes];
        if memory.read(address, &mut mask).is_err() {
            continue;
        }
        let others = if is_of_bits {
            changed_bits(&mask)
        } else {
            changed_bytes(&mask)
        };
        for (wrong, bytes) in others {
            let detail = format!("{} for {}", set(&bytes, is_of_bits), set(&mask, is_of_bits));
            changes.push(change(wrong, instruction, detail, address, bytes));
        }
    }
    changes
}

/// How many bytes of a vector a mask takes.
fn set(mask: &[u8], is_of_bits: bool) -> u32 {
    let bits: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    if is_of_bits { bits } else { bits / 8 }
}

/// The masks of bits, the lowest or the highest of which are set, with one of them less and more.
fn changed_bits(mask: &[u8]) -> Vec<(Wrong, Vec<u8>)> {
    let mut word = [0; 8];
    word[..mask.len()].copy_from_slice(mask);
    let word = u64::from_le_bytes(word);
    let width = 8 * mask.len() as u32;
    let of_width = |word: u64| word.to_le_bytes()[..mask.len()].to_vec();
    let all = u64::MAX >> (64 - width);
    let count = word.count_ones();
    if count == 0 || count == width {
        return Vec::new();
    }
    let (less, more) = if word.trailing_ones() == count {
        (word >> 1, word << 1 | 1)
    } else if (word | !all).leading_ones() == 64 - width + count {
        (word << 1 & all, word >> 1 | 1 << (width - 1))
    } else {
        return Vec::new();
    };
    vec![
        (Wrong::ByteLess, of_width(less)),
        (Wrong::ByteMore, of_width(more)),
    ]
}

/// The masks of bytes, the last of which are set, with one of them less and more.
fn changed_bytes(mask: &[u8]) -> Vec<(Wrong, Vec<u8>)> {
    let first = mask.iter().position(|&byte| byte == 0xff);
    let Some(first @ 1..) = first else {
        return Vec::new();
    };
    let is_mask = mask[..first].iter().all(|&byte| byte == 0)
        && mask[first..].iter().all(|&byte| byte == 0xff);
    if !is_mask || mask.len() < 16 {
        return Vec::new();
    }
    let with = |index: usize, byte: u8| {
        let mut mask = mask.to_vec();
        mask[index] = byte;
        mask
    };
    vec![
        (Wrong::ByteLess, with(first, 0)),
        (Wrong::ByteMore, with(first - 1, 0xff)),
    ]
}

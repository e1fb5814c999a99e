//! What the decoder says of the registers that instructions read and write is right.

use crate::setting::*;
use crcheck_machine::silicon::Silicon;
use crcheck_machine::{Executor, Memory, State, Uses};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Register};
use std::collections::BTreeSet;

/// The first bytes of instructions of every map: legacy ones with prefixes, VEX, EVEX.
const BEGINNINGS: [&[u8]; 21] = [
    &[],
    &[0x48],
    &[0x66],
    &[0x0f],
    &[0x48, 0x0f],
    &[0x66, 0x0f],
    &[0xf3, 0x0f],
    &[0xf2, 0x0f],
    &[0x0f, 0x38],
    &[0x66, 0x0f, 0x38],
    &[0xf2, 0x48, 0x0f, 0x38],
    &[0x66, 0x0f, 0x3a],
    &[0xc5],
    &[0xc4, 0xe1],
    &[0xc4, 0xe2],
    &[0xc4, 0xe3],
    &[0x62, 0xf1],
    &[0x62, 0xf2],
    &[0x62, 0xf3],
    &[0x62, 0x61],
    &[0x62, 0x62],
];

/// Some instruction or none, of every kind that the decoder knows.
fn random_instruction(rng: &mut SplitMix64) -> Instruction {
    let mut bytes = BEGINNINGS[rng.index(BEGINNINGS.len())].to_vec();
    let known = bytes.len();
    bytes.resize(15, 0);
    rng.fill(&mut bytes[known..]);
    Decoder::with_ip(64, &bytes, IP, DecoderOptions::NONE).decode()
}

/// Lets the registers that the address of an operand is made of point into the open region.
fn aim(instruction: &Instruction, state: &mut State, rng: &mut SplitMix64) {
    let (base, index) = (instruction.memory_base(), instruction.memory_index());
    let mut left =
        (OPEN + 0x800 + rng.below(0x800)).wrapping_sub(instruction.memory_displacement64());
    if index.is_gpr() {
        state.set_general(index, 0);
    }
    if base.is_gpr() {
        let scale = u64::from(instruction.memory_index_scale()) + 1;
        if base == index {
            left /= scale;
        }
        state.set_general(base, left);
    }
    state.fs_base = 0;
    state.gs_base = 0;
}

/// Executes `instruction` twice, the second time with other values in what `uses` calls unread.
/// Whether the results are those that `uses` states; `None` if it is not known here.
fn is_accounted_for(
    silicon: &mut Silicon,
    instruction: &Instruction,
    uses: &Uses,
    memory: &mut Memory,
    rng: &mut SplitMix64,
) -> Option<bool> {
    let prepared = silicon.prepare(instruction)?;
    let mut one = random_state(rng);
    aim(instruction, &mut one, rng);
    let mut two = one.clone();
    uses.randomise_unread(&mut two, || rng.next_u64());
    let before = two.clone();
    let outcomes = [&mut one, &mut two].map(|state| {
        memory.drop_stores();
        let outcome = silicon.execute(&prepared, state, memory);
        let stored: Option<[u8; 0x1000]> = match instruction.memory_base() {
            Register::None => None,
            _ => Some(memory.read_array(OPEN + 0x700).expect("memory")),
        };
        (outcome, stored)
    });
    let mut expected = uses.expected(&before, &one);
    expected.flags ^= (expected.flags ^ two.flags) & uses.undefined_flags();
    let is_fault = outcomes[0].0.is_err();
    Some(outcomes[0] == outcomes[1] && (is_fault || two == expected))
}

/// No instruction that is prepared harms this process, and what is said of its registers is right:
/// what is unread changes no result, what is unwritten stays.
#[test]
fn unread_registers_change_no_result() {
    let mut rng = SplitMix64::new(4);
    let (mut silicon, mut memory) = (highest(), memory());
    let (mut executed, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..100_000 {
        let instruction = random_instruction(&mut rng);
        let uses = Uses::of(&instruction);
        match is_accounted_for(&mut silicon, &instruction, &uses, &mut memory, &mut rng) {
            Some(true) => {
                executed.insert(instruction.code());
            }
            Some(false) => {
                wrong.insert(instruction.code());
            }
            None => {}
        }
    }
    assert_eq!(wrong, BTreeSet::new());
    assert!(executed.len() > 600, "{}", executed.len());
}

#[test]
fn a_register_that_is_wrongly_called_unread_is_found() {
    let mut rng = SplitMix64::new(5);
    let (mut silicon, mut memory) = (highest(), memory());
    let add = decoded(Instruction::with2(
        Code::Add_rm32_r32,
        Register::EAX,
        Register::EDX,
    ));
    let others = [
        (Code::Add_rm32_r32, Register::EAX, Register::EDX, true),
        // It reads the flags besides.
        (Code::Adc_rm32_r32, Register::EAX, Register::EDX, true),
        (Code::Add_rm32_r32, Register::EAX, Register::ECX, false),
        (Code::Mov_r32_rm32, Register::EAX, Register::EDX, false),
        // It does not write EAX.
        (Code::Cmp_r32_rm32, Register::EAX, Register::EDX, false),
        // It does not read the upper bits.
        (Code::Add_r8_rm8, Register::AL, Register::DL, false),
    ];
    for (code, first, second, expected) in others {
        let uses = Uses::of(&decoded(Instruction::with2(code, first, second)));
        let found = is_accounted_for(&mut silicon, &add, &uses, &mut memory, &mut rng);
        assert_eq!(found, Some(expected), "{code:?}");
    }
}

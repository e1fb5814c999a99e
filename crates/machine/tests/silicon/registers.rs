//! Every register is loaded and saved as itself.

use crate::setting::*;
use crcheck_machine::{Executor, Fault, Flag, Memory, State};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Code, Instruction, Register};

#[test]
fn a_nop_changes_no_register_at_any_level() {
    let mut rng = SplitMix64::new(1);
    let nop = decoded(Ok(Instruction::with(Code::Nopd)));
    let mut memory = memory();
    for mut silicon in levels() {
        for _ in 0..100 {
            let mut state = random_state(&mut rng);
            let before = state.clone();
            let outcome = execute(&mut silicon, &nop, &mut state, &mut memory);
            assert_eq!(outcome, Some(Ok(())));
            assert!(state == before);
        }
    }
}

/// Each register is loaded into its own place: a copy has the value of the one that was named.
#[test]
fn each_register_is_loaded_and_saved_as_itself() {
    let mut rng = SplitMix64::new(2);
    let mut memory = memory();
    for mut silicon in levels() {
        for number in 0..32 {
            let copies = [
                Instruction::with2(
                    Code::Mov_r64_rm64,
                    Register::RAX + (number + 5) % 16,
                    Register::RAX + number % 16,
                ),
                Instruction::with2(
                    Code::Movdqa_xmm_xmmm128,
                    Register::XMM0 + (number + 5) % 16,
                    Register::XMM0 + number % 16,
                ),
                Instruction::with2(
                    Code::EVEX_Vmovdqa64_zmm_k1z_zmmm512,
                    Register::ZMM0 + (number + 5) % 32,
                    Register::ZMM0 + number,
                ),
                Instruction::with2(
                    Code::VEX_Kmovq_kr_km64,
                    Register::K0 + (number + 5) % 8,
                    Register::K0 + number % 8,
                ),
            ];
            for (kind, copy) in copies.into_iter().enumerate() {
                let mut state = random_state(&mut rng);
                let mut expected = state.clone();
                let number = number as usize;
                match kind {
                    0 => expected.general[(number + 5) % 16] = state.general[number % 16],
                    1 => {
                        let from = state.vectors[number % 16].0;
                        expected.vectors[(number + 5) % 16].0[..16].copy_from_slice(&from[..16]);
                    }
                    2 => expected.vectors[(number + 5) % 32] = state.vectors[number],
                    _ => expected.masks[(number + 5) % 8] = state.masks[number % 8],
                }
                match execute(&mut silicon, &decoded(copy), &mut state, &mut memory) {
                    Some(outcome) => {
                        assert_eq!(outcome, Ok(()));
                        assert!(state == expected, "{kind} {number}");
                    }
                    None => assert!(kind >= 2, "every CPU has it"),
                }
            }
        }
    }
}

#[test]
fn flags_are_read_and_written_one_by_one() {
    let mut memory = memory();
    let flags = [
        (Flag::Carry, Code::Setb_rm8),
        (Flag::Parity, Code::Setp_rm8),
        (Flag::Zero, Code::Sete_rm8),
        (Flag::Sign, Code::Sets_rm8),
        (Flag::Overflow, Code::Seto_rm8),
    ];
    for (flag, code) in flags {
        for value in [false, true] {
            let mut state = State::default();
            state.set(flag, value);
            let set = decoded(Instruction::with1(code, Register::AL));
            execute_well(&set, &mut state, &mut memory);
            assert_eq!(state.general[State::RAX], u64::from(value), "{flag:?}");
            assert_eq!(state.has(flag), value);
        }
    }
    let mut state = State::default();
    execute_well(
        &decoded(Ok(Instruction::with(Code::Std))),
        &mut state,
        &mut memory,
    );
    assert!(state.has(Flag::Direction));
    let add = decoded(Instruction::with2(
        Code::Add_rm8_r8,
        Register::AH,
        Register::CL,
    ));
    state.general[State::RAX] = 0x8800;
    state.general[State::RCX] = 0x78;
    execute_well(&add, &mut state, &mut memory);
    assert_eq!(state.general[State::RAX], 0);
    for flag in [Flag::Carry, Flag::Zero, Flag::Adjust, Flag::Parity] {
        assert!(state.has(flag), "{flag:?}");
    }
    assert!(!state.has(Flag::Overflow) && !state.has(Flag::Sign));
    assert!(state.has(Flag::Direction));
}

#[test]
fn the_stack_pointer_is_an_operand_like_any_other() {
    let mut memory = memory();
    let mut rng = SplitMix64::new(3);
    let steps = [
        Instruction::with2(Code::Add_rm64_imm8, Register::RSP, 8),
        Instruction::with2(Code::Lea_r64_m, Register::RCX, base(Register::RSP, 8)),
        // Below the stack pointer, where a function without calls may keep what it wants.
        Instruction::with2(Code::Mov_rm64_r64, base(Register::RSP, -8), Register::RAX),
        Instruction::with2(Code::Mov_rm64_r64, base(Register::RSP, 0), Register::RSP),
        Instruction::with2(Code::Mov_rm8_r8, Register::SPL, Register::R8L),
    ];
    let mut state = random_state(&mut rng);
    state.general[State::RSP] = OPEN + 0x100;
    let mut expected = state.clone();
    for step in steps {
        execute_well(&decoded(step), &mut state, &mut memory);
    }
    let word = |memory: &mut Memory, address| {
        u64::from_le_bytes(memory.read_array(address).expect("memory"))
    };
    let pointer = OPEN + 0x108;
    assert_eq!(word(&mut memory, pointer - 8), expected.general[State::RAX]);
    assert_eq!(word(&mut memory, pointer), pointer);
    expected.general[State::RSP] = pointer & !0xff | expected.general[8] & 0xff;
    expected.general[State::RCX] = pointer + 8;
    expected.flags = state.flags;
    assert!(state == expected);
}

/// The stack pointer need not point to memory: nothing but the instruction uses it.
#[test]
fn the_stack_pointer_may_point_nowhere() {
    let mut memory = memory();
    for value in [0, 1, u64::MAX, 0x8000_0000_0000_0000] {
        let mut state = State::default();
        state.general[State::RSP] = value;
        let add = decoded(Instruction::with2(Code::Add_rm64_imm8, Register::RSP, 8));
        execute_well(&add, &mut state, &mut memory);
        assert_eq!(state.general[State::RSP], value.wrapping_add(8));
        let load = decoded(Instruction::with2(
            Code::Mov_r64_rm64,
            Register::RAX,
            base(Register::RSP, 0),
        ));
        let fault = execute(&mut highest(), &load, &mut state, &mut memory);
        assert!(matches!(fault, Some(Err(_))), "{value:#x}");
    }
}

#[test]
fn a_division_that_has_no_quotient_is_a_fault() {
    let mut memory = memory();
    let divide = decoded(Instruction::with1(Code::Div_rm64, Register::RCX));
    let mut state = State::default();
    state.general[State::RAX] = 7;
    let outcome = execute(&mut highest(), &divide, &mut state, &mut memory);
    assert_eq!(outcome, Some(Err(Fault::Divide)));
    state.general[State::RCX] = 2;
    execute_well(&divide, &mut state, &mut memory);
    assert_eq!(
        [state.general[State::RAX], state.general[State::RDX]],
        [3, 1]
    );
}

/// Its code is written anew when that memory is full, and what was prepared before still runs.
#[test]
fn more_instructions_than_the_code_has_room_for_run() {
    let mut silicon = highest();
    let mut memory = memory();
    let first = decoded(Instruction::with2(
        Code::Mov_r32_imm32,
        Register::EAX,
        0x1234_u32,
    ));
    let first = silicon.prepare(&first).expect("known");
    let mut state = State::default();
    silicon
        .execute(&first, &mut state, &mut memory)
        .expect("no fault");
    for value in 0..40_000_u32 {
        let next = Instruction::with2(Code::Mov_r32_imm32, Register::EAX, value);
        let prepared = silicon
            .prepare(&next.expect("operands that fit"))
            .expect("known");
        silicon
            .execute(&prepared, &mut state, &mut memory)
            .expect("no fault");
        assert_eq!(state.general[State::RAX], u64::from(value));
    }
    silicon
        .execute(&first, &mut state, &mut memory)
        .expect("no fault");
    assert_eq!(state.general[State::RAX], 0x1234);
    // Nor does another executor take it for its own.
    let mut other = highest();
    state.general[State::RAX] = 0;
    other
        .execute(&first, &mut state, &mut memory)
        .expect("no fault");
    assert_eq!(state.general[State::RAX], 0x1234);
}

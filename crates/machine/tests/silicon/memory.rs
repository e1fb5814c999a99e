//! Operands in memory, and what their pages allow.

use crate::setting::*;
use crcheck_machine::{AccessKind, Fault, State};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Code, Instruction, MemoryOperand, Register};

#[test]
fn addresses_relative_to_the_instruction_are_those_of_the_program() {
    let mut memory = memory();
    let address = OPEN + 0x123;
    let operand = base(Register::RIP, address as i64);
    let mut state = State::default();
    let load = Instruction::with2(Code::Mov_r64_rm64, Register::RBX, operand);
    execute_well(&decoded(load), &mut state, &mut memory);
    let bytes = memory.read_array(address).expect("memory");
    assert_eq!(state.general[State::RBX], u64::from_le_bytes(bytes));
    let widths = [
        (Code::Lea_r64_m, Register::RCX, address),
        (Code::Lea_r32_m, Register::ECX, address & 0xffff_ffff),
        (Code::Lea_r16_m, Register::CX, !0xffff | address & 0xffff),
    ];
    for (code, register, expected) in widths {
        state.general[State::RCX] = u64::MAX;
        let lea = decoded(Instruction::with2(code, register, operand));
        execute_well(&lea, &mut state, &mut memory);
        assert_eq!(state.general[State::RCX], expected, "{code:?}");
    }
}

#[test]
fn an_aligned_load_of_a_misaligned_operand_is_a_fault() {
    let mut memory = memory();
    let forms = [
        (Code::Movdqa_xmm_xmmm128, Register::XMM3, 16),
        (Code::Paddb_xmm_xmmm128, Register::XMM3, 16),
        (Code::VEX_Vmovdqa_ymm_ymmm256, Register::YMM3, 32),
        (Code::EVEX_Vmovdqa64_zmm_k1z_zmmm512, Register::ZMM3, 64),
    ];
    for (code, register, alignment) in forms {
        let load = Instruction::with2(code, register, base(Register::RDI, 0));
        let load = decoded(load);
        let mut silicon = highest();
        for distance in [0, 8, alignment / 2, alignment] {
            // Also where the memory cannot be accessed: the alignment comes first.
            for start in [OPEN, END] {
                let mut state = State::default();
                let address = start + distance;
                state.general[State::RDI] = address;
                let len_bytes = alignment as usize;
                let is_aligned = address % alignment == 0;
                let expected = match (is_aligned, start == OPEN) {
                    (true, true) => Ok(()),
                    (true, false) => Err(Fault::Page {
                        address,
                        access: AccessKind::Read,
                    }),
                    (false, _) => Err(Fault::Misaligned {
                        address,
                        len_bytes,
                        alignment: len_bytes,
                    }),
                };
                let outcome = execute(&mut silicon, &load, &mut state, &mut memory);
                assert!(
                    outcome.is_none() || outcome == Some(expected),
                    "{code:?} {address:#x}: {outcome:?}"
                );
            }
        }
    }
}

#[test]
fn a_masked_access_touches_the_enabled_bytes_alone() {
    let mut silicon = highest();
    let masked = |mut instruction: Instruction| {
        instruction.set_op_mask(Register::K1);
        instruction
    };
    let operand = base(Register::RDI, 0);
    let load = Instruction::with2(Code::EVEX_Vmovdqu8_zmm_k1z_zmmm512, Register::ZMM1, operand);
    let store = Instruction::with2(Code::EVEX_Vmovdqu8_zmmm512_k1z_zmm, operand, Register::ZMM1);
    let load = decoded(load.map(masked));
    let store = decoded(store.map(masked));
    for inside in [1_u64, 17, 63] {
        // The first `inside` bytes can be accessed, or the last ones.
        let low = (1 << inside) - 1;
        let places = [
            (END - inside, low, low + 1),
            (
                OPEN - (64 - inside),
                low << (64 - inside),
                1 << (63 - inside),
            ),
        ];
        for (address, mask, bit_outside) in places {
            for instruction in [&load, &store] {
                let mut memory = memory();
                let mut state = random_state(&mut SplitMix64::new(inside));
                state.general[State::RDI] = address;
                state.masks[1] = mask;
                let before = state.clone();
                let outcome = execute(&mut silicon, instruction, &mut state, &mut memory);
                let Some(outcome) = outcome else {
                    return;
                };
                assert_eq!(outcome, Ok(()), "{inside} {address:#x}");
                for i in (0..64).filter(|i| mask >> i & 1 == 1) {
                    let at = address + i;
                    let [stored] = memory.read_array(at).expect("memory");
                    let i = i as usize;
                    if instruction == &load {
                        assert_eq!(state.vectors[1].0[i], byte(at));
                    } else {
                        assert_eq!(before.vectors[1].0[i], stored);
                    }
                }
                state.masks[1] |= bit_outside;
                let outcome = execute(&mut silicon, instruction, &mut state, &mut memory);
                let access = match instruction == &load {
                    true => AccessKind::Read,
                    false => AccessKind::Write,
                };
                let Some(Err(Fault::Page {
                    address: refused,
                    access: found,
                })) = outcome
                else {
                    panic!("{outcome:?}");
                };
                assert_eq!(access, found);
                assert!((address..address + 64).contains(&refused), "{refused:#x}");
                assert!(!(OPEN..END).contains(&refused), "{refused:#x}");
            }
        }
    }
}

#[test]
fn a_store_faults_where_only_reads_are_allowed() {
    let mut memory = memory();
    let operand = base(Register::RDI, 0);
    let stores = [
        Instruction::with2(Code::Mov_rm64_r64, operand, Register::RAX),
        Instruction::with2(Code::Add_rm64_r64, operand, Register::RAX),
    ];
    let load = decoded(Instruction::with2(
        Code::Mov_r64_rm64,
        Register::RAX,
        operand,
    ));
    for store in stores.map(decoded) {
        for address in [FIXED, FIXED - 3] {
            let mut state = State::default();
            state.general[State::RDI] = address;
            state.general[State::RAX] = 7;
            let outcome = execute(&mut highest(), &store, &mut state, &mut memory);
            let expected = Fault::Page {
                address: FIXED,
                access: AccessKind::Write,
            };
            assert_eq!(outcome, Some(Err(expected)));
            let bytes: [u8; 8] = memory.read_array(address).expect("memory");
            assert_eq!(bytes, [0, 1, 2, 3, 4, 5, 6, 7].map(|i| byte(address + i)));
            execute_well(&load, &mut state, &mut memory);
            assert_eq!(state.general[State::RAX], u64::from_le_bytes(bytes));
        }
    }
}

#[test]
fn an_address_that_no_page_can_have_is_not_canonical() {
    let mut memory = memory();
    let load = Instruction::with2(Code::Mov_r64_rm64, Register::RAX, base(Register::RDI, 0));
    let mut state = State::default();
    state.general[State::RDI] = 0x8000_0000_0000;
    let outcome = execute(&mut highest(), &decoded(load), &mut state, &mut memory);
    let address = 0x8000_0000_0000;
    assert_eq!(outcome, Some(Err(Fault::NotCanonical { address })));
}

#[test]
fn segments_have_the_bases_of_the_state() {
    let mut memory = memory();
    for (register, code) in [(Register::FS, 0), (Register::GS, 1)] {
        let operand =
            MemoryOperand::new(Register::None, Register::None, 1, 0x28, 4, false, register);
        let load = decoded(Instruction::with2(
            Code::Mov_r64_rm64,
            Register::RAX,
            operand,
        ));
        let mut state = State::default();
        let bases = [&mut state.fs_base, &mut state.gs_base];
        *bases.into_iter().nth(code).expect("two") = OPEN;
        execute_well(&load, &mut state, &mut memory);
        let bytes = memory.read_array(OPEN + 0x28).expect("memory");
        assert_eq!(state.general[State::RAX], u64::from_le_bytes(bytes));
    }
}

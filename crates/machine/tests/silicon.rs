//! Single instructions on this CPU.

#![cfg(target_arch = "x86_64")]

use crcheck_machine::silicon::{Level, Silicon};
use crcheck_machine::{AccessKind, Executor, Fault, Flag, Memory, Protection, State, Uses, Vector};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Code, Decoder, DecoderOptions, Encoder, Instruction, MemoryOperand, Register};
use std::collections::BTreeSet;

/// Where instructions stand.
const IP: u64 = 0x6000_0000_0000;

/// Two pages that can be written. The page before them and the one behind cannot be accessed.
const OPEN: u64 = 0x6000_1000_1000;
const END: u64 = OPEN + 0x2000;

/// A page that can be written, and behind it one that can only be read.
const MIXED: u64 = 0x6000_1001_0000;
const FIXED: u64 = MIXED + 0x1000;

const CAN_READ: Protection = Protection {
    can_read: true,
    can_write: false,
    can_execute: false,
};

const CAN_WRITE: Protection = Protection {
    can_write: true,
    ..CAN_READ
};

/// The bytes of the regions.
fn byte(address: u64) -> u8 {
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn memory() -> Memory {
    let mut memory = Memory::of_this_process().expect("memory");
    let regions = [
        (OPEN..END, CAN_WRITE),
        (MIXED..FIXED, CAN_WRITE),
        (FIXED..FIXED + 0x1000, CAN_READ),
    ];
    for (region, protection) in regions {
        let bytes: Vec<u8> = region.clone().map(byte).collect();
        memory.map(region, protection, &bytes);
    }
    memory
}

/// What the instruction was made of may not be what the decoder says of its bytes.
fn decoded(instruction: Result<Instruction, iced_x86::IcedError>) -> Instruction {
    let instruction = instruction.expect("operands that fit");
    let mut encoder = Encoder::new(64);
    encoder.encode(&instruction, IP).expect("an encoding");
    let bytes = encoder.take_buffer();
    Decoder::with_ip(64, &bytes, IP, DecoderOptions::NONE).decode()
}

fn base(register: Register, displacement: i64) -> MemoryOperand {
    MemoryOperand::with_base_displ(register, displacement)
}

/// A state in which every register has a value of its own.
fn random_state(rng: &mut SplitMix64) -> State {
    let mut state = State::default();
    for Vector(bytes) in &mut state.vectors {
        rng.fill(bytes);
    }
    let words = state.general.iter_mut().chain(&mut state.masks);
    words.for_each(|word| *word = rng.next_u64());
    let flags = Flag::ARITHMETIC | Flag::Direction.mask();
    state.flags ^= rng.next_u64() & flags;
    // Rounding, denormals as zeros, and the sticky bits.
    state.mxcsr ^= rng.next_u64() as u32 & 0xe07f;
    state.ip = rng.next_u64();
    state.fs_base = rng.next_u64();
    state.gs_base = rng.next_u64();
    state
}

/// The levels that this CPU has; each lower one runs here too.
fn levels() -> Vec<Silicon> {
    let levels = Level::ALL
        .into_iter()
        .take_while(|level| *level <= Level::of_this_cpu());
    levels
        .map(|level| Silicon::at(level).expect("memory"))
        .collect()
}

fn highest() -> Silicon {
    Silicon::new().expect("memory")
}

/// Executes `instruction`; `None` if this CPU lacks it.
fn execute(
    silicon: &mut Silicon,
    instruction: &Instruction,
    state: &mut State,
    memory: &mut Memory,
) -> Option<Result<(), Fault>> {
    let prepared = silicon.prepare(instruction)?;
    let before = state.clone();
    let outcome = silicon.execute(&prepared, state, memory);
    assert!(
        outcome.is_ok() || *state == before,
        "a fault changes nothing"
    );
    Some(outcome)
}

/// Executes `instruction`, which every CPU has, without a fault.
fn execute_well(instruction: &Instruction, state: &mut State, memory: &mut Memory) {
    let outcome = execute(&mut highest(), instruction, state, memory);
    assert_eq!(outcome, Some(Ok(())), "{:?}", instruction.code());
}

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
                assert!(refused >= END || refused < OPEN, "{refused:#x}");
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

//! Vector and mask instructions in software: laws and published examples. That they do what a CPU
//! does is for the comparison with one.

use crcheck_machine::software::Software;
use crcheck_machine::{AccessKind, Executor, Fault, Flag, Memory, Protection, State, Vector};
use iced_x86::Register::{self, *};
use iced_x86::{Code, Instruction, MemoryOperand};

/// A page that can be read and written; there is none behind it.
const PAGE: u64 = 0x1234_5000;
const PAGE_END: u64 = PAGE + 4096;

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn state(&mut self) -> State {
        let mut state = State::default();
        for vector in &mut state.vectors {
            let lanes = [(); 4].map(|()| u128::from(self.next()) << 64 | u128::from(self.next()));
            *vector = Vector::of_lanes(lanes);
        }
        state.masks = [(); 8].map(|()| self.next());
        state
    }
}

fn memory() -> Memory {
    let mut memory = Memory::of_this_process().expect("this process can read its mappings");
    let protection = Protection {
        can_read: true,
        can_write: true,
        can_execute: false,
    };
    let bytes: Vec<u8> = (0..4096).map(|i| (i * 7 + i / 256) as u8).collect();
    memory.map(PAGE..PAGE_END, protection, &bytes);
    memory
}

fn bytes_at<const N: usize>(memory: &mut Memory, address: u64) -> [u8; N] {
    memory.read_array(address).expect("the page can be read")
}

fn execute(instruction: &Instruction, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let prepared = Software.prepare(instruction);
    let prepared = prepared.unwrap_or_else(|| panic!("{:?} is not known", instruction.code()));
    Software.execute(&prepared, state, memory)
}

/// The state after an instruction without memory.
fn after(instruction: &Instruction, before: &State) -> State {
    let mut state = before.clone();
    execute(instruction, &mut state, &mut memory()).expect("it touches no memory");
    state
}

fn two(code: Code, a: Register, b: Register) -> Instruction {
    Instruction::with2(code, a, b).expect("two registers")
}

fn three(code: Code, a: Register, b: Register, c: Register) -> Instruction {
    Instruction::with3(code, a, b, c).expect("three registers")
}

/// Three registers and an immediate.
fn four(code: Code, [a, b, c]: [Register; 3], immediate: u32) -> Instruction {
    Instruction::with4(code, a, b, c, immediate).expect("three registers and an immediate")
}

fn under(mut instruction: Instruction, mask: Register, is_zeroing: bool) -> Instruction {
    instruction.set_op_mask(mask);
    instruction.set_zeroing_masking(is_zeroing);
    instruction
}

fn product_by_bits(a: u64, b: u64) -> u128 {
    let terms = (0..64).filter(|i| b >> i & 1 == 1);
    terms.fold(0, |sum, i| sum ^ u128::from(a) << i)
}

#[test]
fn carry_less_products_are_those_of_a_bit_loop() {
    let mut random = Random(1);
    for round in 0..200 {
        let mut state = random.state();
        if round == 0 {
            state.vectors[1] = Vector([0xff; 64]);
            state.vectors[2] = Vector([0xff; 64]);
        }
        let (a, b) = (state.vectors[1].lanes(), state.vectors[2].lanes());
        for which in [0x00, 0x01, 0x10, 0x11] {
            let code = Code::EVEX_Vpclmulqdq_zmm_zmm_zmmm512_imm8;
            let wide = after(&four(code, [ZMM0, ZMM1, ZMM2], which), &state).vectors[0].lanes();
            let expected = [0, 1, 2, 3].map(|i| {
                let a = (a[i] >> (64 * (which & 1))) as u64;
                product_by_bits(a, (b[i] >> (64 * (which >> 4))) as u64)
            });
            assert_eq!(wide, expected);
            let code = Code::Pclmulqdq_xmm_xmmm128_imm8;
            let one = Instruction::with3(code, XMM1, XMM2, which).expect("an instruction");
            assert_eq!(after(&one, &state).vectors[1].lanes()[0], expected[0]);
        }
    }
}

/// The products of Gueron and Kounavis, Intel Carry-Less Multiplication Instruction and its Usage
/// for Computing the GCM Mode.
#[test]
fn carry_less_products_of_the_white_paper() {
    let mut state = State::default();
    state.vectors[1] = Vector::of_lanes([0x7b5b_5465_7374_5665_6374_6f72_5d53_475d, 0, 0, 0]);
    state.vectors[2] = Vector::of_lanes([0x4869_2853_6861_7929_5b47_7565_726f_6e5d, 0, 0, 0]);
    let published = [
        (0x00, 0x1d4d_84c8_5c34_40c0_9296_33d5_d36f_0451),
        (0x01, 0x1a2b_f6db_3a30_862f_babf_262d_f4b7_d5c9),
        (0x10, 0x1bd1_7c8d_556a_b5a1_7fa5_40ac_2a28_1315),
        (0x11, 0x1d1e_1f2c_592e_7c45_d66e_e03e_410f_d4ed),
    ];
    for (which, product) in published {
        let code = Code::VEX_Vpclmulqdq_xmm_xmm_xmmm128_imm8;
        let state = after(&four(code, [XMM0, XMM1, XMM2], which), &state);
        assert_eq!(state.vectors[0].lanes()[0], product, "{which:#x}");
    }
}

#[test]
fn a_ternary_table_is_looked_up_bit_by_bit() {
    let state = Random(2).state();
    let [a, b, c] = [0, 1, 2].map(|i| state.vectors[i].lanes());
    for table in 0..256 {
        let code = Code::EVEX_Vpternlogq_zmm_k1z_zmm_zmmm512b64_imm8;
        let result = after(&four(code, [ZMM0, ZMM1, ZMM2], table), &state).vectors[0].lanes();
        for (lane, bit) in (0..4).flat_map(|lane| (0..128).map(move |bit| (lane, bit))) {
            let of = |lanes: [u128; 4]| (lanes[lane] >> bit & 1) as u32;
            let row = of(a) << 2 | of(b) << 1 | of(c);
            assert_eq!(of(result), table >> row & 1, "table {table:#x} bit {bit}");
        }
    }
}

#[test]
fn the_ternary_table_0x96_is_the_sum_of_three() {
    let state = Random(3).state();
    let xor = Code::EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32;
    let two_sums = after(&three(xor, ZMM0, ZMM0, ZMM1), &state);
    let two_sums = after(&three(xor, ZMM0, ZMM0, ZMM2), &two_sums);
    let code = Code::EVEX_Vpternlogd_zmm_k1z_zmm_zmmm512b32_imm8;
    assert_eq!(
        after(&four(code, [ZMM0, ZMM1, ZMM2], 0x96), &state),
        two_sums
    );
}

/// Legacy, VEX of 128 and 256 bits, EVEX of 128, 256 and 512 bits.
const SAME: [[Code; 6]; 6] = [
    [
        Code::Pshufb_xmm_xmmm128,
        Code::VEX_Vpshufb_xmm_xmm_xmmm128,
        Code::VEX_Vpshufb_ymm_ymm_ymmm256,
        Code::EVEX_Vpshufb_xmm_k1z_xmm_xmmm128,
        Code::EVEX_Vpshufb_ymm_k1z_ymm_ymmm256,
        Code::EVEX_Vpshufb_zmm_k1z_zmm_zmmm512,
    ],
    [
        Code::Pxor_xmm_xmmm128,
        Code::VEX_Vpxor_xmm_xmm_xmmm128,
        Code::VEX_Vpxor_ymm_ymm_ymmm256,
        Code::EVEX_Vpxord_xmm_k1z_xmm_xmmm128b32,
        Code::EVEX_Vpxord_ymm_k1z_ymm_ymmm256b32,
        Code::EVEX_Vpxorq_zmm_k1z_zmm_zmmm512b64,
    ],
    [
        Code::Punpcklqdq_xmm_xmmm128,
        Code::VEX_Vpunpcklqdq_xmm_xmm_xmmm128,
        Code::VEX_Vpunpcklqdq_ymm_ymm_ymmm256,
        Code::EVEX_Vpunpcklqdq_xmm_k1z_xmm_xmmm128b64,
        Code::EVEX_Vpunpcklqdq_ymm_k1z_ymm_ymmm256b64,
        Code::EVEX_Vpunpcklqdq_zmm_k1z_zmm_zmmm512b64,
    ],
    [
        Code::Pmaddwd_xmm_xmmm128,
        Code::VEX_Vpmaddwd_xmm_xmm_xmmm128,
        Code::VEX_Vpmaddwd_ymm_ymm_ymmm256,
        Code::EVEX_Vpmaddwd_xmm_k1z_xmm_xmmm128,
        Code::EVEX_Vpmaddwd_ymm_k1z_ymm_ymmm256,
        Code::EVEX_Vpmaddwd_zmm_k1z_zmm_zmmm512,
    ],
    [
        Code::Gf2p8mulb_xmm_xmmm128,
        Code::VEX_Vgf2p8mulb_xmm_xmm_xmmm128,
        Code::VEX_Vgf2p8mulb_ymm_ymm_ymmm256,
        Code::EVEX_Vgf2p8mulb_xmm_k1z_xmm_xmmm128,
        Code::EVEX_Vgf2p8mulb_ymm_k1z_ymm_ymmm256,
        Code::EVEX_Vgf2p8mulb_zmm_k1z_zmm_zmmm512,
    ],
    [
        Code::Packuswb_xmm_xmmm128,
        Code::VEX_Vpackuswb_xmm_xmm_xmmm128,
        Code::VEX_Vpackuswb_ymm_ymm_ymmm256,
        Code::EVEX_Vpackuswb_xmm_k1z_xmm_xmmm128,
        Code::EVEX_Vpackuswb_ymm_k1z_ymm_ymmm256,
        Code::EVEX_Vpackuswb_zmm_k1z_zmm_zmmm512,
    ],
];

#[test]
fn every_encoding_and_width_computes_the_same_lanes() {
    let before = Random(4).state();
    for codes in SAME {
        let [legacy, x, y, ex, ey, ez] = codes;
        let legacy = after(&two(legacy, XMM1, XMM2), &before).vectors[1].lanes();
        let old = before.vectors[1].lanes();
        assert_eq!(legacy[1..], old[1..], "legacy code keeps the upper bits");
        let wide = after(&three(ez, ZMM1, ZMM1, ZMM2), &before).vectors[1].lanes();
        assert_eq!(wide[0], legacy[0], "{ez:?}");
        for (code, [a, b], lanes) in [
            (x, [XMM1, XMM2], 1),
            (y, [YMM1, YMM2], 2),
            (ex, [XMM1, XMM2], 1),
            (ey, [YMM1, YMM2], 2),
        ] {
            let result = after(&three(code, a, a, b), &before).vectors[1].lanes();
            assert_eq!(result[..lanes], wide[..lanes], "{code:?}");
            assert!(result[lanes..].iter().all(|lane| *lane == 0), "{code:?}");
        }
    }
}

#[test]
fn elements_that_are_not_enabled_are_kept_or_cleared() {
    let before = Random(5).state();
    let add = three(Code::EVEX_Vpaddd_zmm_k1z_zmm_zmmm512b32, ZMM1, ZMM2, ZMM3);
    let whole = after(&add, &before).vectors[1].0;
    let merged = after(&under(add, K4, false), &before).vectors[1].0;
    let zeroed = after(&under(add, K4, true), &before).vectors[1].0;
    assert_ne!(before.masks[4] & 0xffff, 0xffff);
    for i in 0..16 {
        let element = 4 * i..4 * i + 4;
        let is_enabled = before.masks[4] >> i & 1 == 1;
        let old = &before.vectors[1].0[element.clone()];
        let new = &whole[element.clone()];
        assert_eq!(&merged[element.clone()], if is_enabled { new } else { old });
        assert_eq!(&zeroed[element], if is_enabled { new } else { &[0; 4] });
    }
}

fn load_bytes(address: u64, mask: Register) -> Instruction {
    let memory = MemoryOperand::with_displ(address, 8);
    let code = Code::EVEX_Vmovdqu8_zmm_k1z_zmmm512;
    let load = Instruction::with2(code, ZMM1, memory).expect("a load");
    under(load, mask, true)
}

fn store_bytes(address: u64, mask: Register) -> Instruction {
    let memory = MemoryOperand::with_displ(address, 8);
    let code = Code::EVEX_Vmovdqu8_zmmm512_k1z_zmm;
    let store = Instruction::with2(code, memory, ZMM1).expect("a store");
    under(store, mask, false)
}

#[test]
fn masked_accesses_end_at_the_last_enabled_byte() {
    let mut memory = memory();
    for len in 0..63 {
        let mut state = Random(6).state();
        state.masks[1] = (1 << len) - 1;
        state.masks[2] = (1 << (len + 1)) - 1;
        let start = PAGE_END - len;
        execute(&load_bytes(start, K1), &mut state, &mut memory).expect("all bytes are there");
        let len = len as usize;
        let there: [u8; 64] = bytes_at(&mut memory, PAGE_END - 64);
        assert_eq!(state.vectors[1].0[..len], there[64 - len..]);
        assert!(state.vectors[1].0[len..].iter().all(|byte| *byte == 0));

        let before = state.clone();
        let fault = execute(&load_bytes(start, K2), &mut state, &mut memory);
        let access = AccessKind::Read;
        let address = PAGE_END;
        assert_eq!(fault, Err(Fault::Page { address, access }));
        assert_eq!(state, before);
    }
}

#[test]
fn masked_stores_write_the_enabled_bytes_or_none() {
    let mut memory = memory();
    let mut state = Random(7).state();
    state.masks[1] = 0x0f0f;
    let start = PAGE_END - 12;
    let old: [u8; 12] = bytes_at(&mut memory, start);
    execute(&store_bytes(start, K1), &mut state, &mut memory).expect("all bytes are there");
    let new: [u8; 12] = bytes_at(&mut memory, start);
    assert_eq!(new[..4], state.vectors[1].0[..4]);
    assert_eq!(new[4..8], old[4..8]);
    assert_eq!(new[8..], state.vectors[1].0[8..12]);

    state.masks[1] = 0x1f0f;
    state.vectors[1] = Vector([0x55; 64]);
    let fault = execute(&store_bytes(start, K1), &mut state, &mut memory);
    let access = AccessKind::Write;
    let address = PAGE_END;
    assert_eq!(fault, Err(Fault::Page { address, access }));
    assert_eq!(bytes_at::<12>(&mut memory, start), new);
}

#[test]
fn a_broadcast_operand_is_one_element() {
    let mut state = Random(8).state();
    let operand = MemoryOperand::with_base_displ_bcst_seg(RSI, 0, true, Register::None);
    state.general[State::RSI] = PAGE_END - 4;
    let code = Code::EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32;
    let xor = Instruction::with3(code, ZMM1, ZMM2, operand).expect("an instruction");
    let mut memory = memory();
    let element: [u8; 4] = bytes_at(&mut memory, PAGE_END - 4);
    execute(&xor, &mut state, &mut memory).expect("the element is there");
    for i in 0..64 {
        assert_eq!(
            state.vectors[1].0[i],
            state.vectors[2].0[i] ^ element[i % 4]
        );
    }
}

#[test]
fn operands_are_aligned_where_the_architecture_demands_it() {
    let demands = [
        (Code::Movdqa_xmm_xmmm128, 16),
        (Code::Movaps_xmm_xmmm128, 16),
        (Code::Pxor_xmm_xmmm128, 16),
        (Code::Movdqu_xmm_xmmm128, 1),
        (Code::Pmovzxbw_xmm_xmmm64, 1),
        (Code::VEX_Vmovdqa_xmm_xmmm128, 16),
        (Code::VEX_Vmovdqa_ymm_ymmm256, 32),
        (Code::VEX_Vmovdqu_ymm_ymmm256, 1),
        (Code::EVEX_Vmovdqa64_zmm_k1z_zmmm512, 64),
        (Code::EVEX_Vmovdqu64_zmm_k1z_zmmm512, 1),
    ];
    for (code, demanded) in demands {
        for offset in [0, 1, 16, 32, 4095] {
            let register = [XMM1, YMM1, ZMM1][match code {
                Code::VEX_Vmovdqa_ymm_ymmm256 | Code::VEX_Vmovdqu_ymm_ymmm256 => 1,
                Code::EVEX_Vmovdqa64_zmm_k1z_zmmm512 | Code::EVEX_Vmovdqu64_zmm_k1z_zmmm512 => 2,
                _ => 0,
            }];
            let operand = MemoryOperand::with_displ(PAGE + offset, 8);
            let load = Instruction::with2(code, register, operand).expect("a load");
            let result = execute(&load, &mut State::default(), &mut memory());
            if offset % demanded != 0 {
                let is_misaligned = matches!(result, Err(Fault::Misaligned { .. }));
                assert!(is_misaligned, "{code:?} at {offset}: {result:?}");
            } else if offset == 4095 {
                assert!(matches!(result, Err(Fault::Page { .. })), "{code:?}");
            } else {
                assert_eq!(result, Ok(()), "{code:?} at {offset}");
            }
        }
    }
}

/// FIPS 197, 4.2 and 5.1.1: {57} {83} = {c1}, and the S-box as an affine map of inverses.
#[test]
fn bytes_are_multiplied_and_mapped_as_in_aes() {
    let mut state = State::default();
    state.vectors[1].0[..4].copy_from_slice(&[0x57, 0x57, 0x53, 0x00]);
    state.vectors[2].0[..2].copy_from_slice(&[0x83, 0x13]);
    state.vectors[3] = Vector::of_lanes([0xf1e3_c78f_1f3e_7cf8; 4]);
    let product = after(&two(Code::Gf2p8mulb_xmm_xmmm128, XMM1, XMM2), &state);
    assert_eq!(product.vectors[1].0[..2], [0xc1, 0xfe]);
    let code = Code::VEX_Vgf2p8affineinvqb_xmm_xmm_xmmm128_imm8;
    let mapped = after(&four(code, [XMM0, XMM1, XMM3], 0x63), &state);
    assert_eq!(mapped.vectors[0].0[..4], [0x5b, 0x5b, 0xed, 0x63]);
}

#[test]
fn an_affine_map_by_the_unit_matrix_changes_nothing() {
    let mut state = Random(9).state();
    let unit = 0x0102_0408_1020_4080_0102_0408_1020_4080;
    state.vectors[2] = Vector::of_lanes([unit; 4]);
    let code = Code::EVEX_Vgf2p8affineqb_zmm_k1z_zmm_zmmm512b64_imm8;
    let mapped = after(&four(code, [ZMM0, ZMM1, ZMM2], 0), &state);
    assert_eq!(mapped.vectors[0], state.vectors[1]);
}

#[test]
fn masks_become_vectors_and_masks_again() {
    let before = Random(10).state();
    let state = after(&two(Code::EVEX_Vpmovm2b_zmm_kr, ZMM5, K3), &before);
    let state = after(&two(Code::EVEX_Vpmovb2m_kr_zmm, K6, ZMM5), &state);
    assert_eq!(state.masks[6], before.masks[3]);
    let state = after(&two(Code::EVEX_Vpmovm2q_zmm_kr, ZMM5, K3), &before);
    let state = after(&two(Code::EVEX_Vpmovq2m_kr_zmm, K6, ZMM5), &state);
    assert_eq!(state.masks[6], before.masks[3] & 0xff);
}

#[test]
fn what_is_compressed_expands_to_the_enabled_elements() {
    let before = Random(11).state();
    let compress = two(Code::EVEX_Vpcompressd_zmmm512_k1z_zmm, ZMM5, ZMM6);
    let expand = two(Code::EVEX_Vpexpandd_zmm_k1z_zmmm512, ZMM7, ZMM5);
    let copy = two(Code::EVEX_Vmovdqu32_zmm_k1z_zmmm512, ZMM8, ZMM6);
    let state = after(&under(compress, K3, true), &before);
    let state = after(&under(expand, K3, true), &state);
    let state = after(&under(copy, K3, true), &state);
    assert_eq!(state.vectors[7], state.vectors[8]);
}

#[test]
fn both_permutations_of_two_tables_agree() {
    let before = Random(12).state();
    let by_index = Code::EVEX_Vpermi2b_zmm_k1z_zmm_zmmm512;
    let by_table = Code::EVEX_Vpermt2b_zmm_k1z_zmm_zmmm512;
    let one = after(&three(by_index, ZMM1, ZMM2, ZMM3), &before);
    let other = after(&three(by_table, ZMM2, ZMM1, ZMM3), &before);
    assert_eq!(one.vectors[1], other.vectors[2]);
    for i in 0..64 {
        let index = usize::from(before.vectors[1].0[i]) % 128;
        let table = before.vectors[2 + index / 64].0;
        assert_eq!(one.vectors[1].0[i], table[index % 64]);
    }
}

#[test]
fn upper_parts_are_cleared_in_the_lower_sixteen_vectors() {
    let before = Random(13).state();
    let state = after(&Instruction::with(Code::VEX_Vzeroupper), &before);
    for (i, (new, old)) in state.vectors.iter().zip(&before.vectors).enumerate() {
        assert_eq!(new.lanes()[0], old.lanes()[0]);
        let is_cleared = new.lanes()[1..] == [0; 3];
        assert_eq!(is_cleared, i < 16);
        assert_eq!(new == old, i >= 16);
    }
}

#[test]
fn mask_tests_set_the_zero_and_the_carry_flag() {
    let test = two(Code::VEX_Kortestw_kr_kr, K1, K2);
    for (a, b, is_zero, is_carry) in [
        (0x1_0000, 0, true, false),
        (0xff00, 0x00ff, false, true),
        (1, 0, false, false),
    ] {
        let mut state = State::default();
        state.masks[1] = a;
        state.masks[2] = b;
        let state = after(&test, &state);
        assert_eq!(state.has(Flag::Zero), is_zero, "{a:#x} {b:#x}");
        assert_eq!(state.has(Flag::Carry), is_carry, "{a:#x} {b:#x}");
    }
}

#[test]
fn forms_that_are_not_written_down_are_not_known() {
    for code in [
        Code::Pxor_mm_mmm64,
        Code::Addps_xmm_xmmm128,
        Code::Aesenc_xmm_xmmm128,
    ] {
        let [a, b] = if code == Code::Pxor_mm_mmm64 {
            [MM0, MM1]
        } else {
            [XMM0, XMM1]
        };
        assert!(Software.prepare(&two(code, a, b)).is_none(), "{code:?}");
    }
}

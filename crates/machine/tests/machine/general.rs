//! Instructions on general registers, by what the manuals publish of them.

use crcheck_machine::software::Software;
use crcheck_machine::{AccessKind, Executor, Fault, Flag, Memory, Protection, State};
use iced_x86::{Decoder, DecoderOptions, Instruction};

const AT: u64 = 0x10_0000;
const READ_ONLY: u64 = AT + 4096;

/// A page that can be written, then one that cannot.
fn memory() -> Memory {
    let mut memory = Memory::of_this_process().unwrap();
    let read_only = Protection {
        can_read: true,
        ..Protection::default()
    };
    let writable = Protection {
        can_write: true,
        ..read_only
    };
    memory.map(AT..READ_ONLY, writable, &[]);
    memory.map(READ_ONLY..READ_ONLY + 4096, read_only, &[]);
    memory
}

fn decode(code: &[u8]) -> Instruction {
    let instruction = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).decode();
    assert_eq!(instruction.len(), code.len(), "{code:x?}");
    instruction
}

fn execute(code: &[u8], state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
    let prepared = Software.prepare(&decode(code));
    let prepared = prepared.unwrap_or_else(|| panic!("{} is not known", decode(code)));
    Software.execute(&prepared, state, memory)
}

/// The state after an instruction, with these values of rax, rcx, rdx, rbx before.
fn after(code: &[u8], registers: [u64; 4], flags: u64) -> State {
    let mut state = State::default();
    state.general[..4].copy_from_slice(&registers);
    state.flags |= flags;
    execute(code, &mut state, &mut memory()).unwrap();
    state
}

const CARRY: u64 = Flag::Carry.mask();
const PARITY: u64 = Flag::Parity.mask();
const ADJUST: u64 = Flag::Adjust.mask();
const ZERO: u64 = Flag::Zero.mask();
const SIGN: u64 = Flag::Sign.mask();
const OVERFLOW: u64 = Flag::Overflow.mask();

/// An instruction, rax and rcx before, the flags before; rax after, the flags after.
type Case = (&'static [u8], [u64; 2], u64, u64, u64);

/// `unstated`: flags that are undefined.
fn assert_cases(cases: &[Case], unstated: u64) {
    for (code, [rax, rcx], before, value, flags) in cases {
        let state = after(code, [*rax, *rcx, 0, 0], *before);
        let name = decode(code);
        assert_eq!(
            state.general[State::RAX],
            *value,
            "{name} {rax:#x} {rcx:#x}"
        );
        let stated = Flag::ARITHMETIC & !unstated;
        assert_eq!(
            state.flags & stated,
            *flags,
            "flags after {name} {rax:#x} {rcx:#x}"
        );
    }
}

const UPPER: u64 = 0xdead_beef_0000_0000;

#[test]
fn sums_and_differences_set_all_flags() {
    assert_cases(
        &[
            // add al, cl
            (
                &[0x00, 0xc8],
                [0xff, 1],
                0,
                0,
                CARRY | ADJUST | ZERO | PARITY,
            ),
            (&[0x00, 0xc8], [0x7f, 1], 0, 0x80, ADJUST | SIGN | OVERFLOW),
            // adc eax, ecx: the carry alone can carry on
            (
                &[0x11, 0xc8],
                [UPPER | 0xffff_ffff, 0],
                CARRY,
                0,
                CARRY | ADJUST | ZERO | PARITY,
            ),
            (
                &[0x11, 0xc8],
                [5, 0xffff_ffff],
                CARRY,
                5,
                CARRY | ADJUST | PARITY,
            ),
            // sbb rax, rcx; sbb eax, eax
            (
                &[0x48, 0x19, 0xc8],
                [0, u64::MAX],
                CARRY,
                0,
                CARRY | ADJUST | ZERO | PARITY,
            ),
            (
                &[0x19, 0xc0],
                [7, 0],
                CARRY,
                0xffff_ffff,
                CARRY | ADJUST | SIGN | PARITY,
            ),
            // cmp ax, cx
            (
                &[0x66, 0x39, 0xc8],
                [0x8000, 1],
                0,
                0x8000,
                ADJUST | OVERFLOW | PARITY,
            ),
        ],
        0,
    );
}

#[test]
fn changes_by_one_and_additions_by_one_flag_keep_the_others() {
    assert_cases(
        &[
            // neg eax
            (&[0xf7, 0xd8], [UPPER, 0], CARRY, 0, ZERO | PARITY),
            (
                &[0xf7, 0xd8],
                [0x8000_0000, 0],
                0,
                0x8000_0000,
                CARRY | SIGN | OVERFLOW | PARITY,
            ),
            // inc al, dec al: the carry stays
            (
                &[0xfe, 0xc0],
                [0xff, 0],
                CARRY,
                0,
                CARRY | ADJUST | ZERO | PARITY,
            ),
            (&[0xfe, 0xc8], [0, 0], 0, 0xff, ADJUST | SIGN | PARITY),
            // adcx rax, rcx; adox rax, rcx: one flag alone
            (
                &[0x66, 0x48, 0x0f, 0x38, 0xf6, 0xc1],
                [u64::MAX, 1],
                SIGN,
                0,
                SIGN | CARRY,
            ),
            (
                &[0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xc1],
                [u64::MAX, 0],
                OVERFLOW,
                0,
                OVERFLOW,
            ),
        ],
        0,
    );
}

#[test]
fn a_shift_by_nothing_keeps_every_flag() {
    let all = Flag::ARITHMETIC;
    for flags in [0, all] {
        assert_cases(
            &[
                // shl, shr, sar, rol, rcr eax, cl; shld, shrd eax, edx, cl: 32 counts as 0
                (&[0xd3, 0xe0], [UPPER | 1, 32], flags, 1, flags),
                (&[0xd3, 0xe8], [1, 0], flags, 1, flags),
                (&[0xd3, 0xf8], [1, 0], flags, 1, flags),
                (&[0xd3, 0xc0], [1, 32], flags, 1, flags),
                (&[0xd3, 0xd8], [1, 32], flags, 1, flags),
                (&[0x0f, 0xa5, 0xd0], [1, 32], flags, 1, flags),
                (&[0x0f, 0xad, 0xd0], [1, 0], flags, 1, flags),
            ],
            0,
        );
    }
}

#[test]
fn shifts_carry_out_the_last_bit() {
    let shl: &[u8] = &[0xd2, 0xe0];
    let sar: &[u8] = &[0x48, 0xd3, 0xf8];
    assert_cases(
        &[
            (shl, [0xc0, 1], 0, 0x80, CARRY | SIGN),
            (shl, [0x40, 1], 0, 0x80, SIGN | OVERFLOW),
            (shl, [0x03, 7], 0, 0x80, CARRY | SIGN),
            // shr al, 1: overflow is the old sign
            (&[0xd0, 0xe8], [0x81, 0], 0, 0x40, CARRY | OVERFLOW),
            (sar, [1 << 63, 63], 0, u64::MAX, SIGN | PARITY),
            (sar, [3, 1], 0, 1, CARRY),
        ],
        ADJUST,
    );
    // shld, shrd eax, ecx, 1
    assert_cases(
        &[
            (
                &[0x0f, 0xa4, 0xc8, 1],
                [0x4000_0000, 1 << 31],
                0,
                0x8000_0001,
                SIGN | OVERFLOW,
            ),
            (
                &[0x0f, 0xac, 0xc8, 1],
                [1, 1],
                0,
                1 << 31,
                CARRY | SIGN | OVERFLOW | PARITY,
            ),
        ],
        ADJUST,
    );
}

#[test]
fn rotations_touch_carry_and_overflow_alone() {
    let kept = ZERO | ADJUST;
    assert_cases(
        &[
            // rol al, 1; ror al, 1
            (&[0xd0, 0xc0], [0x81, 0], kept, 3, kept | CARRY | OVERFLOW),
            (
                &[0xd0, 0xc8],
                [0x01, 0],
                kept,
                0x80,
                kept | CARRY | OVERFLOW,
            ),
            // rcl al, 1; rcr rax, 1
            (&[0xd0, 0xd0], [0x80, 0], kept, 0, kept | CARRY | OVERFLOW),
            (&[0x48, 0xd1, 0xd8], [1, 0], kept, 0, kept | CARRY),
        ],
        0,
    );
    assert_cases(
        &[
            // rcl al, cl: nine bits turn, so 9 is no turn
            (&[0xd2, 0xd0], [0x5a, 9], CARRY, 0x5a, CARRY),
            (&[0xd2, 0xd0], [0x5a, 8], 0, 0x2d, 0),
            // rcl eax, cl
            (&[0xd3, 0xd0], [0x8000_0001, 31], CARRY, 0xe000_0000, 0),
        ],
        OVERFLOW,
    );
}

#[test]
fn results_of_32_bits_clear_the_upper_half_and_narrower_ones_keep_the_rest() {
    let full = 0x1122_3344_5566_7788;
    assert_cases(
        &[
            // mov eax, ecx; mov ax, cx; mov al, cl; mov ah, cl; mov al, ah
            (&[0x89, 0xc8], [full, 1], 0, 1, 0),
            (&[0x66, 0x89, 0xc8], [full, 1], 0, 0x1122_3344_5566_0001, 0),
            (&[0x88, 0xc8], [full, 1], 0, 0x1122_3344_5566_7701, 0),
            (&[0x88, 0xcc], [full, 1], 0, 0x1122_3344_5566_0188, 0),
            (&[0x88, 0xe0], [full, 1], 0, 0x1122_3344_5566_7777, 0),
            // cmovz eax, ecx without the condition
            (&[0x0f, 0x44, 0xc1], [full, 1], 0, 0x5566_7788, 0),
            // movsx rax, ch; cdqe; cbw
            (&[0x0f, 0xbe, 0xc5], [full, 0x8000], 0, 0xffff_ff80, 0),
            (&[0x48, 0x98], [0x8000_0000, 0], 0, 0xffff_ffff_8000_0000, 0),
            (&[0x66, 0x98], [full, 0], 0, 0x1122_3344_5566_ff88, 0),
            // bswap eax
            (&[0x0f, 0xc8], [full, 0], 0, 0x8877_6655, 0),
        ],
        0,
    );
}

#[test]
fn every_condition_is_the_opposite_of_the_one_before() {
    for flags in (0..1 << 12).filter(|flags| flags & !Flag::ARITHMETIC == 0) {
        let holds = |number: u8| after(&[0x0f, 0x90 + number, 0xc0], [0; 4], flags).general[0] == 1;
        for number in (0..16).step_by(2) {
            assert_ne!(holds(number), holds(number + 1), "{number} {flags:#x}");
        }
        let has = |flag: u64| flags & flag != 0;
        assert_eq!(holds(6), has(CARRY) || has(ZERO), "be {flags:#x}");
        assert_eq!(holds(12), has(SIGN) != has(OVERFLOW), "l {flags:#x}");
        assert_eq!(
            holds(14),
            has(ZERO) || has(SIGN) != has(OVERFLOW),
            "le {flags:#x}"
        );
    }
}

#[test]
fn products_and_quotients_use_both_accumulators() {
    // mul rcx
    let state = after(&[0x48, 0xf7, 0xe1], [u64::MAX, u64::MAX, 0, 0], 0);
    assert_eq!(state.general[..3], [1, u64::MAX, u64::MAX - 1]);
    assert!(state.has(Flag::Carry) && state.has(Flag::Overflow));
    // imul cl
    let state = after(&[0xf6, 0xe9], [0xff, 0xff, 0, 0], CARRY | OVERFLOW);
    assert_eq!(state.general[0], 1);
    assert!(!state.has(Flag::Carry) && !state.has(Flag::Overflow));
    // imul eax, ecx, -3
    let state = after(&[0x6b, 0xc1, 0xfd], [0, 1 << 30, 0, 0], 0);
    assert_eq!(state.general[0], 0x4000_0000);
    assert!(state.has(Flag::Carry));
    // idiv ecx of -7 by 2: the quotient is cut towards zero
    let state = after(&[0xf7, 0xf9], [0xffff_fff9, 2, 0xffff_ffff, 0], 0);
    assert_eq!(state.general[..3], [0xffff_fffd, 2, 0xffff_ffff]);
    // mulx rbx, rax, rcx
    let state = after(&[0xc4, 0xe2, 0xfb, 0xf6, 0xd9], [0, 1 << 63, 6, 0], 0);
    assert_eq!((state.general[0], state.general[3]), (0, 3));
}

#[test]
fn a_quotient_that_does_not_fit_changes_nothing() {
    let too_much: [(&[u8], [u64; 3]); 5] = [
        (&[0x48, 0xf7, 0xf1], [1, 0, 0]),
        (&[0x48, 0xf7, 0xf1], [0, 5, 5]),
        (&[0xf6, 0xf1], [0x100, 1, 0]),
        (&[0x48, 0xf7, 0xf9], [1 << 63, u64::MAX, u64::MAX]),
        (&[0xf6, 0xf9], [0x80, 1, 0]),
    ];
    for (code, [rax, rcx, rdx]) in too_much {
        let mut state = State::default();
        state.general[..3].copy_from_slice(&[rax, rcx, rdx]);
        let before = state.clone();
        let result = execute(code, &mut state, &mut memory());
        assert_eq!(result, Err(Fault::Divide), "{}", decode(code));
        assert_eq!(state, before);
    }
}

#[test]
fn the_crc32_instruction_computes_crc_32c() {
    let mut memory = memory();
    memory.write(AT, b"123456789").unwrap();
    // crc32 eax, byte [rbx]; ax, eax and rax likewise
    let widths: [(&[u8], u64); 4] = [
        (&[0xf2, 0x0f, 0x38, 0xf0, 0x03], 1),
        (&[0x66, 0xf2, 0x0f, 0x38, 0xf1, 0x03], 2),
        (&[0xf2, 0x0f, 0x38, 0xf1, 0x03], 4),
        (&[0xf2, 0x48, 0x0f, 0x38, 0xf1, 0x03], 8),
    ];
    for (code, width) in widths {
        let mut state = State::default();
        state.general[State::RAX] = UPPER | 0xffff_ffff;
        state.general[State::RBX] = AT;
        while state.general[State::RBX] < AT + 8 {
            execute(code, &mut state, &mut memory).unwrap();
            state.general[State::RBX] += width;
        }
        execute(widths[0].0, &mut state, &mut memory).unwrap();
        // The check value of CRC-32/ISCSI, RFC 3720.
        assert_eq!(
            state.general[State::RAX],
            0xe306_9283 ^ 0xffff_ffff,
            "{width}"
        );
    }
}

#[test]
fn bits_are_found_counted_and_moved() {
    assert_cases(
        &[
            // popcnt, lzcnt, tzcnt eax, ecx
            (
                &[0xf3, 0x0f, 0xb8, 0xc1],
                [0, UPPER | 0xf0f0],
                CARRY | SIGN,
                8,
                0,
            ),
            (&[0xf3, 0x0f, 0xbd, 0xc1], [0, 0], 0, 32, CARRY),
            (&[0xf3, 0x0f, 0xbc, 0xc1], [9, 1], CARRY, 0, ZERO),
            // bsf eax, ecx: a source of zero leaves all
            (&[0x0f, 0xbc, 0xc1], [UPPER | 9, 0], 0, UPPER | 9, ZERO),
            // bsr ax, cx
            (&[0x66, 0x0f, 0xbd, 0xc1], [0, 0x8001], ZERO, 15, 0),
            // pdep, pext rax, rax, rcx
            (&[0xc4, 0xe2, 0xfb, 0xf5, 0xc1], [0b101, 0xf0f0], 0, 0x50, 0),
            (
                &[0xc4, 0xe2, 0xfa, 0xf5, 0xc1],
                [0x1230, 0xf0f0],
                0,
                0x13,
                0,
            ),
            // bzhi, bextr eax, eax, ecx
            (&[0xc4, 0xe2, 0x70, 0xf5, 0xc0], [0xff, 3], 0, 7, 0),
            (&[0xc4, 0xe2, 0x70, 0xf5, 0xc0], [0x7f, 32], 0, 0x7f, CARRY),
            (
                &[0xc4, 0xe2, 0x70, 0xf7, 0xc0],
                [0x1234, 0x0804],
                0,
                0x23,
                0,
            ),
            // andn eax, eax, ecx; rorx rax, rcx, 4
            (
                &[0xc4, 0xe2, 0x78, 0xf2, 0xc1],
                [0xf0, 0xff],
                CARRY,
                0x0f,
                0,
            ),
            (
                &[0xc4, 0xe3, 0xfb, 0xf0, 0xc1, 4],
                [0, 0x12],
                0,
                0x2000_0000_0000_0001,
                0,
            ),
        ],
        PARITY | ADJUST,
    );
}

#[test]
fn a_bit_offset_reaches_before_and_behind_its_operand() {
    for (offset, byte, bit) in [(0_i64, 8, 0), (-1, 7, 7), (100, 20, 4), (-64, 0, 0)] {
        let mut memory = memory();
        let mut state = State::default();
        state.general[State::RBX] = AT + 8;
        state.general[State::RCX] = offset as u64;
        // bts qword [rbx], rcx
        execute(&[0x48, 0x0f, 0xab, 0x0b], &mut state, &mut memory).unwrap();
        assert!(!state.has(Flag::Carry));
        assert_eq!(memory.read_array(AT + byte), Ok([1 << bit]), "{offset}");
        // bt qword [rbx], rcx
        execute(&[0x48, 0x0f, 0xa3, 0x0b], &mut state, &mut memory).unwrap();
        assert!(state.has(Flag::Carry), "{offset}");
    }
}

#[test]
fn exchanges_compare_and_swap() {
    // xadd eax, eax: the sum wins
    assert_eq!(after(&[0x0f, 0xc1, 0xc0], [3, 0, 0, 0], 0).general[0], 6);
    // xchg al, ah
    assert_eq!(
        after(&[0x86, 0xe0], [0x1234, 0, 0, 0], 0).general[0],
        0x3412
    );
    // cmpxchg edx, ecx
    let equal = after(&[0x0f, 0xb1, 0xca], [5, 9, 5, 0], 0);
    assert_eq!((equal.general[2], equal.has(Flag::Zero)), (9, true));
    let different = after(&[0x0f, 0xb1, 0xca], [UPPER | 5, 9, 6, 0], 0);
    assert_eq!(different.general[..3], [6, 9, 6]);
    assert!(!different.has(Flag::Zero));
}

#[test]
fn a_pair_is_compared_whole_and_must_be_aligned() {
    // lock cmpxchg16b [rsi]
    let code = &[0xf0, 0x48, 0x0f, 0xc7, 0x0e];
    let mut memory = memory();
    let mut state = State::default();
    state.general[..7].copy_from_slice(&[0, 7, 0, 8, 0, 0, AT]);
    execute(code, &mut state, &mut memory).unwrap();
    assert!(state.has(Flag::Zero));
    execute(code, &mut state, &mut memory).unwrap();
    assert!(!state.has(Flag::Zero));
    assert_eq!(state.general[..3], [8, 7, 7]);
    state.general[State::RSI] += 8;
    let misaligned = execute(code, &mut state, &mut memory);
    assert!(matches!(
        misaligned,
        Err(Fault::Misaligned { alignment: 16, .. })
    ));
}

#[test]
fn a_refused_write_changes_nothing() {
    // add [rbx], ecx; not, shl, bts, xchg, xadd, cmpxchg, cmpxchg8b, mov, setz likewise
    let codes: [&[u8]; 10] = [
        &[0x01, 0x0b],
        &[0xf7, 0x13],
        &[0xd1, 0x23],
        &[0x0f, 0xab, 0x0b],
        &[0x87, 0x0b],
        &[0x0f, 0xc1, 0x0b],
        &[0x0f, 0xb1, 0x0b],
        &[0x0f, 0xc7, 0x0b],
        &[0x89, 0x0b],
        &[0x0f, 0x94, 0x03],
    ];
    for code in codes {
        let mut state = State::default();
        state.general[..4].copy_from_slice(&[1, 2, 3, READ_ONLY]);
        let before = state.clone();
        let fault = Fault::Page {
            address: READ_ONLY,
            access: AccessKind::Write,
        };
        let result = execute(code, &mut state, &mut memory());
        assert_eq!(result, Err(fault), "{}", decode(code));
        assert_eq!(state, before, "{}", decode(code));
    }
}

#[test]
fn flags_travel_through_ah() {
    // sahf, then lahf
    let state = after(&[0x9e], [0xff00, 0, 0, 0], OVERFLOW);
    assert_eq!(state.flags & Flag::ARITHMETIC, Flag::ARITHMETIC);
    let state = after(&[0x9f], [0, 0, 0, 0], CARRY | SIGN | OVERFLOW);
    assert_eq!(state.general[0], 0x8300);
    // cmc, std
    assert!(!after(&[0xf5], [0; 4], CARRY).has(Flag::Carry));
    assert!(after(&[0xfd], [0; 4], 0).has(Flag::Direction));
}

#[test]
fn an_unknown_form_is_not_guessed() {
    // mov eax, ds; mov rax, cr0; bswap ax; rdtsc
    let codes: [&[u8]; 4] = [
        &[0x8c, 0xd8],
        &[0x0f, 0x20, 0xc0],
        &[0x66, 0x0f, 0xc8],
        &[0x0f, 0x31],
    ];
    for code in codes {
        assert!(
            Software.prepare(&decode(code)).is_none(),
            "{}",
            decode(code)
        );
    }
}

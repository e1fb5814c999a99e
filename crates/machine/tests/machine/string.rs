//! String instructions, once and repeated, up and down.

use crate::bench::{CODE, DATA, DATA_BYTES, call_of, machine, run};
use crcheck_machine::{AccessKind, Fault, Machine, State, Stopped};

const DOWN: u64 = 1 << 10;
const ZERO: u64 = 1 << 6;
const END: u64 = DATA + DATA_BYTES;

/// A machine for `instruction`, with numbers in its data.
fn numbered(instruction: &[u8]) -> Machine {
    // push r8; popfq; push r9; pop rax; the instruction; ret
    let code = [&[0x41, 0x50, 0x9d, 0x41, 0x51, 0x58], instruction, &[0xc3]].concat();
    let mut machine = machine(&code);
    let numbers: Vec<u8> = (0..DATA_BYTES).map(|i| (i % 251) as u8).collect();
    machine.memory().write(DATA, &numbers).expect("the data");
    machine
}

/// rdi, rsi, rcx, the flags and rax.
struct Before {
    to: u64,
    from: u64,
    count: u64,
    flags: u64,
    value: u64,
}

/// Calls it; returns the state, or that before the fault.
fn call(machine: &mut Machine, before: &Before) -> Result<Box<State>, Box<Stopped>> {
    let Before {
        to,
        from,
        count,
        flags,
        value,
    } = *before;
    let call = call_of(CODE, [to, from, 0, count, flags, value]);
    machine.call(&call).map(|returned| returned.state)
}

fn pointers(state: &State) -> [u64; 3] {
    [State::RDI, State::RSI, State::RCX].map(|register| state.general[register])
}

#[test]
fn elements_of_every_size_move_up_and_down() {
    for (len, opcode) in [
        (1, &[0xa4][..]),
        (2, &[0x66, 0xa5]),
        (4, &[0xa5]),
        (8, &[0x48, 0xa5]),
    ] {
        for (flags, sign) in [(0, 1), (DOWN, -1i64)] {
            let (to, from) = (DATA + 0x1004, DATA + 0x17);
            let mut machine = numbered(&[&[0xf3], opcode].concat());
            let before = Before {
                to,
                from,
                count: 3,
                flags,
                value: 0,
            };
            let state = call(&mut machine, &before).expect("a return");
            let moved = (3 * len * sign).cast_unsigned();
            let expected = [to.wrapping_add(moved), from.wrapping_add(moved), 0];
            assert_eq!(pointers(&state), expected);
            let lowest = if sign == 1 {
                0
            } else {
                2 * len.cast_unsigned()
            };
            let mut bytes = vec![0; 3 * len as usize];
            machine
                .memory()
                .read(to - lowest, &mut bytes)
                .expect("data");
            let first = 0x17 - lowest;
            let expected = (first..).map(|i| (i % 251) as u8).take(bytes.len());
            assert!(bytes.iter().copied().eq(expected), "{len} {sign}");
        }
    }
}

#[test]
fn an_overlapping_move_repeats_its_beginning() {
    let mut machine = numbered(&[0xf3, 0xa4]);
    let before = Before {
        to: DATA + 2,
        from: DATA,
        count: 6,
        flags: 0,
        value: 0,
    };
    call(&mut machine, &before).expect("a return");
    assert_eq!(
        machine.memory().read_array(DATA),
        Ok([0, 1, 0, 1, 0, 1, 0, 1])
    );
}

#[test]
fn a_count_of_zero_does_nothing_and_an_unrepeated_one_does_not_count() {
    let mut before = Before {
        to: 0,
        from: 0,
        count: 0,
        flags: 0,
        value: 0,
    };
    for opcode in [0xa4, 0xaa, 0xac, 0xae, 0xa6] {
        let state = call(&mut numbered(&[0xf3, opcode]), &before).expect("a return");
        assert_eq!(pointers(&state), [0; 3]);
    }
    (before.to, before.from, before.count) = (DATA, DATA + 8, 5);
    let state = call(&mut numbered(&[0xa4]), &before).expect("a return");
    assert_eq!(pointers(&state), [DATA + 1, DATA + 9, 5]);
}

#[test]
fn stores_and_loads_use_the_accumulator() {
    let mut before = Before {
        to: DATA,
        from: DATA + 100,
        count: 2,
        flags: 0,
        value: 0x8877_6655_4433_2211,
    };
    let mut machine = numbered(&[0xf3, 0x66, 0xab]);
    let state = call(&mut machine, &before).expect("a return");
    assert_eq!(pointers(&state), [DATA + 4, DATA + 100, 0]);
    assert_eq!(
        machine.memory().read_array(DATA),
        Ok([0x11, 0x22, 0x11, 0x22, 4])
    );
    for (opcode, expected) in [
        (&[0xac][..], 0x8877_6655_4433_2264),
        (&[0x66, 0xad], 0x8877_6655_4433_6564),
        (&[0xad], 0x6766_6564),
        (&[0x48, 0xad], 0x6b6a_6968_6766_6564),
    ] {
        before.count = 1;
        let state = call(&mut numbered(opcode), &before).expect("a return");
        assert_eq!(state.general[State::RAX], expected);
        assert_eq!(pointers(&state)[0], DATA);
    }
}

#[test]
fn scans_and_comparisons_end_at_the_first_that_differs_or_agrees() {
    let mut before = Before {
        to: DATA,
        from: DATA + 251,
        count: 1000,
        flags: 0,
        value: 20,
    };
    let state = call(&mut numbered(&[0xf2, 0xae]), &before).expect("a return");
    assert_eq!(pointers(&state)[0], DATA + 21);
    assert_eq!((pointers(&state)[2], state.flags & ZERO), (979, ZERO));
    let state = call(&mut numbered(&[0xf3, 0xae]), &before).expect("a return");
    assert_eq!((pointers(&state)[2], state.flags & ZERO), (999, 0));
    let mut machine = numbered(&[0xf3, 0xa6]);
    machine.memory().write(DATA + 77, &[255]).expect("data");
    let state = call(&mut machine, &before).expect("a return");
    assert_eq!(pointers(&state), [DATA + 78, DATA + 251 + 78, 1000 - 78]);
    before.count = 77;
    let state = call(&mut machine, &before).expect("a return");
    assert_eq!((pointers(&state)[2], state.flags & ZERO), (0, ZERO));
}

#[test]
fn comparisons_set_the_flags_of_a_subtraction() {
    // Of left and right: the flags carry, parity, adjust, zero, sign, overflow (0x8d5).
    for (left, right, flags) in [
        (5u8, 5u8, 0x44),
        (5, 6, 0x95),
        (0x80, 1, 0x810),
        (0x7f, 0xff, 0x881),
        (0x10, 1, 0x14),
        (0xff, 0x7f, 0x80),
    ] {
        let mut machine = numbered(&[0xa6]);
        let memory = machine.memory();
        memory.write(DATA, &[right, left]).expect("data");
        let mut before = Before {
            to: DATA,
            from: DATA + 1,
            count: 0,
            flags: 0,
            value: left.into(),
        };
        let state = call(&mut machine, &before).expect("a return");
        assert_eq!(state.flags & 0x8d5, flags, "{left} {right}");
        let mut machine = numbered(&[0xae]);
        machine.memory().write(DATA, &[right]).expect("data");
        before.flags = !flags & 0x8d5;
        let state = call(&mut machine, &before).expect("a return");
        assert_eq!(state.flags & 0x8d5, flags, "{left} {right}");
    }
}

#[test]
fn a_fault_in_the_middle_leaves_the_counters_where_it_happened() {
    let before = Before {
        to: DATA,
        from: END - 40,
        count: 100,
        flags: 0,
        value: 0,
    };
    let mut machine = numbered(&[0xf3, 0x48, 0xa5]);
    let stopped = call(&mut machine, &before).expect_err("the end of the data");
    let access = AccessKind::Read;
    assert_eq!(
        stopped.fault,
        Fault::Page {
            address: END,
            access
        }
    );
    assert_eq!(pointers(&stopped.state), [DATA + 40, END, 95]);
    assert_eq!(stopped.state.ip, CODE + 6);
    assert_eq!(stopped.bytes, [0xf3, 0x48, 0xa5]);
    let mut expected = [0; 40];
    machine
        .memory()
        .read(END - 40, &mut expected)
        .expect("data");
    assert_eq!(machine.memory().read_array(DATA), Ok(expected));
}

#[test]
fn repetitions_count_against_the_budget() {
    let mut machine = numbered(&[0xf3, 0xa4]);
    let mut call = call_of(CODE, [DATA, DATA, 0, 6400, 0, 0]);
    let steps = machine.call(&call).expect("a return").steps;
    assert_eq!(steps, 6 + 100);
    // rep lodsb never ends in a lifetime
    call.arguments[3] = 1000;
    call.step_max = 10;
    let stopped = machine.call(&call).expect_err("out of steps");
    assert_eq!(stopped.fault, Fault::OutOfSteps);
    assert_eq!(stopped.state.ip, CODE + 6);
    let left = stopped.state.general[State::RCX];
    assert!((500..900).contains(&left), "{left}");
    assert_eq!(stopped.state.general[State::RSI], DATA + 1000 - left);
}

#[test]
fn what_no_compiler_writes_is_not_modelled() {
    // repne movsb; addr32 movsb; movsb from fs
    for code in [&[0xf2, 0xa4][..], &[0x67, 0xa4], &[0x64, 0xa4]] {
        let stopped = run(code, [DATA; 6]).expect_err("not modelled");
        assert_eq!(stopped.fault, Fault::NotModelled);
    }
}

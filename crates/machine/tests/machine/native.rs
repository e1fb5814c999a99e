//! Functions of this test, interpreted and called.

use crate::bench::{call_of, cpu};
use crcheck_machine::{Fault, Machine, Returned, State};
use std::sync::OnceLock;

fn table() -> &'static [u32; 256] {
    static TABLE: OnceLock<[u32; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|byte| {
            (0..8).fold(byte as u32, |register, _| {
                register >> 1 ^ if register & 1 == 1 { 0xedb8_8320 } else { 0 }
            })
        })
    })
}

/// A message, and the table that is looked up.
struct Input {
    table: &'static [u32; 256],
    message: Box<[u8]>,
}

impl Input {
    fn new(len: usize) -> Self {
        Self {
            table: table(),
            message: (0..len).map(|i| (i * 167 + 13) as u8).collect(),
        }
    }

    fn address(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }
}

extern "C" fn byte_table(register: u32, input: &Input) -> u32 {
    input.message.iter().fold(register, |register, byte| {
        register >> 8 ^ input.table[usize::from(register as u8 ^ byte)]
    })
}

extern "C" fn byte_sums(register: u32, input: &Input) -> u32 {
    let mut sum = register;
    for (i, byte) in input.message.iter().rev().enumerate() {
        let word = u32::from(*byte) << (i % 25) | i as u32;
        sum = sum.rotate_left(word % 32).wrapping_mul(word | 1) ^ word.leading_zeros();
        if sum.cast_signed() < 0 || i % 7 == 3 {
            sum = sum.swap_bytes() / (word % 100 + 1);
        }
    }
    sum
}

extern "C" fn recursion(depth: u32, input: &Input) -> u32 {
    if depth == 0 {
        return input.message.len() as u32;
    }
    let below = std::hint::black_box(recursion as extern "C" fn(u32, &Input) -> u32);
    below(depth - 1, input).wrapping_mul(3).wrapping_add(depth)
}

/// Calls the C library, which chooses its code for this CPU.
extern "C" fn library_calls(register: u32, input: &Input) -> u32 {
    let mut copy = [register as u8; 3000];
    let len = input.message.len();
    for start in [0, 1, 15, 64, 700] {
        copy[start..start + len].copy_from_slice(&input.message);
    }
    copy.copy_within(3..1000, 1);
    let is_equal = copy[1..len.max(1)] == input.message[..len.max(1) - 1];
    copy.iter().fold(u32::from(is_equal), |sum, byte| {
        sum.rotate_left(5) ^ u32::from(*byte)
    })
}

type Function = extern "C" fn(u32, &Input) -> u32;

fn machine() -> Machine {
    Machine::new(cpu(&[], None)).expect("the mappings of this process")
}

fn interpret(machine: &mut Machine, function: Function, register: u32, input: &Input) -> Returned {
    let address = function as *const () as u64;
    let mut call = call_of(address, [register.into(), input.address(), 0, 0, 0, 0]);
    call.step_max = u64::MAX;
    match machine.call(&call) {
        Ok(returned) => returned,
        Err(stopped) => panic!("{:?} at {:x?}", stopped.fault, stopped.bytes),
    }
}

#[test]
fn interpreted_functions_compute_what_native_ones_do() {
    let mut machine = machine();
    let functions: [Function; 3] = [byte_table, byte_sums, recursion];
    for (i, function) in functions.into_iter().enumerate() {
        for len in [0, 1, 2, 7, 64, 255, 301] {
            let input = Input::new(len);
            for register in [0, 1, 100] {
                let returned = interpret(&mut machine, function, register, &input);
                let result = returned.state.general[State::RAX] as u32;
                let expected = function(register, &input);
                assert_eq!(result, expected, "function {i}, {len} bytes, {register}");
                let pointer = returned.state.general[State::RSP];
                assert_eq!(pointer, returned.stack_pointer + 8);
            }
        }
    }
}

#[test]
fn calls_of_the_c_library_are_followed() {
    let mut machine = machine();
    let own = library_calls as *const () as u64;
    machine.set_judged_code(std::iter::once(own..own + 1).collect());
    for len in [0, 1, 31, 100, 1000] {
        let input = Input::new(len);
        let returned = interpret(&mut machine, library_calls, 7, &input);
        let result = returned.state.general[State::RAX] as u32;
        assert_eq!(result, library_calls(7, &input), "{len} bytes");
    }
}

#[test]
fn software_and_silicon_take_the_same_steps() {
    let mut machine = machine();
    for function in [byte_table, byte_sums, recursion] {
        let input = Input::new(99);
        machine.prefer_silicon(false).expect("software");
        let software = interpret(&mut machine, function, 30, &input);
        machine.prefer_silicon(true).expect("this CPU");
        let silicon = interpret(&mut machine, function, 30, &input);
        assert_eq!(software.steps, silicon.steps);
        assert_eq!(software.state.general, silicon.state.general);
        assert_eq!(software.state.vectors, silicon.state.vectors);
    }
}

#[test]
fn every_step_of_a_budget_counts() {
    let mut machine = machine();
    let input = Input::new(100);
    let steps = interpret(&mut machine, byte_table, 0, &input).steps;
    assert!(steps > 300, "{steps}");
    let address = byte_table as *const () as u64;
    let mut call = call_of(address, [0, input.address(), 0, 0, 0, 0]);
    for step_max in [0, 1, 2, 50, 51, 52, steps - 1] {
        call.step_max = step_max;
        let stopped = machine.call(&call).expect_err("out of steps");
        assert_eq!(
            (stopped.fault, stopped.steps),
            (Fault::OutOfSteps, step_max)
        );
    }
    call.step_max = steps;
    assert!(machine.call(&call).is_ok());
}

/// Prints how many instructions a second it interprets: run it with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed_of_a_byte_table() {
    let mut machine = machine();
    for (executor, prefers_silicon) in [("software", false), ("silicon", true)] {
        machine.prefer_silicon(prefers_silicon).expect("this CPU");
        let input = Input::new(1 << 19);
        interpret(&mut machine, byte_table, 0, &input);
        let began = std::time::Instant::now();
        let steps = interpret(&mut machine, byte_table, 0, &input).steps;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{executor}: {:.1} million a second",
            steps as f64 / seconds / 1e6
        );
        let short = Input::new(64);
        let began = std::time::Instant::now();
        for _ in 0..10_000 {
            interpret(&mut machine, byte_table, 0, &short);
        }
        let seconds = began.elapsed().as_secs_f64() / 10_000.0;
        println!("{executor}: {:.2} microseconds for 64 bytes", seconds * 1e6);
    }
}

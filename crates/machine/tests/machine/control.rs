//! Branches, the stack, strings, CPUID, and what leaves a function in another way.

use crate::bench::{CODE, result, run};
use crcheck_machine::{Fault, State};

#[test]
fn a_pushed_value_is_popped() {
    // push rdi; push imm8 -2; pop rcx; pop rax; ret
    let code = [0x57, 0x6a, 0xfe, 0x59, 0x58, 0xc3];
    let returned = run(&code, [77, 0, 0, 0, 0, 0]).expect("a return");
    assert_eq!(returned.state.general[State::RAX], 77);
    assert_eq!(returned.state.general[State::RCX], u64::MAX - 1);
    assert_eq!(returned.steps, 5);
    let after = returned.stack_pointer + 8;
    assert_eq!(returned.state.general[State::RSP], after);
}

#[test]
fn a_call_pushes_where_it_returns_to() {
    // call +0; pop rax; ret
    assert_eq!(result(&[0xe8, 0, 0, 0, 0, 0x58, 0xc3], [0; 6]), CODE + 5);
}

#[test]
fn an_endless_loop_ends() {
    let stopped = run(&[0xeb, 0xfe], [0; 6]).expect_err("no return");
    assert_eq!(stopped.fault, Fault::OutOfSteps);
    assert_eq!(stopped.steps, 1_000_000);
    assert_eq!(
        (stopped.state.ip, &*stopped.bytes),
        (CODE, &[0xeb, 0xfe][..])
    );
}

#[test]
fn what_leaves_the_function_stops_the_call() {
    let cases: [(&[u8], Fault); 8] = [
        (&[0x0f, 0x0b], Fault::Undefined),
        (&[0x06], Fault::Undefined),
        (&[0xcc], Fault::Interrupt),
        (&[0xcd, 0x03], Fault::Interrupt),
        (&[0x0f, 0x05], Fault::SystemCall),
        (&[0xcd, 0x80], Fault::SystemCall),
        (&[0xcb], Fault::NotModelled),
        (&[0xd9, 0xe8], Fault::NotModelled),
    ];
    for (bytes, fault) in cases {
        let code = [&[0x57], bytes].concat();
        let stopped = run(&code, [0; 6]).expect_err("no return");
        assert_eq!((&stopped.fault, stopped.steps), (&fault, 1), "{bytes:x?}");
        assert_eq!(stopped.state.ip, CODE + 1);
        assert_eq!(stopped.bytes[0], bytes[0]);
    }
}

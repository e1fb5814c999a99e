//! Branches, the stack, strings, CPUID, and what leaves a function in another way.

use crate::bench::{CODE, DATA, call_of, cpu, machine, result, run};
use crcheck_machine::{AccessKind, Fault, State};

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

/// The registers after `code`.
fn registers(code: &[u8], arguments: [u64; 6]) -> Box<State> {
    run(code, arguments).expect("a return").state
}

#[test]
fn conditional_jumps_follow_the_flags() {
    let bits = [0, 2, 6, 7, 11].map(|bit| 1u64 << bit);
    for subset in 0..32u64 {
        let set = |bit: usize| subset >> bit & 1 == 1;
        let flags = (0..5).filter(|&i| set(i)).map(|i| bits[i]).sum::<u64>();
        let [carry, parity, zero, sign, overflow] = [0, 1, 2, 3, 4].map(set);
        let is_less = sign != overflow;
        let even = [
            overflow,
            carry,
            zero,
            carry || zero,
            sign,
            parity,
            is_less,
            zero || is_less,
        ];
        for number in 0..16 {
            let jumps = even[number / 2] != (number % 2 == 1);
            let expected = if jumps { 2 } else { 1 };
            // push rdi; popfq; jcc +4; push 1; pop rax; ret; push 2; pop rax; ret
            let tail = [0x6a, 1, 0x58, 0xc3, 0x6a, 2, 0x58, 0xc3];
            let short = [&[0x57, 0x9d, 0x70 + number as u8, 4][..], &tail].concat();
            let near = [0x57, 0x9d, 0x0f, 0x80 + number as u8, 4, 0, 0, 0];
            let near = [&near[..], &tail].concat();
            for code in [short, near] {
                let got = result(&code, [flags, 0, 0, 0, 0, 0]);
                assert_eq!(got, expected, "condition {number}, flags {flags:#x}");
            }
        }
    }
}

#[test]
fn loops_count_down_and_look_at_the_zero_flag() {
    const ZERO: u64 = 1 << 6;
    // push rdi; popfq; (67h) loopX +4; push 1; pop rax; ret; push 2; pop rax; ret
    let jumps = |prefix: &[u8], opcode: u8, flags: u64, count: u64| {
        let tail = [opcode, 4, 0x6a, 1, 0x58, 0xc3, 0x6a, 2, 0x58, 0xc3];
        let code = [&[0x57, 0x9d][..], prefix, &tail].concat();
        let state = registers(&code, [flags, 0, 0, count, 0, 0]);
        (state.general[State::RAX] == 2, state.general[State::RCX])
    };
    let (narrow, high) = (&[0x67][..], 1 << 32);
    assert_eq!(jumps(&[], 0xe2, 0, 2), (true, 1));
    assert_eq!(jumps(&[], 0xe2, 0, 1), (false, 0));
    assert_eq!(jumps(&[], 0xe2, 0, 0), (true, u64::MAX));
    assert_eq!(jumps(narrow, 0xe2, 0, high + 1), (false, 0));
    assert_eq!(jumps(narrow, 0xe2, 0, high), (true, 0xffff_ffff));
    assert_eq!(jumps(&[], 0xe1, ZERO, 2), (true, 1));
    assert_eq!(jumps(&[], 0xe1, 0, 2), (false, 1));
    assert_eq!(jumps(&[], 0xe0, ZERO, 2), (false, 1));
    assert_eq!(jumps(&[], 0xe0, 0, 2), (true, 1));
    assert_eq!(jumps(&[], 0xe3, 0, high), (false, high));
    assert_eq!(jumps(narrow, 0xe3, 0, high), (true, high));
    assert_eq!(jumps(&[], 0xe3, 0, 0), (true, 0));
}

#[test]
fn calls_and_jumps_go_through_registers_and_memory() {
    // push rsi; pop [rdi]; call [rdi]; ret; at +16: push 9; pop rax; ret
    let mut code = vec![0x56, 0x8f, 0x07, 0xff, 0x17, 0xc3];
    code.resize(16, 0x90);
    code.extend([0x6a, 9, 0x58, 0xc3]);
    let arguments = [DATA, CODE + 16, 0, 0, 0, 0];
    assert_eq!(result(&code, arguments), 9);
    for (i, call) in [[0xff, 0xd6], [0xff, 0xe6]].into_iter().enumerate() {
        let mut code = [&call[..], &[0xc3], &code[3..]].concat();
        code.truncate(17);
        code.splice(3..16, [0x90; 13]);
        code.extend([0x6a, 9, 0x58, 0xc3]);
        assert_eq!(result(&code, [0, CODE + 17, 0, 0, 0, 0]), 9, "{i}");
    }
}

#[test]
fn a_jump_to_what_is_no_address_stops_at_the_jump() {
    let address = 1 << 50;
    // jmp rsi; call rsi; push rsi, ret
    for code in [&[0xff, 0xe6][..], &[0xff, 0xd6], &[0x56, 0xc3]] {
        let stopped = run(code, [0, address, 0, 0, 0, 0]).expect_err("a fault");
        assert_eq!(stopped.fault, Fault::NotCanonical { address });
        assert_eq!(
            stopped.state.ip,
            CODE + code.len() as u64 - if code[0] == 0x56 { 1 } else { 2 }
        );
    }
    let access = AccessKind::Execute;
    let stopped = run(&[0xff, 0xe6], [0; 6]).expect_err("a null function");
    assert_eq!(stopped.fault, Fault::Page { address: 0, access });
    assert_eq!((stopped.state.ip, stopped.steps), (0, 1));
}

#[test]
fn a_return_may_take_arguments_off_the_stack() {
    // push rdi; push rdi; call +1; ret; ret 16
    let code = [0x57, 0x57, 0xe8, 1, 0, 0, 0, 0xc3, 0xc2, 16, 0];
    let returned = run(&code, [0; 6]).expect("a return");
    let pointer = returned.state.general[State::RSP];
    assert_eq!(pointer, returned.stack_pointer + 8);
    assert_eq!(returned.stack_bytes, 24);
}

#[test]
fn frames_are_entered_and_left() {
    // enter 32, 0; push rbp; pop rax; leave; ret
    let returned = run(&[0xc8, 32, 0, 0, 0x55, 0x58, 0xc9, 0xc3], [0; 6]).expect("a return");
    let state = &returned.state;
    assert_eq!(state.general[State::RAX], returned.stack_pointer - 8);
    assert_eq!(state.general[State::RSP], returned.stack_pointer + 8);
    assert_eq!((state.general[State::RBP], returned.stack_bytes), (0, 48));
}

#[test]
fn pushes_and_pops_of_the_stack_pointer_and_of_words() {
    let pointer = run(&[0xc3], [0; 6]).expect("a return").stack_pointer;
    // push rsp; pop rax; ret
    assert_eq!(result(&[0x54, 0x58, 0xc3], [0; 6]), pointer);
    // push rdi; push rsp; pop rsp; pop rax; ret
    assert_eq!(
        result(&[0x57, 0x54, 0x5c, 0x58, 0xc3], [5, 0, 0, 0, 0, 0]),
        5
    );
    // push rsi; push rdi; pop [rsp]; pop rax; ret: the address counts after the pop
    let code = [0x56, 0x57, 0x8f, 0x04, 0x24, 0x58, 0xc3];
    assert_eq!(result(&code, [5, 6, 0, 0, 0, 0]), 5);
    // push di; push si; push si; push si; pop rax; ret
    let code = [0x66, 0x57, 0x66, 0x56, 0x66, 0x56, 0x66, 0x56, 0x58, 0xc3];
    assert_eq!(result(&code, [1, 2, 0, 0, 0, 0]), 0x0001_0002_0002_0002);
    // push rdi; pop ax; pop ax; pop ax; pop ax; ret: only the lowest word changes
    let code = [0x57, 0x66, 0x58, 0x66, 0x58, 0x66, 0x58, 0x66, 0x58, 0xc3];
    assert_eq!(
        result(&code, [0x1111_2222_3333_4444, 0, 0, 0, 0, 0]),
        0x1111
    );
}

#[test]
fn flags_that_would_trap_are_not_modelled() {
    // push rdi; popfq; pushfq; pop rax; ret
    let code = [0x57, 0x9d, 0x9c, 0x58, 0xc3];
    assert_eq!(
        result(&code, [!(1 << 8 | 1 << 18), 0, 0, 0, 0, 0]) & 0xcd7,
        0xcd7
    );
    assert_eq!(result(&code, [0; 6]), 0x202);
    for trap in [1 << 8, 1 << 18] {
        let stopped = run(&code, [trap, 0, 0, 0, 0, 0]).expect_err("a trap");
        assert_eq!((stopped.fault, stopped.steps), (Fault::NotModelled, 1));
    }
}

#[test]
fn the_table_answers_cpuid_and_not_this_cpu() {
    // push rdi; pop rax; cpuid; push rbx; pop rsi; ret
    let code = [0x57, 0x58, 0x0f, 0xa2, 0x53, 0x5e, 0xc3];
    let state = registers(&code, [7, 0, 0, 3, 0, 0]);
    let [rax, rcx, rdx, rbx] = [0, 1, 2, 3].map(|i| state.general[i]);
    assert_eq!(
        [rax, rbx, rcx, rdx],
        [7 ^ 0xffff_ffff, 2, 3 ^ 0xffff_ffff, 4]
    );
}

#[test]
fn xgetbv_is_undefined_without_osxsave() {
    // xgetbv; ret
    let code = [0x0f, 0x01, 0xd0, 0xc3];
    let stopped = run(&code, [0; 6]).expect_err("undefined");
    assert_eq!((stopped.fault, stopped.steps), (Fault::Undefined, 0));
    let mut machine = machine(&code);
    machine.set_cpu(cpu(&[], Some(0x2_0000_00e7)));
    let state = machine
        .call(&call_of(CODE, [0; 6]))
        .expect("a return")
        .state;
    assert_eq!(
        (state.general[State::RAX], state.general[State::RDX]),
        (0xe7, 2)
    );
    assert_eq!(machine.executed_extensions().len(), 0);
}

#[test]
fn judged_code_needs_what_it_executes_and_other_code_does_not() {
    // test edi, edi; jz +5; crc32 eax, edi; ret
    let code = [0x85, 0xff, 0x74, 5, 0xf2, 0x0f, 0x38, 0xf1, 0xc7, 0xc3];
    let (skips, uses) = (call_of(CODE, [0; 6]), call_of(CODE, [1; 6]));
    let mut machine = machine(&code);
    assert!(machine.call(&skips).is_ok());
    let stopped = machine.call(&uses).expect_err("SSE4.2");
    assert_eq!(stopped.fault, Fault::Lacks(vec!["sse4.2".to_owned()]));
    assert_eq!((stopped.state.ip, stopped.bytes.len()), (CODE + 4, 5));
    assert_eq!(machine.executed_extensions().len(), 0);
    machine.set_judged_code(std::iter::once(DATA..DATA + 1).collect());
    assert!(machine.call(&uses).is_ok());
    assert_eq!(machine.executed_extensions().len(), 0);
    assert_eq!(machine.executed_forms().count(), 1);
    machine.set_judged_code(std::iter::once(CODE..CODE + 100).collect());
    machine.set_cpu(cpu(&["sse4.2"], None));
    assert!(machine.call(&skips).is_ok());
    assert_eq!(machine.executed_extensions().len(), 0);
    assert!(machine.call(&uses).is_ok());
    let executed: Vec<_> = machine.executed_extensions().iter().collect();
    assert_eq!(executed, ["sse4.2"]);
    assert_eq!(machine.executed_forms().count(), 2);
}

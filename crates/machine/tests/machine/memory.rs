//! What interpreted code sees, what it may do, and what of that this process sees.

use crate::bench::{
    CODE, DATA, DATA_BYTES, READ_EXECUTE, READ_WRITE, call_of, machine, result, run,
};
use crcheck_machine::{AccessKind, Fault, Machine, Protection, State};
use crcheck_platform::mapping::{Mapping, page_bytes};

/// rep movsb; ret
const COPY: [u8; 3] = [0xf3, 0xa4, 0xc3];

fn address(bytes: &[u8]) -> u64 {
    bytes.as_ptr().expose_provenance() as u64
}

/// Calls [`COPY`].
fn copy(machine: &mut Machine, to: u64, from: u64, len: u64) -> Result<(), Fault> {
    let call = call_of(CODE, [to, from, 0, len, 0, 0]);
    machine
        .call(&call)
        .map(drop)
        .map_err(|stopped| stopped.fault)
}

fn read(machine: &mut Machine, at: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    machine.memory().read(at, &mut bytes).expect("readable");
    bytes
}

#[test]
fn stores_never_reach_this_process_and_are_dropped() {
    let (message, target) = ([7u8; 100], Box::new([1u8; 100]));
    let mut machine = machine(&COPY);
    let to = address(&*target);
    copy(&mut machine, to, address(&message), 100).expect("a copy");
    assert_eq!(*target, [1; 100]);
    assert_eq!(read(&mut machine, to, 100), [7; 100]);
    machine.memory().drop_stores();
    assert_eq!(read(&mut machine, to, 100), [1; 100]);
}

#[test]
fn stores_to_shared_ranges_reach_this_process_and_those_beside_them_do_not() {
    let target = vec![1u8; 3 * 4096].into_boxed_slice();
    let source = vec![9u8; target.len()];
    let mut machine = machine(&COPY);
    let to = address(&target);
    // SAFETY: the bytes belong to the test, which looks at them after the call.
    unsafe { machine.memory().share(to + 100..to + 9000) };
    copy(&mut machine, to, address(&source), target.len() as u64).expect("a copy");
    let target = std::hint::black_box(target);
    assert!(target[..100].iter().all(|&byte| byte == 1));
    assert!(target[100..9000].iter().all(|&byte| byte == 9));
    assert!(target[9000..].iter().all(|&byte| byte == 1));
    assert_eq!(read(&mut machine, to, target.len()), source);
    machine.memory().unshare();
    machine.memory().drop_stores();
    assert_eq!(read(&mut machine, to, target.len()), &target[..]);
}

#[test]
fn kept_stores_are_what_dropping_goes_back_to() {
    let mut machine = machine(&COPY);
    let (first, second, target) = ([3u8; 8], [4u8; 8], [5u8; 8]);
    for to in [DATA, address(&target)] {
        copy(&mut machine, to, address(&first), 8).expect("a copy");
        machine.memory().keep_stores();
        copy(&mut machine, to, address(&second), 8).expect("a copy");
        assert_eq!(read(&mut machine, to, 8), second);
        machine.memory().drop_stores();
        assert_eq!(read(&mut machine, to, 8), first);
    }
}

#[test]
fn a_message_that_changes_between_calls_is_read_anew() {
    let mut message = Box::new([1u8; 8]);
    let mut machine = machine(&COPY);
    for value in [1, 2, 3] {
        message.fill(value);
        let from = address(std::hint::black_box(message.as_slice()));
        copy(&mut machine, DATA, from, 8).expect("a copy");
        assert_eq!(read(&mut machine, DATA, 8), [value; 8]);
    }
}

#[test]
fn guard_pages_fault_at_the_first_refused_address() {
    let page = page_bytes();
    let mut mapping = Mapping::reserve(3 * page).expect("addresses");
    mapping.open(page, page).expect("memory");
    let start = mapping.start().expose_provenance() as u64 + page as u64;
    let end = start + page as u64;
    let mut machine = machine(&COPY);
    for (to, from, len, address, access) in [
        (DATA, end - 16, 100, end, AccessKind::Read),
        (DATA, start - 1, 100, start - 1, AccessKind::Read),
        (end - 5, DATA, 100, end, AccessKind::Write),
        (start - 1, DATA, 100, start - 1, AccessKind::Write),
        (
            DATA + DATA_BYTES - 9,
            DATA,
            100,
            DATA + DATA_BYTES,
            AccessKind::Write,
        ),
    ] {
        let done = copy(&mut machine, to, from, len);
        assert_eq!(done, Err(Fault::Page { address, access }));
    }
    // push qword [rdi]; pop rax; ret
    let code = [0xff, 0x37, 0x58, 0xc3];
    let stopped = run(&code, [end - 3, 0, 0, 0, 0, 0]).expect_err("a fault");
    let access = AccessKind::Read;
    assert_eq!(
        stopped.fault,
        Fault::Page {
            address: end,
            access
        }
    );
    assert_eq!(result(&code, [end - 8, 0, 0, 0, 0, 0]), 0);
}

#[test]
fn memory_that_this_process_gives_back_is_not_read() {
    let page = page_bytes();
    // Nothing else that is mapped meanwhile comes to lie at its lowest address.
    let mut mapping = Mapping::reserve(1 << 30).expect("addresses");
    mapping.open(0, page).expect("memory");
    let from = mapping.start().expose_provenance() as u64;
    let mut machine = machine(&COPY);
    assert_eq!(copy(&mut machine, DATA, from, 8), Ok(()));
    drop(mapping);
    let access = AccessKind::Read;
    let refused = Err(Fault::Page {
        address: from,
        access,
    });
    assert_eq!(copy(&mut machine, DATA, from, 8), refused);
    let mut bytes = [0; 8];
    assert_eq!(machine.memory().read(from, &mut bytes), refused);
}

#[test]
fn a_store_across_two_pages_is_done_whole_or_not_at_all() {
    let end = DATA + DATA_BYTES;
    let mut machine = machine(&[0xc3]);
    let memory = machine.memory();
    let access = AccessKind::Write;
    let refused = Err(Fault::Page {
        address: end,
        access,
    });
    assert_eq!(memory.write(end - 3, &[1; 8]), refused);
    assert_eq!(memory.read_array(end - 8), Ok([0; 8]));
    assert_eq!(memory.write(end - 8, &[1; 8]), Ok(()));
    assert_eq!(memory.write(DATA + 0x1000 - 3, &[2; 8]), Ok(()));
    assert_eq!(memory.read_array(DATA + 0x1000 - 3), Ok([2; 8]));
    assert_eq!(
        memory.write(CODE, &[1]),
        Err(Fault::Page {
            address: CODE,
            access
        })
    );
}

#[test]
fn an_address_that_is_not_canonical_is_another_fault() {
    for address in [1 << 47, 1 << 63, u64::MAX >> 1] {
        let mut machine = machine(&COPY);
        let fault = Err(Fault::NotCanonical { address });
        assert_eq!(copy(&mut machine, DATA, address, 1), fault);
        assert_eq!(copy(&mut machine, address, DATA, 1), fault);
    }
    let mut machine = machine(&COPY);
    let access = AccessKind::Read;
    let address = u64::MAX;
    let fault = Err(Fault::Page { address, access });
    assert_eq!(copy(&mut machine, DATA, address, 1), fault);
}

const ALL: Protection = Protection {
    can_read: true,
    can_write: true,
    can_execute: true,
};

#[test]
fn code_that_interpreted_code_has_written_is_refused() {
    let writable = CODE + 0x10_0000;
    // rep movsb; jmp rdx
    let mut machine = machine(&[0xf3, 0xa4, 0xff, 0xe2]);
    machine
        .memory()
        .map(writable..writable + 0x1000, ALL, &[0xc3]);
    let jump = |len: u64| call_of(CODE, [writable, DATA, writable, len, 0, 0]);
    let written = machine.call(&jump(1)).expect_err("written code").fault;
    assert_eq!(written, Fault::WrittenCode);
    machine.memory().drop_stores();
    assert!(machine.call(&jump(0)).is_ok());
    let written = machine.call(&jump(1)).expect_err("a write to code").fault;
    assert_eq!(written, Fault::WrittenCode);
}

#[test]
fn patched_code_is_executed_until_stores_are_dropped() {
    // push imm8 1; pop rax; ret
    let mut machine = machine(&[0x6a, 1, 0x58, 0xc3]);
    let result = |machine: &mut Machine| {
        let returned = machine.call(&call_of(CODE, [0; 6])).expect("a return");
        returned.state.general[State::RAX]
    };
    assert_eq!(result(&mut machine), 1);
    machine.memory().patch(CODE + 1, &[2]).expect("memory");
    assert_eq!(result(&mut machine), 2);
    machine.memory().drop_stores();
    assert_eq!(result(&mut machine), 1);
    let other = [0x6a, 3, 0x58, 0xc3];
    machine
        .memory()
        .map(CODE..CODE + 0x1000, READ_EXECUTE, &other);
    assert_eq!(result(&mut machine), 3);
    machine.memory().unmap(CODE..CODE + 0x1000);
    let stopped = machine.call(&call_of(CODE, [0; 6])).expect_err("no code");
    let access = AccessKind::Execute;
    assert_eq!(
        stopped.fault,
        Fault::Page {
            address: CODE,
            access
        }
    );
}

#[test]
fn data_is_not_executed_and_code_ends_where_its_pages_do() {
    let access = AccessKind::Execute;
    let stopped = machine(&[]).call(&call_of(DATA, [0; 6])).expect_err("data");
    assert_eq!(
        stopped.fault,
        Fault::Page {
            address: DATA,
            access
        }
    );
    assert_eq!((stopped.state.ip, stopped.bytes.len()), (DATA, 0));
    let mut code = vec![0x57; 0x1000];
    code[0xffe] = 0xff;
    code[0xfff] = 0xb7; // push qword [rdi + disp32], cut
    let stopped = run(&code, [0; 6]).expect_err("the end of the page");
    let address = CODE + 0x1000;
    assert_eq!(stopped.fault, Fault::Page { address, access });
    assert_eq!((stopped.state.ip, stopped.steps), (CODE + 0xffe, 0xffe));
    assert_eq!(*stopped.bytes, [0xff, 0xb7]);
}

#[test]
fn every_call_finds_its_stack_where_and_as_it_asks() {
    // push rdi; push qword [rsp - 200]; pop rax; pop rcx; ret
    let code = [
        0x57, 0xff, 0xb4, 0x24, 0x38, 0xff, 0xff, 0xff, 0x58, 0x59, 0xc3,
    ];
    let mut machine = machine(&code);
    for (offset, fill) in [(8, 0), (40, 0xff), (4088, 0x5a), (8, 0x11)] {
        let mut call = call_of(CODE, [u64::MAX; 6]);
        (call.stack_offset_bytes, call.stack_fill) = (offset, fill);
        let returned = machine.call(&call).expect("a return");
        assert_eq!(returned.stack_pointer % 4096, (4096 - offset) % 4096);
        assert_eq!(
            returned.state.general[State::RAX],
            u64::from_le_bytes([fill; 8])
        );
        assert_eq!(returned.stack_bytes, 16);
    }
}

#[test]
fn a_stack_without_end_is_a_page_fault() {
    // push rdi; jmp -3
    let stopped = run(&[0x57, 0xeb, 0xfd], [0; 6]).expect_err("an overflow");
    let address = stopped.state.general[State::RSP] - 8;
    let access = AccessKind::Write;
    assert_eq!(stopped.fault, Fault::Page { address, access });
    assert_eq!(address % 4096, 4088);
}

#[test]
fn a_region_that_is_not_mapped_any_more_shows_this_process() {
    let value = Box::new([6u8; 8]);
    let at = address(&*value);
    let page = at & !4095;
    let mut machine = machine(&COPY);
    machine.memory().map(page..page + 0x1000, READ_WRITE, &[]);
    assert_eq!(read(&mut machine, at, 1), [0]);
    machine.memory().unmap(page..page + 0x1000);
    assert_eq!(read(&mut machine, at, 1), [6]);
}

use super::*;
use crate::signal;

/// Functions of a few instructions, as a table of names and their code.
macro_rules! functions {
    ($($name:ident: $($line:literal)+;)+) => {
        $(
            std::arch::global_asm!(
                concat!(".pushsection .text.", stringify!($name), ",\"ax\",@progbits"),
                concat!(".globl ", stringify!($name)),
                concat!(stringify!($name), ":"),
                $($line,)+
                ".popsection",
            );

            unsafe extern "C" {
                fn $name();
            }
        )+
    };
}

functions! {
    crcheck_test_returns: "lea rax, [rdi + rdx]" "ret";
    crcheck_test_rdi: "mov rax, rdi" "ret";
    crcheck_test_r10: "mov rax, r10" "ret";
    crcheck_test_xmm9: "movq rax, xmm9" "ret";
    crcheck_test_red_zone: "mov rax, [rsp - 64]" "ret";
    crcheck_test_stack_pointer: "lea rax, [rsp + 8]" "ret";
    crcheck_test_ruins_all:
        "mov rbx, 1" "mov rbp, 1" "mov r12, 1" "mov r13, 1" "mov r14, 1" "mov r15, 1"
        "mov qword ptr [rsp + 8], 1" "ret";
    crcheck_test_shifts_stack: "ret 8";
    crcheck_test_uses_stack:
        "mov qword ptr [rsp - 1000], 7" "ret";
    crcheck_test_uses_much:
        "mov qword ptr [rsp - 2000000], 7" "ret";
    crcheck_test_recurs: "sub rsp, 8" "call crcheck_test_recurs" "add rsp, 8" "ret";
    crcheck_test_ruins_and_traps:
        "std" "mov rbx, 1" "mov rbp, 1" "mov r12, 1" "movd mm0, eax" "mov rax, [8]" "ret";
}

const DECLARED: [Argument; 3] = [
    Argument::Checksum(IntegerBits::B32),
    Argument::Message,
    Argument::Length(IntegerBits::B64),
];

fn entry(function: unsafe extern "C" fn()) -> RawEntry {
    // SAFETY: there is such a function; what it does is what the test is about.
    unsafe { RawEntry::new(function as *const () as usize, &DECLARED, 64) }
}

fn value(function: unsafe extern "C" fn(), paint: &Paint) -> u64 {
    call(&entry(function), 0x1234_5678, b"abc", paint).value
}

#[test]
fn a_function_that_keeps_to_the_abi_passes() {
    for paint in [
        Paint::FORGIVING,
        Paint::STRICT,
        Paint::filled(Fill::Ones),
        Paint::filled(Fill::Noise(1)),
    ] {
        let garbage = u64::from(paint.garbage) << 32;
        let audit = call(&entry(crcheck_test_returns), 5, b"abc", &paint);
        let expected = Audit {
            value: garbage + 8,
            ..Audit::default()
        };
        assert_eq!(audit, expected, "{paint:?}");
    }
}

#[test]
fn registers_and_stack_without_an_argument_hold_the_paint() {
    assert_eq!(value(crcheck_test_rdi, &Paint::FORGIVING), 0x1234_5678);
    assert_eq!(
        value(crcheck_test_rdi, &Paint::STRICT),
        0xa5a5_a5a5_1234_5678
    );
    for function in [
        crcheck_test_r10 as unsafe extern "C" fn(),
        crcheck_test_xmm9,
        crcheck_test_red_zone,
    ] {
        assert_eq!(value(function, &Paint::FORGIVING), 0);
        assert_eq!(value(function, &Paint::filled(Fill::Ones)), u64::MAX);
        let noise = [1, 2].map(|seed| value(function, &Paint::filled(Fill::Noise(seed))));
        assert_ne!(noise[0], noise[1]);
    }
}

#[test]
fn the_stack_is_aligned_as_asked_and_no_better() {
    assert_eq!(value(crcheck_test_stack_pointer, &Paint::FORGIVING) % 64, 0);
    assert_eq!(value(crcheck_test_stack_pointer, &Paint::STRICT) % 32, 16);
}

#[test]
fn the_audit_names_what_a_function_does_not_give_back() {
    let audit = call(&entry(crcheck_test_ruins_all), 0, &[], &Paint::STRICT);
    let all = [
        "rbx",
        "rbp",
        "r12",
        "r13",
        "r14",
        "r15",
        "the caller's stack frame",
    ];
    assert_eq!(audit.clobbered, all);
    let audit = call(&entry(crcheck_test_shifts_stack), 0, &[], &Paint::STRICT);
    assert_eq!(audit.clobbered, ["rsp"]);
}

#[test]
fn the_audit_measures_the_stack_that_a_call_uses() {
    let noise = Paint::filled(Fill::Noise(3));
    let used = |function, paint: &Paint| call(&entry(function), 0, &[], paint).stack_bytes;
    assert_eq!(used(crcheck_test_returns, &noise), 0);
    assert_eq!(used(crcheck_test_uses_stack, &noise), 1000);
    let all = Paint {
        stack_bytes: PAINTED_BYTES_MAX,
        ..noise
    };
    assert_eq!(used(crcheck_test_uses_much, &all), 2_000_000);
}

#[test]
fn an_audited_call_survives_a_signal() {
    for round in 0..1000 {
        let functions = [
            crcheck_test_ruins_and_traps as unsafe extern "C" fn(),
            crcheck_test_recurs,
        ];
        let function = functions[usize::from(round % 100 == 0)];
        let outcome = signal::catch(|| value(function, &Paint::STRICT));
        assert!(outcome.is_err());
        let audit =
            signal::catch(|| call(&entry(crcheck_test_returns), 1, b"x", &Paint::FORGIVING));
        assert_eq!(audit.expect("no signal").value, 2);
    }
}

/// An audited call works inside an audited call too, and a panic crosses it.
#[test]
fn a_function_without_an_entry_is_audited_as_compiled_code() {
    let nested = |checksum, message: &[u8]| {
        assert!(message.len() != 7, "seven");
        call_forgiving(&entry(crcheck_test_returns), checksum, message)
    };
    let audit = call_function(&nested, 3, b"abc", &Paint::STRICT);
    assert_eq!((audit.value, audit.clobbered.len()), (6, 0));
    assert!(stack_of_the_way_bytes() > 0);
    signal::silence_caught_panics();
    let outcome = signal::catch(|| call_function(&nested, 3, b"sevenbb", &Paint::STRICT));
    let Err(signal::Caught::Panic(text)) = outcome else {
        panic!("no panic")
    };
    assert_eq!(text, "seven");
}

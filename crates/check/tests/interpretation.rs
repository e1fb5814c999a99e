//! Interpreted calls.
#![cfg(target_arch = "x86_64")]

use crcheck_check::check_result::{CheckResult, Ending};
use crcheck_check::checks::{self, CheckSet};
use crcheck_check::control::Control;
use crcheck_check::depth::{BasisDepth, Depth, DepthName, EveryLength};
use crcheck_check::fuzz::Target;
use crcheck_check::plan::Plan;
use crcheck_check::run;
use crcheck_check::saved::corpus;
use crcheck_check::saved::load::{Content, Item};
use crcheck_check::saved::replay;
use crcheck_check::verification::{self, Seeds};
use crcheck_kernel::Tier;
use crcheck_machine::{Cpu, CpuidTable};
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use crcheck_platform::abi_audit::Paint;
use crcheck_platform::code::elf;
use crcheck_platform::extension::{EXTENSIONS, State};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::interpretation::{InterpretedDispatcher, InterpretedTier};
use crcheck_subject::{ExecutedBy, FILLS, Kind, Stop, Subject, SubjectName, TierSubject, open};
use iced_x86::{Decoder, DecoderOptions, Mnemonic};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A CPU that has these extensions, and says so.
struct Table(BTreeSet<String>);

impl CpuidTable for Table {
    fn cpuid(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        let mut answer = match leaf {
            0 => [7, 0x756e_6547, 0x6c65_746e, 0x4965_6e69],
            1 => [0, 0, 1 << 27, 0],
            _ => [0; 4],
        };
        for extension in EXTENSIONS {
            let word = extension.word;
            if (word.leaf, word.subleaf) == (leaf, subleaf) && self.0.contains(extension.name) {
                answer[word.register as usize] |= 1 << extension.bit;
            }
        }
        answer
    }

    fn xcr0(&self) -> Option<u64> {
        Some(State::Zmm.xcr0())
    }
}

fn cpu_without(name: &str, lacked: impl Fn(&str) -> bool) -> Cpu {
    let names = EXTENSIONS.iter().map(|extension| extension.name);
    let extensions: BTreeSet<String> = names
        .filter(|name| !lacked(name))
        .map(str::to_owned)
        .collect();
    Cpu {
        name: name.to_owned(),
        cpuid: Arc::new(Table(extensions.clone())),
        extensions,
    }
}

fn every_extension() -> Cpu {
    cpu_without("every extension", |_| false)
}

fn tiers() -> impl Iterator<Item = Tier> {
    let all = Tier::ALL.iter().copied();
    all.filter(|tier| tier.raw_entry().is_some())
}

#[test]
fn every_tier_gives_the_oracles_checksums_and_reads_nothing_across_guards() {
    let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("judges");
    let message: Vec<u8> = (0..5000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    for tier in tiers() {
        let subject = InterpretedTier::new(tier, every_extension()).expect("a tier");
        let mut caller = open(&subject, 5000).expect("memory");
        for length in (0..300).chain([511, 512, 1023, 1025, 2048, 4095, 5000]) {
            let message = &message[..length];
            let expected = panel.update(7, message).expect("judges agree");
            for placement in [
                Placement::aligned(length % 64),
                Placement::flush(GuardSide::Start),
                Placement::flush(GuardSide::End),
            ] {
                let got = caller.call(placement, 7, message, FILLS[1]);
                assert_eq!(
                    got,
                    Ok(expected),
                    "{tier}: {length} bytes at {placement:?}\n{:?}",
                    caller.account()
                );
            }
        }
        let account = caller.account().expect("an account");
        for name in ["pclmulqdq", "vpclmulqdq", "avx512f", "gfni"] {
            let needs = tier.required().iter().any(|feature| feature.name() == name);
            let executed = account.extensions.contains(name);
            assert_eq!(executed, needs, "{tier}: {name}, {account:?}");
        }
    }
}

/// A plan with few cells.
fn plan(checks: CheckSet) -> Plan {
    let quick = Depth::of(DepthName::Quick);
    Plan {
        depth: Depth {
            length_max: 130,
            alignments: 3,
            messages: 1,
            every_length: EveryLength {
                to: 200,
                ..quick.every_length
            },
            drawn_lengths: 2,
            longest: 4200,
            random_cases: 40,
            affine_trials: 40,
            basis: BasisDepth {
                dense_to: 4,
                sparse_to: 64,
                ..quick.basis
            },
            ..quick
        },
        is_scaled: false,
        checks,
        seed: 1,
        max_stack_bytes: None,
    }
}

fn judge(subject: impl Subject + 'static, checks: CheckSet) -> Vec<CheckResult> {
    let subjects: [Box<dyn Subject>; 1] = [Box::new(subject)];
    let results = run::run(&subjects, &plan(checks), &Control::default());
    results.expect("judges").remove(0)
}

fn only(name: &str) -> CheckSet {
    CheckSet::none().with(checks::named(name).expect("a check"))
}

/// A tier whose entry holds other code.
fn tier_of_code(code: &[u8]) -> InterpretedTier {
    let tier = InterpretedTier::new(Tier::X86Pclmul, every_extension()).expect("a tier");
    let address = tier.address();
    tier.with_patches(vec![(address, code.to_vec())])
}

#[test]
fn an_interpreted_tier_passes_every_check_with_the_cells_of_hardware() {
    let skipped = ["threads", "dispatch", "combine", "huge"];
    for tier in tiers() {
        let subject = InterpretedTier::new(tier, every_extension()).expect("a tier");
        let results = judge(subject, CheckSet::all());
        for result in &results {
            let what = format!("{tier}: {} {:?}", result.check, result.ending);
            let is_skipped = skipped.contains(&result.check.name());
            assert_eq!(
                matches!(result.ending, Ending::Skipped(_)),
                is_skipped,
                "{what}"
            );
            assert!(is_skipped || result.ending == Ending::Complete, "{what}");
            assert!(result.groups.is_empty(), "{what}");
            assert_eq!(result.executed_by, ExecutedBy::Interpretation);
            // No call is shorter than a return.
            assert!(result.instructions >= Some(result.calls), "{what}");
            assert_eq!(result.cells > 0, !is_skipped, "{what}");
        }
        let Some(native) = TierSubject::native(tier) else {
            continue;
        };
        let native = judge(
            native,
            CheckSet::all().filter(|check| !skipped.contains(&check.id.name())),
        );
        for (one, other) in native
            .iter()
            .zip(results.iter().filter(|one| one.cells > 0))
        {
            assert_eq!(
                (one.check, one.cells, one.calls),
                (other.check, other.cells, other.calls),
                "{tier}"
            );
        }
    }
}

#[test]
fn a_check_that_interprets_nothing_does_not_pass() {
    /// Answers by itself, and is executed by nobody.
    struct Idle(InterpretedTier);
    impl Subject for Idle {
        fn name(&self) -> SubjectName {
            self.0.name()
        }

        fn update(&self, checksum: u64, message: &[u8]) -> u64 {
            portable().update(checksum, message)
        }

        fn entered(&self) -> Option<u64> {
            self.0.entered()
        }
    }
    let tier = InterpretedTier::new(Tier::X86Pclmul, every_extension()).expect("a tier");
    let results = judge(Idle(tier), only("agree"));
    assert_eq!(results[0].ending, Ending::NotEntered);
}

fn portable() -> TierSubject {
    TierSubject::native(Tier::Portable).expect("every CPU has it")
}

/// The addresses of the immediates of VPCLMULQDQ in the code of a tier.
fn immediates(witness: &str) -> Vec<(u64, u8)> {
    let (image, bias) = elf::this_program().expect("this program");
    let functions = image.functions.iter();
    let code_of = functions.filter(|one| one.name.contains(witness));
    let mut found = Vec::new();
    for function in code_of {
        let code = image.code_at(&function.addresses).expect("code");
        let start = function.addresses.start;
        for instruction in &mut Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
            if instruction.mnemonic() == Mnemonic::Vpclmulqdq {
                let last = instruction.next_ip() - 1;
                found.push((last + bias, instruction.immediate8()));
            }
        }
    }
    found
}

#[test]
fn a_changed_immediate_is_found_and_this_process_keeps_its_own() {
    let immediates = immediates("::Avx512Vpclmul::entry");
    assert!(immediates.len() >= 2, "{immediates:x?}");
    let (address, immediate) = immediates[immediates.len() / 2];
    let subject =
        || InterpretedTier::new(Tier::X86Avx512Vpclmul, every_extension()).expect("a tier");
    let changed = subject().with_patches(vec![(address, vec![immediate ^ 0x11])]);
    let results = judge(changed, only("agree"));
    let kinds: Vec<Kind> = results[0]
        .groups
        .iter()
        .map(|group| group.finding.kind)
        .collect();
    assert_eq!(kinds, [Kind::WrongValue]);
    // The bytes were changed for that interpreter alone.
    assert!(judge(subject(), only("agree"))[0].groups.is_empty());
}

#[test]
fn a_tier_without_its_extension_executes_an_illegal_instruction() {
    let cpu = cpu_without("without AVX-512", |name| name.starts_with("avx512"));
    let subject = InterpretedTier::new(Tier::X86Avx512Vpclmul, cpu).expect("a tier");
    let results = judge(subject, only("agree"));
    let finding = &results[0].groups[0].finding;
    assert_eq!(finding.kind, Kind::IllegalInstruction);
    let illegal = finding.illegal.as_ref().expect("an illegal instruction");
    assert!(illegal.is_attributed());
    assert_eq!(illegal.tier.as_deref(), Some("x86-avx512-vpclmul"));
    let absent = "avx512f: CPUID leaf 0x7 EBX bit 16 is 0";
    assert!(
        illegal.absent.iter().any(|one| one == absent),
        "{illegal:?}"
    );
    assert!(finding.place.is_some());
}

#[test]
fn the_dispatcher_asks_the_interpreted_cpu_and_this_process_keeps_its_choice() {
    let lesser = cpu_without("without AVX-512", |name| name.starts_with("avx512"));
    let least = cpu_without("without AVX", |name| {
        name.starts_with("avx") || name == "vpclmulqdq"
    });
    for (cpu, expected) in [
        (every_extension(), Tier::X86Avx512Vpclmul),
        (lesser, Tier::X86Avx2Vpclmul),
        (least, Tier::X86Pclmul),
    ] {
        let dispatcher = InterpretedDispatcher::new(cpu).expect("x86-64");
        let (tier, features) = dispatcher.choice().expect("it returns");
        assert_eq!(tier, expected);
        assert!(features.contains_all(tier.required()));
        let results = judge(dispatcher, only("agree"));
        assert_eq!(
            (&results[0].ending, results[0].groups.len()),
            (&Ending::Complete, 0)
        );
        let executed = &results[0].account.as_ref().expect("an account").extensions;
        assert_eq!(executed.contains("avx512f"), tier == Tier::X86Avx512Vpclmul);
        assert_eq!(executed.contains("vpclmulqdq"), tier != Tier::X86Pclmul);
        // A choice that leaked would be an illegal instruction here, or show in the count.
        let own = Tier::detect();
        assert_eq!(crcheck_kernel::checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(Tier::detect(), own);
    }
}

fn stop_of(code: &[u8], placement: Placement) -> Stop {
    let subject = tier_of_code(code);
    let mut caller = open(&subject, 100).expect("memory");
    caller.call(placement, 0, &[7; 40], 0).expect_err("a stop")
}

#[test]
fn stops_are_those_of_hardware() {
    let end = Placement::flush(GuardSide::End);
    // mov al, [rsi + rdx]; ret
    let over = stop_of(&[0x8a, 0x04, 0x16, 0xc3], end);
    assert_eq!((over.kind, over.distance_bytes), (Kind::OverRead, Some(1)));
    assert_eq!(over.summary, "reads 1 byte past the end of the message");
    // mov al, [rsi - 4]; ret
    let under = stop_of(
        &[0x8a, 0x46, 0xfc, 0xc3],
        Placement::flush(GuardSide::Start),
    );
    assert_eq!(
        (under.kind, under.distance_bytes),
        (Kind::UnderRead, Some(-4))
    );
    // mov [rsi], al; ret
    let write = stop_of(&[0x88, 0x06, 0xc3], end);
    assert_eq!(
        (write.kind, write.distance_bytes),
        (Kind::WriteToMessage, None)
    );
    // movaps xmm0, [rsi]; ret
    let misaligned = stop_of(&[0x0f, 0x28, 0x06, 0xc3], Placement::aligned(4));
    assert_eq!(misaligned.kind, Kind::MisalignedAccess);
    assert!(
        misaligned.summary.ends_with("that is 4 modulo 16"),
        "{}",
        misaligned.summary
    );
    // ud2
    let undefined = stop_of(&[0x0f, 0x0b], end);
    assert_eq!(undefined.summary, "executes an instruction that no CPU has");
    // xor ecx, ecx; div ecx
    let divide = stop_of(&[0x31, 0xc9, 0xf7, 0xf1], end);
    assert_eq!(
        (divide.kind, divide.summary.as_str()),
        (Kind::Crash, "raises signal 8")
    );
    // xor eax, eax; mov al, [rax]; ret
    let null = stop_of(&[0x31, 0xc0, 0x8a, 0x00, 0xc3], end);
    assert_eq!(null.summary, "reads memory at a null pointer");
    // push rax; jmp to it
    let overflow = stop_of(&[0x50, 0xeb, 0xfd], end);
    assert_eq!(overflow.summary, "overflows its stack");
    // jmp to itself
    let hang = stop_of(&[0xeb, 0xfe], end);
    assert_eq!(hang.kind, Kind::Hang);
    assert!(hang.summary.starts_with("does not return within "));
}

#[test]
fn an_audit_sees_what_the_caller_does_not_get_back() {
    let audit = |code: &[u8]| {
        let subject = tier_of_code(code);
        let mut caller = open(&subject, 100).expect("memory");
        caller
            .audit(Placement::aligned(0), 5, b"abc", &Paint::STRICT)
            .expect("it returns")
    };
    // mov eax, edi; ret
    let clean = audit(&[0x89, 0xf8, 0xc3]);
    assert!(clean.is_clean());
    assert_eq!((clean.value, clean.stack_bytes), (5, 0));
    // xor ebx, ebx; xor r13d, r13d; ret
    assert_eq!(
        audit(&[0x31, 0xdb, 0x45, 0x31, 0xed, 0xc3]).clobbered,
        ["rbx", "r13"]
    );
    // mov byte ptr [rsp + 16], 1; ret
    let frame = audit(&[0xc6, 0x44, 0x24, 0x10, 0x01, 0xc3]);
    assert_eq!(frame.clobbered, ["the caller's stack frame"]);
    // ret 8
    assert_eq!(audit(&[0xc2, 0x08, 0x00]).clobbered, ["rsp"]);
    // std; ret
    assert_eq!(audit(&[0xfd, 0xc3]).control.len(), 1);
    // push rax; pop rcx; ret
    assert_eq!(audit(&[0x50, 0x59, 0xc3]).stack_bytes, 8);
    // vpcmpeqd ymm5, ymm5, ymm5; ret
    assert!(audit(&[0xc5, 0xd5, 0x76, 0xed, 0xc3]).has_dirty_vectors);
    // vpcmpeqd ymm5, ymm5, ymm5; vzeroupper; ret
    assert!(!audit(&[0xc5, 0xd5, 0x76, 0xed, 0xc5, 0xf8, 0x77, 0xc3]).has_dirty_vectors);
    // mov rax, rdi; shr rax, 32; ret
    assert_eq!(
        audit(&[0x48, 0x89, 0xf8, 0x48, 0xc1, 0xe8, 0x20, 0xc3]).value,
        0xa5a5_a5a5
    );
    let results = judge(tier_of_code(&[0x31, 0xdb, 0xc3]), only("abi"));
    let kinds: Vec<Kind> = results[0]
        .groups
        .iter()
        .map(|group| group.finding.kind)
        .collect();
    assert!(kinds.contains(&Kind::ClobberedRegister), "{kinds:?}");
}

#[test]
fn an_instruction_that_is_not_modelled_ends_the_run_without_a_finding() {
    for (code, what) in [
        (&[0x0f, 0x05, 0xc3][..], "SYSCALL"),
        // fld1
        (&[0xd9, 0xe8, 0xc3], "FLD1"),
    ] {
        let subject = tier_of_code(code);
        let results = judge(
            subject,
            only("agree").with(checks::named("slack").expect("a check")),
        );
        for result in &results {
            assert!(result.groups.is_empty());
            let Ending::Prevented(reason) = &result.ending else {
                panic!("{:?}", result.ending);
            };
            let begins = format!("not modelled: {what} at ");
            assert!(reason.starts_with(&begins), "{reason}");
            assert!(reason.contains("open an issue"), "{reason}");
        }
        assert_eq!(results[1].calls, 0, "no further call is made");
    }
}

/// The seeds of a verification stop too, and that does not hide why.
#[test]
fn no_check_of_a_verification_has_a_verdict_of_what_is_not_modelled() {
    let subjects: [Box<dyn Subject>; 1] = [Box::new(tier_of_code(&[0x0f, 0x05, 0xc3]))];
    let plan = plan(only("agree").with(checks::named("guard").expect("a check")));
    let results = verification::judge(
        &subjects,
        &plan,
        Vec::new(),
        Seeds::Judged,
        &Control::default(),
        &mut |_| {},
    );
    for result in results.expect("judges") {
        assert!(
            matches!(result.ending, Ending::Prevented(_)),
            "{}: {:?}",
            result.check,
            result.ending
        );
    }
}

#[test]
fn a_replay_and_its_smallest_cases_are_interpreted_too() {
    let target = Target::KernelVsOracle;
    let (name, bytes) = corpus::seeds(target).into_iter().next().expect("a seed");
    let items = [Item {
        path: name.into(),
        content: Content::Input(target, bytes),
    }];
    // xor eax, eax; ret
    let subjects: [Box<dyn Subject>; 1] = [Box::new(tier_of_code(&[0x31, 0xc0, 0xc3]))];
    let (all, control) = (CheckSet::all(), Control::default());
    let replayed = replay::replay(&items, &subjects, all, &control, &mut |_, _| {});
    let replayed = replayed.expect("judges").results;
    let minimized = run::minimize_results(&subjects, all, replayed.clone(), &control);
    let executed = |results: &[CheckResult]| {
        let of = |result: &CheckResult| result.account.as_ref().expect("an account").instructions;
        results.iter().map(of).max()
    };
    let minimized = minimized.expect("judges");
    assert!(executed(&minimized) >= executed(&replayed));
    assert!(executed(&replayed) > Some(0));
    for result in replayed.iter().chain(&minimized) {
        assert_eq!(result.executed_by, ExecutedBy::Interpretation);
        let is_skipped = matches!(result.ending, Ending::Skipped(_));
        assert_eq!(result.instructions > Some(0), !is_skipped, "{result:?}");
    }
}

#[test]
fn an_account_of_vector_state_that_no_interpreter_has_does_not_apply() {
    let tier = InterpretedTier::new(Tier::X86Pclmul, every_extension()).expect("a tier");
    let results = judge(tier, only("abi"));
    let [(what, skip)] = results[0].left_out.as_slice() else {
        panic!("{:?}", results[0].left_out);
    };
    assert!(what.starts_with("upper halves"), "{what}");
    assert!(!skip.applies, "{skip:?}");
}

//! Interpreted calls.
#![cfg(target_arch = "x86_64")]

use crcheck_check::checks::CheckSet;
use crcheck_check::control::Control;
use crcheck_check::depth::{Depth, DepthName};
use crcheck_check::plan::Plan;
use crcheck_check::run;
use crcheck_kernel::Tier;
use crcheck_machine::{Cpu, CpuidTable};
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use crcheck_platform::extension::{EXTENSIONS, State};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::interpretation::InterpretedTier;
use crcheck_subject::{FILLS, Subject, open};
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
    let message: Vec<u8> = (0..5000_u32).map(|i| (i * i >> 3) as u8).collect();
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

fn plan(checks: CheckSet) -> Plan {
    Plan {
        depth: Depth::of(DepthName::Quick),
        is_scaled: true,
        checks,
        seed: 1,
        max_stack_bytes: None,
    }
}

#[test]
fn zz_measure() {
    for tier in tiers() {
        let subject = InterpretedTier::new(tier, every_extension()).expect("a tier");
        let subjects: Vec<Box<dyn Subject>> = vec![Box::new(subject)];
        let results = run::run(&subjects, &plan(CheckSet::all()), &Control::default()).expect("judges");
        for result in &results[0] {
            println!("{tier} {} {:?} cells {} calls {} {:?} {:?} left out {:?}", result.check, result.ending, result.cells, result.calls, result.time, result.instructions, result.left_out);
            for group in &result.groups { println!("   {}", group.finding.summary); }
        }
    }
}

//! Interpreted calls.
#![cfg(target_arch = "x86_64")]

use crcheck_kernel::Tier;
use crcheck_machine::{Cpu, CpuidTable};
use crcheck_oracle::model::Model;
use crcheck_oracle::panel::Panel;
use crcheck_platform::extension::{EXTENSIONS, State};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::interpretation::InterpretedTier;
use crcheck_subject::{FILLS, open};
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
        for feature in tier.required().iter() {
            assert!(
                account.extensions.contains(feature.name()),
                "{tier}: {feature}, {account:?}"
            );
        }
    }
}

//! `crcheck tiers`.

use crate::failure::Failure;
use crate::subjects::absences;
use clap::Args;
use crcheck_harness::environment::Environment;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu;
use crcheck_harness::verdict::ExitCode;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Say which tiers this CPU has, and why not the others.
#[derive(Args, Debug)]
pub(crate) struct Tiers {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Tiers {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let text = if self.json { as_json() } else { for_people() };
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::io("write", Path::new("stdout"), &error))?;
        Ok(ExitCode::Passed)
    }
}

fn for_people() -> String {
    let here = Environment::here();
    let mut text = format!("{} ({})\n", here.cpu, here.arch);
    for &tier in Tier::ALL {
        let reasons = absences(tier);
        let state = if tier == Tier::detect() {
            "available, chosen".to_owned()
        } else if tier.is_available() {
            "available".to_owned()
        } else {
            format!("not available: {}", reasons.join("; "))
        };
        text += &format!("{:<20} {state}\n", tier.name());
        if tier.emulate().is_some() {
            text += &format!("{:<20} available (software)\n", format!("emu:{tier}"));
        }
    }
    text
}

fn as_json() -> String {
    let tiers = Tier::ALL.iter().map(|&tier| {
        json!({
            "tier": tier.name(),
            "available": tier.is_available(),
            "chosen": tier == Tier::detect(),
            "emulated": tier.emulate().is_some(),
            "missing": absences(tier),
        })
    });
    let here = json!({
        "environment": Environment::here(),
        "tiers": tiers.collect::<Vec<_>>(),
    });
    format!("{here:#}\n")
}

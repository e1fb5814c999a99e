//! `crcheck tiers`.

use crate::failure::Failure;
use crate::options::Form;
use crate::output::Output;
use crate::subjects::{absences, deterrents};
use clap::{Args, ValueEnum};
use crcheck_harness::environment::Environment;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu;
use crcheck_harness::verdict::ExitCode;
use serde_json::json;

/// The version of the JSON form. The schema is `schemas/tiers.schema.json`.
const SCHEMA: &str = "crcheck/tiers/1";

/// Say which tiers this CPU has, and why not the others.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck tiers\n\
\x20 crcheck tiers --format json")]
pub(crate) struct Tiers {
    /// human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    form: Form,
}

/// A form of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

impl Tiers {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let output = Output::open(&self.form)?;
        let text = if self.json || self.format == Format::Json {
            as_json()
        } else {
            for_people()
        };
        Ok(output.finish_text(&text, ExitCode::Passed))
    }
}

fn for_people() -> String {
    let here = Environment::here();
    let mut text = format!("{} ({})\n", here.cpu, here.arch);
    for &tier in Tier::ALL {
        let (missing, deterrents) = (absences(tier), deterrents(tier));
        let state = if tier == Tier::detect() {
            "available, chosen".to_owned()
        } else if !missing.is_empty() {
            format!("not available: {}", missing.join("; "))
        } else if !deterrents.is_empty() {
            format!("available, not preferred: {}", deterrents.join("; "))
        } else {
            "available".to_owned()
        };
        text += &format!("{:<28} {state}\n", tier.name());
        if tier.emulate().is_some() {
            text += &format!("{:<28} available (software)\n", format!("emu:{tier}"));
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
            "not_preferred": deterrents(tier),
        })
    });
    let here = json!({
        "schema": SCHEMA,
        "environment": Environment::here(),
        "tiers": tiers.collect::<Vec<_>>(),
    });
    format!("{here:#}\n")
}

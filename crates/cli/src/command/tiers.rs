//! `crcheck tiers`.

use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::output::Output;
use clap::{Args, ValueEnum};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::{missing_features, unpreferred_reasons};
use serde_json::json;

/// The version of the JSON format. Its schema is `schemas/tiers.schema.json`.
const SCHEMA: &str = "crcheck/tiers/1";

/// List the tiers that this CPU has, and what it lacks for the others
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck tiers\n\
\x20 crcheck tiers --format json")]
pub(crate) struct Tiers {
    /// Format of the list: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = heading::REPORTS
    )]
    format: TiersFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format", help_heading = heading::REPORTS)]
    json: bool,
    #[command(flatten)]
    output: OutputOptions,
}

/// A format of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TiersFormat {
    Human,
    Json,
}

impl Tiers {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let output = Output::open(&self.output, &[])?;
        let text = if self.json || self.format == TiersFormat::Json {
            render_json()
        } else {
            render_human()
        };
        Ok(output.finish_text(&text, ExitCode::Passed))
    }
}

fn render_human() -> String {
    let here = Environment::of_this_process();
    let mut text = format!("{} ({})\n", here.cpu, here.arch);
    for &tier in Tier::ALL {
        let (missing, unpreferred) = (missing_features(tier), unpreferred_reasons(tier));
        let state = if tier == Tier::detect() {
            "available, chosen".to_owned()
        } else if !missing.is_empty() {
            format!("not available: {}", missing.join("; "))
        } else if !unpreferred.is_empty() {
            format!("available, not preferred: {}", unpreferred.join("; "))
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

fn render_json() -> String {
    let tiers = Tier::ALL.iter().map(|&tier| {
        json!({
            "tier": tier.name(),
            "available": tier.is_available(),
            "chosen": tier == Tier::detect(),
            "emulated": tier.emulate().is_some(),
            "missing": missing_features(tier),
            "not_preferred": unpreferred_reasons(tier),
        })
    });
    let here = json!({
        "schema": SCHEMA,
        "environment": Environment::of_this_process(),
        "tiers": tiers.collect::<Vec<_>>(),
    });
    format!("{here:#}\n")
}

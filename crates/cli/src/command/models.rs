//! `crcheck models`.

use crate::failure::Failure;
use crate::options::{OutputOptions, heading};
use crate::output::Output;
use clap::{Args, ValueEnum};
use crcheck_harness::oracle::catalogue::{self, Match, aliases, other_names};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use serde_json::{Value, json};

/// The version of the JSON format. Its schema is `schemas/models.schema.json`.
const SCHEMA: &str = "crcheck/models/1";

/// List the models that --model knows by name, with their parameters and aliases
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck models\n\
\x20 crcheck models crc-32\n\
\x20 crcheck models 0xedb88320\n\
\x20 crcheck models x-25 --format json")]
pub(crate) struct Models {
    /// List only models with this text in a name or an alias, or with this polynomial, such as
    /// 0x04c11db7, reflected or in another notation too
    text: Option<String>,
    /// Format of the list: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = heading::REPORTS
    )]
    format: ModelsFormat,
    #[command(flatten)]
    output: OutputOptions,
}

/// A format of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModelsFormat {
    Human,
    Json,
}

impl Models {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let output = Output::open(&self.output, &[])?;
        let text = self.text.as_deref().unwrap_or_default();
        let found = catalogue::search(text);
        if found.is_empty() {
            return Err(Failure::new(ExitCode::Nothing, nothing(text)));
        }
        let list = match self.format {
            ModelsFormat::Human => found.iter().map(|one| human(text, one)).collect(),
            ModelsFormat::Json => render_json(self.text.as_deref(), &found),
        };
        Ok(output.finish_text(&list, ExitCode::Passed))
    }
}

/// Why nothing was found, and what may be meant.
fn nothing(text: &str) -> String {
    if text.starts_with("0x") {
        return format!("no model has the polynomial {text}, in any notation");
    }
    match Model::find(text) {
        Err(error) => error.to_string(),
        Ok(_) => format!("no model of the catalogue matches `{text}`"),
    }
}

fn human(text: &str, found: &Match) -> String {
    let model = found.model;
    let parameters = Model {
        name: "".into(),
        ..model.clone()
    };
    let mut lines = format!("{}\n  {parameters}\n", model.name);
    for (what, names) in [
        ("aliases:", aliases(model)),
        ("also called", other_names(model)),
    ] {
        if !names.is_empty() {
            lines += &format!("  {what} {}\n", names.join(", "));
        }
    }
    if let Some(notation) = found.notation {
        lines += &format!("  {text} is its poly {notation}\n");
    }
    lines
}

fn render_json(text: Option<&str>, found: &[Match]) -> String {
    let models: Vec<Value> = found.iter().map(entry).collect();
    let list = json!({ "schema": SCHEMA, "text": text, "models": models });
    format!("{list:#}\n")
}

fn entry(found: &Match) -> Value {
    let model = found.model;
    let digits = 2 + usize::from(model.width).div_ceil(4);
    let word = |value: u64| format!("{value:#0digits$x}");
    json!({
        "name": model.name,
        "width": model.width,
        "poly": word(model.poly),
        "init": word(model.init),
        "refin": model.refin,
        "refout": model.refout,
        "xorout": word(model.xorout),
        "check": word(model.check),
        "residue": word(model.residue),
        "aliases": aliases(model),
        "other_names": other_names(model),
        "notation": found.notation.map(|notation| notation.name()),
    })
}

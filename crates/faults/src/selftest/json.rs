//! The self-test for programs.

use super::counts::Counts;
use super::row::{SelftestOutcome, SelftestRow, escapes};
use super::tiers::tiers_run;
use crate::right_diagnosis::Judgement;
use crcheck_harness::check::checks;
use crcheck_harness::report::environment::Environment;
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::Kind;
use serde_json::{Value, json};

/// The version of the JSON form, whose schema is `schemas/selftest.schema.json`.
pub const SCHEMA: &str = "crcheck/selftest/1";

/// The rows as one JSON object.
pub fn to_json(rows: &[SelftestRow], seed: u64) -> String {
    let counts = Counts::of(rows);
    let ablation: Vec<Value> = checks::ids()
        .map(|check| json!({ "without": check.name(), "escapes": escapes(rows, check) }))
        .collect();
    let tiers = tiers_run(rows);
    let rows: Vec<Value> = rows.iter().map(row_to_json).collect();
    let report = json!({
        "schema": SCHEMA,
        "verdict": counts.exit_code().verdict(),
        "seed": format!("{seed:#x}"),
        "environment": Environment::of_this_process(),
        "counts": {
            "right": counts.right,
            "wrong": counts.wrong,
            "skipped": counts.skipped,
            "unfinished": counts.unfinished,
        },
        "tiers": tiers,
        "rows": rows,
        "ablation": ablation,
    });
    format!("{report:#}\n")
}

fn row_to_json(row: &SelftestRow) -> Value {
    let diagnosis = row.diagnosis.as_ref().map(|judgement| match judgement {
        Judgement::Right => "right",
        Judgement::Wrong(_) => "wrong",
        Judgement::Unexplained => "unexplained",
    });
    let mut value = json!({
        "exhibit": row.name,
        "expected": row.expected.map(CheckId::name),
        "outcome": outcome_name(&row.outcome),
        "diagnosis": diagnosis,
        "found": findings_to_json(&row.found),
        "found_without": row.found_without.as_deref().map(findings_to_json),
        "unfinished": row.unfinished.iter().map(|check| check.name()).collect::<Vec<_>>(),
    });
    if let Some(Judgement::Wrong(said)) = &row.diagnosis {
        value["said"] = said.as_str().into();
    }
    if let SelftestOutcome::Skipped(reason) = &row.outcome {
        value["reason"] = reason.as_str().into();
    }
    value
}

fn findings_to_json(found: &[(CheckId, Kind)]) -> Value {
    let found = found.iter();
    found
        .map(|(check, kind)| json!({ "check": check.name(), "kind": kind.name() }))
        .collect()
}

fn outcome_name(outcome: &SelftestOutcome) -> &'static str {
    match outcome {
        SelftestOutcome::Right => "right",
        SelftestOutcome::Escaped => "escaped",
        SelftestOutcome::Misread => "misread",
        SelftestOutcome::Unexplained => "unexplained",
        SelftestOutcome::Accused => "accused",
        SelftestOutcome::NotNeeded => "not-needed",
        SelftestOutcome::Unfinished => "unfinished",
        SelftestOutcome::Skipped(_) => "skipped",
    }
}

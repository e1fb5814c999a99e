//! Judges a tier with changed code: each change must be found.

use crate::changed_code::Change;
use crate::early_end::EarlyEnd;
use crate::interpreted_tiers::not_interpreted;
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crate::report::PlantedFault;
use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::{Control, Event};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::kernel::Tier;
use crcheck_harness::machine::Cpu;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::interpretation::InterpretedTier;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Judges `tier` on `cpu` with a change, up to the first finding.
///
/// # Errors
/// If the run does not start, or the whole run is interrupted.
pub(crate) fn catch(
    change: &Change,
    tier: Tier,
    cpu: Cpu,
    options: &LegOptions<'_>,
) -> Result<PlantedFault, EarlyEnd> {
    let subject = InterpretedTier::new(tier, cpu).map_err(not_interpreted)?;
    let patches = vec![(change.address, change.bytes.clone())];
    let subjects: [Box<dyn Subject>; 1] = [Box::new(subject.with_patches(patches))];
    let plan = Plan {
        depth: Depth::of(DepthName::Quick),
        is_scaled: false,
        checks: CheckSet::none().with(checks::agree::ID),
        seed: options.seed,
        max_stack_bytes: None,
    };
    let kinds: Mutex<BTreeSet<String>> = Mutex::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let on_event = |event: &Event<'_>| {
        if let Event::Found { finding, .. } = event {
            let mut kinds = kinds.lock().expect("no panic while held");
            kinds.insert(finding.kind.name().to_owned());
        }
        // Nobody needs the smallest case of it.
        let has_found = !kinds.lock().expect("no panic while held").is_empty();
        if has_found || options.interrupted.load(Ordering::Relaxed) {
            is_over.store(true, Ordering::Relaxed);
        }
    };
    let control = Control {
        cancelled: &is_over,
        on_event: &on_event,
        ..Control::default()
    };
    let judged = run::run(&subjects, &plan, &control);
    judged.map_err(|error| EarlyEnd::new(LegOutcome::Broken, error.to_string()))?;
    if options.interrupted.load(Ordering::Relaxed) {
        let reason = "a change of the code was not judged to the end: interrupted";
        return Err(EarlyEnd::new(LegOutcome::Incomplete, reason));
    }
    let kinds = kinds.into_inner().expect("no panic while held");
    Ok(PlantedFault {
        fault: change.to_string(),
        is_caught: !kinds.is_empty(),
        kinds: kinds.into_iter().collect(),
        is_of_changed_code: true,
        illegal: None,
        emulator_message: None,
    })
}

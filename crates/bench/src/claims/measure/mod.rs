//! Measures what claims need.

mod control;
mod files;
mod go;
mod in_cache;
mod instructions;
mod memory;
mod rates;
mod reader;

use super::claim::Need;
use super::measured::{MachineFacts, Measured};
use crate::pin;
use std::collections::BTreeSet;
use std::thread;

pub use control::MeasureControl;
pub use go::{find_on_path, is_program};

/// Measures what `needs` names, in the order of [`Need::ALL`], until the control ends it. What is
/// not measured stays unfinished.
///
/// What this process measures stays on one core. Go has all of them.
pub fn measure(
    needs: &BTreeSet<Need>,
    machine: MachineFacts,
    control: &MeasureControl<'_>,
) -> Measured {
    let mut measured = Measured::nothing(machine);
    thread::scope(|scope| {
        let on_one_core = scope.spawn(|| {
            measured.core = pin::pin(None).ok();
            add_all(needs, |need| need != Need::Go, &mut measured, control);
        });
        if let Err(panic) = on_one_core.join() {
            std::panic::resume_unwind(panic);
        }
    });
    add_all(needs, |need| need == Need::Go, &mut measured, control);
    measured
}

fn add_all(
    needs: &BTreeSet<Need>,
    is_now: impl Fn(Need) -> bool,
    measured: &mut Measured,
    control: &MeasureControl<'_>,
) {
    let now = Need::ALL.into_iter();
    for need in now.filter(|need| needs.contains(need) && is_now(*need)) {
        if control.is_over() {
            break;
        }
        (control.on_begin)(need);
        add(need, measured, control);
    }
}

fn add(need: Need, measured: &mut Measured, control: &MeasureControl<'_>) {
    match need {
        Need::Loops => measured.loops = in_cache::measure(control, &mut measured.wrong),
        Need::Memory => measured.memory = memory::measure(control, &mut measured.wrong),
        Need::Instructions => measured.instructions = instructions::measure(control),
        Need::Files => measured.files = files::measure(control, &mut measured.wrong),
        Need::Reader => measured.reader = reader::measure(control),
        Need::Go => measured.go = go::measure(control, &mut measured.left_out),
    }
}

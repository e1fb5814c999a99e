//! The rows of a measurement, from what a user selects.

use crate::report::NotTimed;
use crate::scenario::{Mode, Scenario};

/// The selected rows.
#[derive(Clone, Debug, Default)]
pub struct RowSelection<'a> {
    /// The modes; every mode if there are none.
    pub modes: &'a [Mode],
    /// The sizes in bytes; if there are none, those of each mode.
    pub sizes_bytes: &'a [usize],
    /// The addresses modulo 64, for modes that leave the start free; 0 if there are none.
    pub offsets_bytes: &'a [usize],
}

impl RowSelection<'_> {
    /// The rows, each once, and the sizes that a mode does not take.
    pub fn scenarios(&self) -> (Vec<Scenario>, Vec<NotTimed>) {
        let modes = if self.modes.is_empty() {
            &Mode::ALL[..]
        } else {
            self.modes
        };
        let mut scenarios = Vec::new();
        let mut skipped = Vec::new();
        for &mode in modes {
            let sizes = if self.sizes_bytes.is_empty() {
                mode.sizes()
            } else {
                self.sizes_bytes
            };
            for &size_bytes in sizes {
                match mode.refusal(size_bytes) {
                    Some(reason) => skipped.push(NotTimed {
                        what: scenario(mode, size_bytes, 0).to_string(),
                        reason,
                        is_required: false,
                    }),
                    None => self.add(mode, size_bytes, &mut scenarios),
                }
            }
        }
        (scenarios, skipped)
    }

    fn add(&self, mode: Mode, size_bytes: usize, scenarios: &mut Vec<Scenario>) {
        let offsets = if mode.takes_an_offset() && !self.offsets_bytes.is_empty() {
            self.offsets_bytes
        } else {
            &[0]
        };
        for &offset_bytes in offsets {
            let scenario = scenario(mode, size_bytes, offset_bytes);
            if !scenarios.contains(&scenario) {
                scenarios.push(scenario);
            }
        }
    }
}

fn scenario(mode: Mode, size_bytes: usize, offset_bytes: usize) -> Scenario {
    Scenario {
        mode,
        size_bytes,
        offset_bytes,
    }
}

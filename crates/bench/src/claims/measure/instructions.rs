//! Instructions, in cycles of the clock that is measured beside them.

use super::control::MeasureControl;
use crate::claims::answer::Missing;
use crate::claims::measured::Instructions;
use crate::limits;

pub(super) fn measure(control: &MeasureControl<'_>) -> Result<Instructions, Missing> {
    let timings = limits::instructions::measure(control.cancelled);
    control.go_on()?;
    if timings.is_empty() {
        let text = "the instructions are those of x86-64, and this is another architecture";
        return Err(Missing::not_here(text));
    }
    let clock_ghz = limits::clock_ghz(control.cancelled);
    control.go_on()?;
    Ok(Instructions { clock_ghz, timings })
}

//! A register before the message and a result that both have their bytes in reverse order.

use crate::algebra::reverse_bytes;
use crate::call::Call;
use crate::experiment::Experiment;
use crate::hypothesis::Hypothesis;
use crate::reference::Reference;
use std::fmt;

/// The subject takes the checksum before the message, and gives its result, in the byte order of
/// the other kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwappedEnds;

pub(crate) fn candidate(experiment: &Experiment<'_>) -> Option<SwappedEnds> {
    let width = experiment.reference.model.width;
    (width.is_multiple_of(8) && width > 8).then_some(SwappedEnds)
}

impl Hypothesis for SwappedEnds {
    fn predict(&self, reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let width = reference.model.width;
        let checksum = reverse_bytes(call.checksum & reference.model.mask(), width);
        reverse_bytes(reference.update(checksum, &call.message), width)
    }

    fn text_of_one_shot(&self, _digits: usize) -> String {
        "starts from the initial register, and gives its result, with the bytes in reverse order"
            .to_owned()
    }
}

impl fmt::Display for SwappedEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "takes the register that it is given, and gives its result, with the bytes in reverse \
             order",
        )
    }
}

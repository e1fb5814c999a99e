//! What a right subject gives, by a judge that shares no code with any subject.

use crate::call::Call;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;

#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) model: Model,
    judge: Slicing16,
}

impl Reference {
    pub(crate) fn new(model: &Model) -> Self {
        Self {
            model: model.clone(),
            judge: Slicing16::new(model),
        }
    }

    /// The checksum after `message`, from the checksum before it.
    pub(crate) fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.judge.update(checksum, message)
    }

    /// The checksum that a right subject gives for a call.
    pub(crate) fn expected(&self, call: &Call) -> u64 {
        self.update(call.checksum, &call.message)
    }

    /// The bytes of a register, rounded up.
    pub(crate) fn register_bytes(&self) -> usize {
        usize::from(self.model.width).div_ceil(8)
    }
}

//! What a right subject gives, by a judge that shares no code with any subject.

use crate::algebra::Ring;
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

    /// The register before the message of `call` from which a right subject gives `answer` instead
    /// of `expected`.
    pub(crate) fn register_behind(&self, call: &Call, answer: u64, expected: u64) -> u64 {
        let difference = (answer ^ expected) & self.model.mask();
        let before = Ring::of(&self.model).before(difference, call.length());
        self.model.register_of(call.checksum) ^ before
    }

    /// The register that a call with the initial checksum begins with.
    pub(crate) fn initial_register(&self) -> u64 {
        self.model.register_of(self.model.initial_checksum())
    }

    /// The bytes of a register, rounded up.
    pub(crate) fn register_bytes(&self) -> usize {
        usize::from(self.model.width).div_ceil(8)
    }
}

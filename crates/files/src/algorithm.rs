//! What computes the checksums of a model.

use crcheck_oracle::Judge;
use crcheck_oracle::advance;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;

/// The model of the kernel.
const KERNEL_MODEL: &str = "CRC-32/ISO-HDLC";

/// What computes the checksums of one model: the kernel for its own, tables for every other one.
/// Both follow the zlib convention: an update takes the checksum before a message and returns the
/// checksum after it.
#[derive(Clone, Debug)]
pub struct Algorithm {
    model: Model,
    /// `None`: the kernel.
    table: Option<Slicing16>,
}

impl Algorithm {
    /// The fastest that there is for `model`.
    pub fn new(model: &Model) -> Self {
        let table = (model.name != KERNEL_MODEL).then(|| Slicing16::new(model));
        Self {
            model: model.clone(),
            table,
        }
    }

    /// The model.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The name of what computes: the kernel's tier, or `slicing-16`.
    pub fn name(&self) -> &'static str {
        match &self.table {
            None => crcheck_kernel::Tier::detect().name(),
            Some(table) => table.id(),
        }
    }

    /// Whether the kernel computes.
    pub const fn is_kernel(&self) -> bool {
        self.table.is_none()
    }

    /// The checksum of the empty message.
    pub const fn initial_checksum(&self) -> u64 {
        self.model.initial_checksum()
    }

    /// The checksum after `message`, from the checksum before it.
    #[inline]
    pub fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        match &self.table {
            // The model has 32 bits.
            None => u64::from(crcheck_kernel::update(checksum as u32, message)),
            Some(table) => table.update(checksum, message),
        }
    }

    /// The checksum of A || B from those of A and B.
    pub fn combine(&self, a: u64, b: u64, len_b_bytes: u64) -> u64 {
        match &self.table {
            None => u64::from(crcheck_kernel::combine(a as u32, b as u32, len_b_bytes)),
            Some(_) => advance::combine(&self.model, a, b, len_b_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_oracle::catalogue;

    #[test]
    fn every_model_gives_its_check_in_one_piece_and_in_two() {
        for model in catalogue::all() {
            let algorithm = Algorithm::new(model);
            let initial = algorithm.initial_checksum();
            assert_eq!(algorithm.update(initial, b"123456789"), model.check);
            let (a, b) = (
                algorithm.update(initial, b"12345"),
                algorithm.update(initial, b"6789"),
            );
            assert_eq!(algorithm.combine(a, b, 4), model.check, "{}", model.name);
        }
    }
}

//! What computes the checksums of a model.

use crcheck_oracle::Judge;
use crcheck_oracle::advance;
use crcheck_oracle::crc_crate::CrcCrate;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use std::fmt;
use std::sync::Arc;

/// The model of the kernel.
const KERNEL_MODEL: &str = "CRC-32/ISO-HDLC";

/// An update: it takes the checksum before a message, and returns the checksum after it.
type Update = dyn Fn(u64, &[u8]) -> u64 + Send + Sync;

/// What computes the checksums of one model: the kernel for its own, tables for every other one.
/// Both follow the zlib convention: an update takes the checksum before a message and returns the
/// checksum after it.
#[derive(Clone, Debug)]
pub struct Algorithm {
    model: Model,
    code: Code,
}

#[derive(Clone)]
enum Code {
    Kernel,
    Table(Slicing16),
    Given(&'static str, Arc<Update>),
}

impl Algorithm {
    /// The fastest that there is for `model`.
    pub fn new(model: &Model) -> Self {
        let code = if model.name == KERNEL_MODEL {
            Code::Kernel
        } else {
            Code::Table(Slicing16::new(model))
        };
        Self {
            model: model.clone(),
            code,
        }
    }

    /// `update` as the code of `model`, by this name: code of others, or faulty code in a test. It
    /// holds no lock and owns nothing while it reads its message: a message that vanishes from the
    /// disk ends it where it is.
    pub fn with_update(
        model: &Model,
        name: &'static str,
        update: impl Fn(u64, &[u8]) -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            model: model.clone(),
            code: Code::Given(name, Arc::new(update)),
        }
    }

    /// The model.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The name of what computes: the kernel's tier, `slicing-16`, or the given one.
    pub fn name(&self) -> &'static str {
        match &self.code {
            Code::Kernel => crcheck_kernel::Tier::detect().name(),
            Code::Table(table) => table.id(),
            Code::Given(name, _) => name,
        }
    }

    /// Whether the kernel computes.
    pub const fn is_kernel(&self) -> bool {
        matches!(self.code, Code::Kernel)
    }

    /// A judge of the same model that shares no code with this.
    pub fn oracle(&self) -> Box<dyn Judge> {
        match self.code {
            Code::Table(_) => Box::new(CrcCrate::new(&self.model)),
            Code::Kernel | Code::Given(..) => Box::new(Slicing16::new(&self.model)),
        }
    }

    /// The checksum of the empty message.
    pub const fn initial_checksum(&self) -> u64 {
        self.model.initial_checksum()
    }

    /// The checksum after `message`, from the checksum before it.
    #[inline]
    pub fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        match &self.code {
            // The model has 32 bits.
            Code::Kernel => u64::from(crcheck_kernel::update(checksum as u32, message)),
            Code::Table(table) => table.update(checksum, message),
            Code::Given(_, update) => update(checksum, message),
        }
    }

    /// The checksum of A || B from those of A and B.
    pub fn combine(&self, a: u64, b: u64, len_b_bytes: u64) -> u64 {
        match &self.code {
            Code::Kernel => u64::from(crcheck_kernel::combine(a as u32, b as u32, len_b_bytes)),
            Code::Table(_) | Code::Given(..) => advance::combine(&self.model, a, b, len_b_bytes),
        }
    }

    /// The checksum after `len_bytes` bytes of zeros, from the checksum before them.
    ///
    /// With Z the map of registers of `len_bytes` zeros, combine(a, b) = Z (a ^ initial) ^ b. The
    /// register before them is `checksum` ^ xorout, and so is the one after them.
    pub fn update_zeros(&self, checksum: u64, len_bytes: u64) -> u64 {
        if len_bytes == 0 {
            return checksum;
        }
        let xorout = self.model.xorout;
        let register = checksum ^ xorout;
        self.combine(register ^ self.initial_checksum(), xorout, len_bytes)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kernel => "Kernel",
            Self::Table(_) => "Table",
            Self::Given(name, _) => name,
        })
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

    #[test]
    fn zeros_by_number_equal_zeros_as_bytes() {
        for model in catalogue::all() {
            let algorithm = Algorithm::new(model);
            for before in [algorithm.initial_checksum(), model.check] {
                for len_bytes in [0, 1, 7, 4096] {
                    let read = algorithm.update(before, &vec![0; len_bytes]);
                    let advanced = algorithm.update_zeros(before, len_bytes as u64);
                    assert_eq!(advanced, read, "{} {len_bytes}", model.name);
                }
            }
        }
    }

    #[test]
    fn the_oracle_is_other_code() {
        for model in catalogue::all() {
            let algorithm = Algorithm::new(model);
            let oracle = algorithm.oracle();
            assert_ne!(oracle.id(), algorithm.name());
            let initial = algorithm.initial_checksum();
            assert_eq!(oracle.update(initial, b"123456789"), model.check);
        }
    }
}

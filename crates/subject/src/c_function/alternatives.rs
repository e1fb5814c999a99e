//! The interfaces that a function may have, as far as nobody has stated them.

use super::convention::Convention;
use super::interface::Interface;
use super::result_form::ResultForm;
use super::signature::Signature;
use crcheck_oracle::model::Model;

/// Which parts of an interface the user has stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The signature.
    pub signature: bool,
    /// The convention.
    pub convention: bool,
    /// How the result is written.
    pub result: bool,
}

impl Stated {
    /// None of them.
    pub const NOTHING: Self = Self {
        signature: false,
        convention: false,
        result: false,
    };

    /// All of them.
    pub const ALL: Self = Self {
        signature: true,
        convention: true,
        result: true,
    };
}

/// The orders that public libraries have.
const SIGNATURES: [&str; 14] = [
    "crc,buf,len",
    "buf,len,crc",
    "crc,len,buf",
    "len,buf,crc",
    "buf,crc,len",
    "len,crc,buf",
    "buf,len",
    "len,buf",
    "crc,buf,end",
    "buf,end,crc",
    "buf,end",
    "&crc,buf,len",
    "buf,len,&crc",
    "buf,len,out",
];

impl Interface {
    /// The interfaces that agree with this one in what is stated, without this one.
    pub(crate) fn alternatives(&self, stated: Stated, model: &Model) -> Vec<Self> {
        let signatures: Vec<Signature> = match stated.signature {
            true => vec![self.signature.clone()],
            false => SIGNATURES
                .iter()
                .map(|text| text.parse().expect("a signature"))
                .collect(),
        };
        // Without xorout, registers are checksums.
        let conventions = match stated.convention || model.xorout == 0 {
            true => vec![self.convention],
            false => Convention::ALL.to_vec(),
        };
        // One byte has no order. Text is not tried: almost no function returns it.
        let forms = match stated.result || model.width <= 8 {
            true => vec![self.result],
            false => vec![ResultForm::Native, ResultForm::BigEndian],
        };
        let mut alternatives = Vec::new();
        for signature in &signatures {
            for &convention in &conventions {
                for &result in &forms {
                    let other = Self {
                        convention,
                        signature: signature.clone(),
                        result,
                        ..self.clone()
                    };
                    if other != *self {
                        alternatives.push(other);
                    }
                }
            }
        }
        alternatives
    }
}

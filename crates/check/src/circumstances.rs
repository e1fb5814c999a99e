//! Where and how a case was found.

use crcheck_kernel::Tier;
use crcheck_platform::cpu_name::cpu_name;
use serde::{Deserialize, Serialize};

/// Where and how a case was found, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// crcheck's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crcheck: Option<String>,
    /// The CPU's name by the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// The tier that the kernel's dispatcher chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The depth of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<String>,
    /// The seed, as the command line takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// The whole command line, as a shell takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The SHA-256 of the file with the subject's code, in hexadecimal; only of a library and of a
    /// program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_sha256: Option<String>,
}

impl Circumstances {
    /// This program on this machine.
    pub fn here() -> Self {
        Self {
            crcheck: Some(env!("CARGO_PKG_VERSION").to_owned()),
            cpu: Some(cpu_name()),
            tier: Some(Tier::detect().name().to_owned()),
            ..Self::default()
        }
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

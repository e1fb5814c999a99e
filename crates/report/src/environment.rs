//! Where a run took place.

use crcheck_kernel::Tier;
use crcheck_kernel::cpu::Features;
use crcheck_platform::asan;
use crcheck_platform::cpu_name::cpu_name;
use serde::Serialize;

/// Facts about the machine and the program.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// crcheck's version.
    pub crcheck: &'static str,
    /// The architecture that the program was built for.
    pub arch: &'static str,
    /// The CPU's name by the operating system.
    pub cpu: String,
    /// The features that tiers ask for and that this machine has.
    pub features: Vec<&'static str>,
    /// The tier that the kernel's dispatcher chooses.
    pub tier: &'static str,
    /// Whether the program was built with AddressSanitizer.
    pub address_sanitizer: bool,
    /// The rights that the processes of foreign subjects had given up; empty without such
    /// processes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sandbox: String,
}

impl Environment {
    /// The facts of this process.
    pub fn of_this_process() -> Self {
        Self {
            crcheck: env!("CARGO_PKG_VERSION"),
            arch: std::env::consts::ARCH,
            cpu: cpu_name(),
            features: Features::detect()
                .iter()
                .map(|feature| feature.name())
                .collect(),
            tier: Tier::detect().name(),
            address_sanitizer: asan::is_active(),
            sandbox: String::new(),
        }
    }
}

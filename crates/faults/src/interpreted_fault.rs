//! Planted faults whose machine code is interpreted, on CPUs that this machine is not.

use crate::spec::{FaultCode, FaultSpec};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{CpuidWords, Features};
use crcheck_harness::machine::Cpu;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::interpretation::InterpretedFunction;
use crcheck_harness::subject::{Capabilities, Interpreted, Subject, SubjectName};

/// A fault on a CPU.
pub(crate) struct InterpretedFault {
    function: InterpretedFunction,
    code: FaultCode,
}

impl InterpretedFault {
    /// `fault` on `cpu`; `None` if nobody can interpret it.
    pub(crate) fn new(fault: &FaultSpec, cpu: Cpu) -> Option<Self> {
        if cfg!(not(target_arch = "x86_64")) {
            return None;
        }
        let code = fault.code?;
        let name = format!("fault:{}", fault.name);
        let tier = (code.tier)(features(&cpu));
        let function = InterpretedFunction::new(name.into(), code.entry, cpu, Some(tier));
        Some(Self { function, code })
    }
}

/// The features that the kernel sees on a CPU.
fn features(cpu: &Cpu) -> Features {
    let leaf = |leaf| cpu.cpuid.cpuid(leaf, 0);
    let xcr0 = || cpu.cpuid.xcr0().unwrap_or_default();
    Features::from_cpuid(&CpuidWords::ask(leaf, xcr0))
}

impl Subject for InterpretedFault {
    fn name(&self) -> SubjectName {
        self.function.name()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.function.update(checksum, message)
    }

    fn model(&self) -> Model {
        self.function.model()
    }

    fn capabilities(&self) -> Capabilities {
        self.function.capabilities()
    }

    fn select(&self, features: Features) -> Option<Tier> {
        let FaultCode { tier, .. } = self.code;
        self.code.is_dispatcher.then(|| tier(features))
    }

    fn entered(&self) -> Option<u64> {
        self.function.entered()
    }

    fn interpreted(&self) -> Option<&dyn Interpreted> {
        self.function.interpreted()
    }
}

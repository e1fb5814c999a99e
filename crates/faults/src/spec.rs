//! The row of a planted fault.

use crate::draw::Draw;
use crate::need::{NOTHING, Need};
use crate::right_diagnosis::RightDiagnosis;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Features;
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::Kind;
use crcheck_harness::subject::interpretation::ProgramEntry;

/// A planted fault: what is wrong, what must be found, and how the kernel is made.
pub struct FaultSpec {
    /// The name: `fault:NAME` on the command line, `fault:NAME@SEED` if its parameters come from a
    /// seed.
    pub name: &'static str,
    /// What is wrong, in one sentence. It leaves drawn parameters open.
    pub summary: &'static str,
    /// Where the mechanism was seen.
    pub source: &'static str,
    /// The check that must catch it.
    pub caught_by: CheckId,
    /// A right finding has one of these kinds.
    pub kinds: &'static [Kind],
    /// Whether only that check can catch it.
    pub necessity: Necessity,
    /// What a machine must have to show it.
    pub(crate) need: Need,
    /// The fault for an interpreter; `None` if there is none.
    pub(crate) code: Option<FaultCode>,
    pub(crate) recipe: Recipe,
}

/// Whether a fault goes unnoticed without its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Necessity {
    /// It does: without the check the default plan is green.
    Alone,
    /// Other checks see it too, for this reason.
    Shared(&'static str),
}

/// Why a fault of values is never seen by one check alone.
pub(crate) const BY_VALUE: &str =
    "every check compares values, so any of them may meet the wrong one";

/// How a faulty kernel is made, and what a right diagnosis of it says.
#[derive(Clone, Copy)]
pub(crate) enum Recipe {
    /// The same kernel for every seed.
    Fixed {
        make: fn() -> TestKernel,
        diagnosis: fn() -> RightDiagnosis,
    },
    /// A kernel whose parameters come from a seed, so that nobody can learn its diagnosis by heart.
    Drawn(fn(&mut Draw) -> (TestKernel, RightDiagnosis)),
    /// A function of the library in C. The values of its macros come from a seed.
    Library {
        symbol: &'static str,
        draw: fn(&mut Draw) -> (Macros, RightDiagnosis),
    },
}

/// A fault as a function whose machine code can be interpreted, on CPUs that this machine is not.
#[derive(Clone, Copy)]
pub(crate) struct FaultCode {
    pub(crate) entry: ProgramEntry,
    /// The tier whose code it runs on a CPU with these features.
    pub(crate) tier: fn(Features) -> Tier,
    /// Whether that is a dispatcher's choice, which can be wrong.
    pub(crate) is_dispatcher: bool,
}

/// Names and values of macros.
pub(crate) type Macros = Vec<(&'static str, usize)>;

impl FaultSpec {
    /// A fault without parameters. Until the other methods say more, `agree` meets a wrong value,
    /// and the kind of the finding is the whole diagnosis.
    pub(crate) const fn fixed(
        name: &'static str,
        summary: &'static str,
        source: &'static str,
        make: fn() -> TestKernel,
    ) -> Self {
        let diagnosis = || RightDiagnosis::Observed;
        Self::new(name, summary, source, Recipe::Fixed { make, diagnosis })
    }

    /// A fault with parameters from a seed. Until the other methods say more, `agree` meets a wrong
    /// value.
    pub(crate) const fn drawn(
        name: &'static str,
        summary: &'static str,
        source: &'static str,
        draw: fn(&mut Draw) -> (TestKernel, RightDiagnosis),
    ) -> Self {
        Self::new(name, summary, source, Recipe::Drawn(draw))
    }

    /// A fault in C. Until the other methods say more, `agree` meets a wrong value.
    pub(crate) const fn in_library(
        (name, symbol): (&'static str, &'static str),
        summary: &'static str,
        source: &'static str,
        draw: fn(&mut Draw) -> (Macros, RightDiagnosis),
    ) -> Self {
        Self::new(name, summary, source, Recipe::Library { symbol, draw })
    }

    const fn new(
        name: &'static str,
        summary: &'static str,
        source: &'static str,
        recipe: Recipe,
    ) -> Self {
        Self {
            name,
            summary,
            source,
            caught_by: checks::agree::ID,
            kinds: &[Kind::WrongValue],
            necessity: Necessity::Shared(BY_VALUE),
            need: NOTHING,
            code: None,
            recipe,
        }
    }

    /// `check` must catch it, as one of these kinds, and no other check can.
    pub(crate) const fn caught_only_by(mut self, check: CheckId, kinds: &'static [Kind]) -> Self {
        self.caught_by = check;
        self.kinds = kinds;
        self.necessity = Necessity::Alone;
        self
    }

    /// `check` must catch it, as one of these kinds. Other checks may, for the reason `shared`.
    pub(crate) const fn caught_by(
        mut self,
        check: CheckId,
        kinds: &'static [Kind],
        shared: &'static str,
    ) -> Self {
        self.caught_by = check;
        self.kinds = kinds;
        self.necessity = Necessity::Shared(shared);
        self
    }

    /// A machine must have this to show it.
    pub(crate) const fn needing(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// An interpreter runs this code of it.
    pub(crate) const fn with_code(mut self, code: FaultCode) -> Self {
        self.code = Some(code);
        self
    }

    /// What a right diagnosis of a fixed fault says.
    pub(crate) const fn diagnosed_as(mut self, diagnosis: fn() -> RightDiagnosis) -> Self {
        let Recipe::Fixed { make, .. } = self.recipe else {
            panic!("a drawn fault gives its diagnosis together with its kernel");
        };
        self.recipe = Recipe::Fixed { make, diagnosis };
        self
    }

    /// Whether its parameters come from a seed.
    pub fn is_drawn(&self) -> bool {
        !matches!(self.recipe, Recipe::Fixed { .. })
    }

    /// Whether it is a function of the library in C, which needs a worker process.
    pub fn is_in_library(&self) -> bool {
        matches!(self.recipe, Recipe::Library { .. })
    }

    /// Whether its calls end their process: each check then costs hundreds of processes.
    pub(crate) fn ends_process(&self) -> bool {
        matches!(self.kinds, [Kind::Crash | Kind::Hang])
    }

    /// Whether a finding of this check and kind is the right one.
    pub(crate) fn is_right_finding(&self, check: CheckId, kind: Kind) -> bool {
        check == self.caught_by && self.kinds.contains(&kind)
    }
}

//! What a filter asks of the arguments of a request.

use seccompiler::{
    BackendError, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition as Compiled, SeccompRule,
};

/// A condition on an argument, which is named by its index. Of each argument the lower 32 bits
/// count, as the operating system reads them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    /// The bits of the first number are those of the second.
    Bits(u8, u32, u32),
    /// It is another number.
    IsNot(u8, u32),
    /// It is not 0 and not this process: 0 stands for the caller, or for its process group.
    NamesAnother(u8),
}

/// The rule that all conditions hold.
///
/// # Errors
/// If there is no condition.
pub(super) fn rule(conditions: &[Condition]) -> Result<SeccompRule, BackendError> {
    let compiled: Result<Vec<_>, _> = conditions.iter().flat_map(compile).collect();
    SeccompRule::new(compiled?)
}

fn compile(condition: &Condition) -> Vec<Result<Compiled, BackendError>> {
    let dword = |argument, operator, value: u32| {
        Compiled::new(argument, SeccompCmpArgLen::Dword, operator, value.into())
    };
    match *condition {
        Condition::Bits(argument, mask, value) => {
            let operator = SeccompCmpOp::MaskedEq(mask.into());
            vec![dword(argument, operator, value)]
        }
        Condition::IsNot(argument, value) => vec![dword(argument, SeccompCmpOp::Ne, value)],
        Condition::NamesAnother(argument) => [0, std::process::id()]
            .map(|number| dword(argument, SeccompCmpOp::Ne, number))
            .into(),
    }
}

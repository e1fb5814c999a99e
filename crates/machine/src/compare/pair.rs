//! Compares two executors.

use super::difference::Difference;
use super::rig::Rig;
use super::unread::{Execution, dependence_on_unread, randomised};
use crate::executor::Executor;
use crate::forms::{Case, Form, Generator};
use std::ops::Range;

/// How two executors compare on one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// How many cases both have executed.
    pub case_count: u32,
    /// The first cases on which they differ.
    pub differences: Vec<Difference>,
}

/// A form with as many differences is wrong as a whole.
pub(crate) const DIFFERENCES_MAX: usize = 4;

/// Compares two executors on cases of a form. Each case is executed as drawn, and with other values
/// in all that the decoder calls unread. No result may depend on those.
pub fn compare<A: Executor, B: Executor>(
    one: &mut Rig<A>,
    other: &mut Rig<B>,
    generator: &Generator,
    form: Form,
    numbers: Range<u32>,
) -> Agreement {
    let mut agreement = Agreement::default();
    for case in numbers.filter_map(|number| generator.case(form, number)) {
        let Some(found) = difference(one, other, &case) else {
            continue;
        };
        agreement.case_count += 1;
        agreement.differences.extend(found);
        if agreement.differences.len() == DIFFERENCES_MAX {
            break;
        }
    }
    agreement
}

/// What is wrong with a case; `None` if one of the executors does not know it.
fn difference<A: Executor, B: Executor>(
    one: &mut Rig<A>,
    other: &mut Rig<B>,
    case: &Case,
) -> Option<Option<Difference>> {
    let changed = randomised(case);
    let mut outcomes = Vec::new();
    for case in [case, &changed] {
        let (first, second) = (one.run(case)?, other.run(case)?);
        if first != second {
            let sides = [(A::NAME, &first), (B::NAME, &second)];
            return Some(Some(Difference::of(case, sides)));
        }
        outcomes.push(first);
    }
    let execution = |case, number: usize| Execution {
        case,
        outcome: &outcomes[number],
    };
    Some(dependence_on_unread(
        execution(case, 0),
        execution(&changed, 1),
    ))
}

//! Diagnosis: what a subject computes instead of the checksum, in one sentence that every answer
//! bears out.
//!
//! Linear errors show on chosen inputs. For errors of structure a diagnosis tries hypotheses. Each
//! hypothesis is an [`Effect`] that predicts answers, and it learns the [`Conditions`] under which
//! it shows. It must account for every known answer, right ones included. Then it must predict new
//! random calls that try to refute it. A call that refutes it becomes a known answer, and the
//! hypothesis may learn from that a few times. A diagnosis never contradicts a known answer. If no
//! hypothesis accounts for all of them, the diagnosis says what was seen and calls it unexplained.
//!
//! Predictions come from the judges of `crcheck-oracle`, never from code that a subject could
//! share.
//!
//! **The modules**, from the ground up. Each names only modules before it:
//!
//! 1. `algebra`, `number_list`: polynomials modulo P, and lists of numbers for people; `budget`:
//!    the time limit; `call`: one call as data.
//! 2. `reference`: the right answers; `experiment`: calls of the subject, and its answers.
//! 3. `condition`, `conditions`: when wrong answers appear; `region`: bytes of any message.
//! 4. `hypothesis`: what a hypothesis does. Its families: `changed_result`, `uncut_register`,
//!    `swapped_ends`, `changed_register`, `algorithm`, `mixed_bit_order`, `signed_shift`,
//!    `signed_word`, `changed_message`, `weight`, `table_entry`, `fold`, and `combine` for the
//!    combination of checksums.
//! 5. `effect`: one type for all families, and their list; `cause`: an effect and its conditions;
//!    `diagnosis`: what a diagnosis says; `evidence`: what it rests on.
//! 6. `trial_calls`: the calls of an experiment; `unexplained`: what is known without a cause;
//!    `upper_bits`: what is known if the low bits are right; `diagnose`, `diagnose_combine`: the
//!    ways in.

#![forbid(unsafe_code)]

mod algebra;
mod algorithm;
mod budget;
mod call;
mod cause;
mod changed_message;
mod changed_register;
mod changed_result;
mod combine;
mod condition;
mod conditions;
mod diagnose;
mod diagnose_combine;
mod diagnosis;
mod effect;
mod evidence;
mod experiment;
mod fold;
mod hypothesis;
mod mixed_bit_order;
mod number_list;
mod reference;
mod region;
mod signed_shift;
mod signed_word;
mod swapped_ends;
mod table_entry;
mod trial_calls;
mod uncut_register;
mod unexplained;
mod upper_bits;
mod weight;

pub use algorithm::Algorithm;
pub use call::Call;
pub use cause::Cause;
pub use changed_message::{ChangedMessage, Padding};
pub use changed_register::{ChangedRegister, Rest};
pub use changed_result::ChangedResult;
pub use combine::Combine;
pub use condition::{Condition, Quantity};
pub use conditions::Conditions;
pub use diagnose::diagnose;
pub use diagnose_combine::{CombineFn, diagnose_combine};
pub use diagnosis::{Confidence, Diagnosis};
pub use effect::Effect;
pub use experiment::{CallFn, Experiment};
pub use fold::{Fold, Half};
pub use mixed_bit_order::MixedBitOrder;
pub use region::{Anchor, Extent, Region};
pub use signed_shift::SignedShift;
pub use signed_word::{Join, SignedWord};
pub use swapped_ends::SwappedEnds;
pub use table_entry::TableEntry;
pub use uncut_register::{Step, UncutRegister};
pub use weight::{Carried, Weight};

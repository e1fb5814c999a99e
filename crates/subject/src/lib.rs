//! What is under test: subjects, and how to call them.
//!
//! # Modules
//!
//! Each uses only modules above it.
//!
//! | module | what it holds |
//! |---|---|
//! | `check_id`, `kind`, `rate` | the vocabulary of checks, of findings, of speed |
//! | `stop`, `calls` | what stops a call; calls as data |
//! | `executed_by` | what executes code |
//! | `losses`, `until`, `wait` | the processes that calls cost; when calls end |
//! | `blindness` | what keeps accesses outside of a message from being seen |
//! | [`c_function`] | a function of a library, and calls of it by its signature |
//! | `output_form` | how a program writes a checksum |
//! | `library_spec`, `program_spec`, `subject_name` | a subject by its name |
//! | `account`, `caller` | what interpreted calls have executed; the trait of what makes calls |
//! | [`worker`] | calls in another process |
//! | `checked_io` | the traits of readers and writers that compute checksums |
//! | `foreign`, `interpreted`, `capabilities`, `machine_answers` | what a subject is and offers |
//! | `subject` | the trait of what is under test |
//! | `models` | the models of the subjects of a run |
//! | `in_process`, `open`, `measured_rate` | calls in this process; opens a caller; a rate |
//! | `tier`, `direct_call`, [`library`], [`program`] | the subjects |
//! | [`interpretation`] | subjects whose machine code is interpreted |

mod account;
mod blindness;
pub mod c_function;
mod caller;
mod calls;
mod capabilities;
mod check_id;
mod checked_io;
mod combine_lengths;
mod direct_call;
mod executed_by;
mod foreign;
mod in_process;
pub mod interpretation;
mod interpreted;
mod kind;
pub mod library;
mod library_spec;
mod losses;
mod machine_answers;
mod measured_rate;
mod models;
mod open;
mod output_form;
pub mod program;
mod program_spec;
mod rate;
mod stop;
mod subject;
mod subject_name;
mod tier;
mod tier_features;
mod tiers_run;
mod until;
mod wait;
pub mod worker;

pub use account::{Account, Unmodelled};
pub use blindness::Blindness;
pub use c_function::StreamAbilities;
pub use caller::Caller;
pub use calls::{
    Apart, FILLS, FirstCall, FirstCalls, FirstCallsMade, Fresh, Origin, Race, Raced, STREAMS_MAX,
    Start, Step, StreamOperation, StreamStep, Turns, TurnsResult,
};
pub use capabilities::{Capabilities, Form, TierCode};
pub use check_id::CheckId;
pub use checked_io::{ByteStream, Checked, CheckedReader, CheckedWriter};
pub use combine_lengths::CombineLengths;
pub use executed_by::ExecutedBy;
pub use foreign::{Foreign, ForeignError, OtherInterface};
pub use in_process::stack_of_the_way_bytes;
pub use interpreted::Interpreted;
pub use kind::Kind;
pub use losses::Losses;
pub use machine_answers::{CpuidAnswers, MachineAnswers};
pub use measured_rate::measured_rate;
pub use models::Models;
pub use open::open;
pub use rate::{Pace, Rate};
pub use stop::{CALLER_CRASHES, Stop, StopPlace};
pub use subject::{Stream, Subject, mined_lengths, running_tier, thresholds};
pub use subject_name::SubjectName;
pub use tier::{TierSubject, available_tiers, emulated_tiers, kernel_features};
pub use tier_features::{missing_features, unpreferred_reasons};
pub use tiers_run::{SOFTWARE, TiersRun, is_of_this_architecture, tiers_of_this_architecture};
pub use until::Until;
pub use wait::Wait;

//! Calls in another process. A worker of ours calls a library; a program takes calls on its pipes.
//!
//! A worker is this program under a hidden subcommand. It shares two memory files with its parent:
//! the [messages](crcheck_platform::message_memory), which it can only read, and a block of
//! requests and answers. Before each call it writes down which one it is. So the case that ends it,
//! or that does not return, is known. Another worker then goes on after that case.

mod account;
mod audited_calls;
mod combined_calls;
mod doorbell;
mod first_calls;
mod handler_stack;
mod inherited;
mod launch;
mod left_behind;
mod link;
mod one_shot;
mod parent;
mod patience;
mod pipes;
mod process;
mod program_process;
mod raced_calls;
mod remote;
mod report_stop;
mod sandbox;
mod serve;
mod shared_block;
mod stream_calls;
mod unit_field;
mod whereabouts;

pub use launch::{DEADLINE, Launch, StartError};
pub use left_behind::LeftBehind;
pub use remote::Remote;
pub use sandbox::enter as enter_sandbox;
pub use serve::{Assignment, Inherited, become_program, serve};

pub(crate) use one_shot::{OneShot, Written};
pub(crate) use parent::Worker;
pub(crate) use patience::Patience;
pub(crate) use pipes::{Pipes, answers_with_text};
pub(crate) use program_process::ProgramCommand;

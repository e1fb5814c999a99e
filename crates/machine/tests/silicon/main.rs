//! Single instructions on this CPU.

#![cfg(target_arch = "x86_64")]

mod memory;
mod registers;
mod setting;
mod unread;

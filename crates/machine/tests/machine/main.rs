//! Machine code, interpreted.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

mod agreement;
mod bench;
mod control;
mod general;
mod loader;
mod memory;
mod native;
mod string;
mod vector;

//! Machine code, interpreted.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

mod agreement;
mod general;
mod vector;

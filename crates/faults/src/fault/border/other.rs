//! Faults at the border of a call are written in the assembly of x86-64.

use crate::exhibit::Fault;

pub(super) const FAULTS: &[Fault] = &[];

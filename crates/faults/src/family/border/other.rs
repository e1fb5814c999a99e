//! Families at the border of a call are written in the assembly of x86-64.

use super::Family;

pub(super) const FAMILIES: &[Family] = &[];

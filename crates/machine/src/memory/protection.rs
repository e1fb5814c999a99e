//! What memory allows.

use crate::fault::AccessKind;

/// What a region allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    pub can_read: bool,
    pub can_write: bool,
    pub can_execute: bool,
}

impl Protection {
    pub(super) const fn allows(self, access: AccessKind) -> bool {
        match access {
            AccessKind::Read => self.can_read,
            AccessKind::Write => self.can_write,
            AccessKind::Execute => self.can_execute,
        }
    }
}

//! Which registers this CPU has, and which extensions.

use crcheck_platform::extension::{EXTENSIONS, State as Saved};
use std::collections::BTreeSet;
use std::io;

/// The vector registers that the code around an instruction loads and saves. What a level lacks
/// stays as it is in [`State`](crate::State).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// XMM0 to XMM15.
    Sse,
    /// YMM0 to YMM15.
    Avx,
    /// ZMM0 to ZMM31, and k0 to k7.
    Avx512,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Sse, Self::Avx, Self::Avx512];

    /// The registers that the operating system must save.
    const fn saved(self) -> Saved {
        match self {
            Self::Sse => Saved::Xmm,
            Self::Avx => Saved::Ymm,
            Self::Avx512 => Saved::Zmm,
        }
    }

    /// The extension that has the instructions that load and save them.
    const fn extension(self) -> Option<&'static str> {
        match self {
            Self::Sse => None,
            Self::Avx => Some("avx"),
            // That of KMOVQ. It implies AVX512F.
            Self::Avx512 => Some("avx512bw"),
        }
    }

    /// The highest level of this CPU.
    pub fn of_this_cpu() -> Self {
        let mut levels = Self::ALL.into_iter().rev();
        let found = levels.find(|level| level.extensions().is_ok());
        found.unwrap_or(Self::Sse)
    }

    /// The extensions that this CPU has and that need no more registers than this level's.
    ///
    /// # Errors
    /// If this CPU lacks the level.
    pub(super) fn extensions(self) -> io::Result<BTreeSet<&'static str>> {
        let rows = EXTENSIONS.iter().filter(|row| row.state <= self.saved());
        let present = rows.filter(|row| row.absence().is_none());
        let names: BTreeSet<_> = present.map(|row| row.name).collect();
        match self.extension() {
            Some(name) if !names.contains(name) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("this CPU lacks {name}"),
            )),
            _ => Ok(names),
        }
    }
}

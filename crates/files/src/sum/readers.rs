//! The readers of one thread, which keep their buffers from file to file.

use crate::blocks::{ReadOptions, Reader};
use crate::method::Method;

/// One reader for each method, made at its first use.
#[derive(Default)]
pub(super) struct Readers([Option<Reader>; Method::ALL.len()]);

impl Readers {
    /// The reader by `options`.
    pub(super) fn by(&mut self, options: &ReadOptions) -> &mut Reader {
        let slot = &mut self.0[options.method as usize];
        let kept = slot.take().filter(|reader| reader.options() == options);
        slot.insert(kept.unwrap_or_else(|| Reader::new(*options)))
    }
}

//! The first panic of a kernel, which those that follow from it name.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

/// What the first panic of a kernel said.
#[derive(Default)]
pub(crate) struct FirstPanic(OnceLock<String>);

impl FirstPanic {
    /// Makes a call. A panic that held a lock makes each later call panic, since the lock is
    /// poisoned: what these say gets the first one's words.
    pub(crate) fn named_by<T>(&self, call: impl FnOnce() -> T) -> T {
        let payload = match catch_unwind(AssertUnwindSafe(call)) {
            Ok(value) => return value,
            Err(payload) => payload,
        };
        let Some(text) = text(payload.as_ref()) else {
            resume_unwind(payload);
        };
        let first = self.0.get_or_init(|| text.to_owned());
        if text != first && text.contains("PoisonError") {
            resume_unwind(Box::new(format!("{text}; the first panic was: {first}")));
        }
        resume_unwind(payload)
    }
}

fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

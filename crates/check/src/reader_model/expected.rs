//! What a reader or writer must say of its message.

use super::scripted::Log;
use crcheck_oracle::panel::Panel;
use crcheck_subject::Checked;

/// What is known of a reader or writer: where it is, and the message that ends there.
#[derive(Clone)]
pub(super) struct Expected<'a> {
    panel: &'a Panel,
    pub(super) position: u64,
    message: Message,
    /// The message that a seek left, with the position of its end, until something is appended.
    left: Option<(u64, Message)>,
}

#[derive(Clone, Copy)]
struct Message {
    checksum: u64,
    len_bytes: u64,
}

impl<'a> Expected<'a> {
    pub(super) fn new(panel: &'a Panel) -> Self {
        let message = Message {
            checksum: panel.model().initial_checksum(),
            len_bytes: 0,
        };
        Self {
            panel,
            position: 0,
            message,
            left: None,
        }
    }

    /// A new message begins here.
    pub(super) fn reset(&mut self) {
        *self = Self {
            position: self.position,
            ..Self::new(self.panel)
        };
    }

    /// These bytes were read or written.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let Message {
            checksum,
            len_bytes,
        } = self.message;
        let agreed = self.panel.update_fastest(checksum, bytes);
        self.message = Message {
            checksum: agreed.unwrap_or_else(|disagreement| panic!("{disagreement}")),
            len_bytes: len_bytes + bytes.len() as u64,
        };
        self.position += bytes.len() as u64;
        self.left = None;
    }

    /// A seek went to this position.
    pub(super) fn seek(&mut self, to: u64) {
        if to == self.position {
            return;
        }
        let left = self.left.unwrap_or((self.position, self.message));
        self.position = to;
        self.reset();
        if left.0 == to {
            self.message = left.1;
        } else {
            self.left = Some(left);
        }
    }

    /// A seek went so far without a question for the position.
    pub(super) fn seek_relative(&mut self, to: u64) {
        if to != self.position {
            self.position = to;
            self.reset();
        }
    }

    /// Compares what `checked` says, and where its stream is.
    pub(super) fn compare(&self, checked: &dyn Checked, log: &Log) -> Result<(), String> {
        let position = log.position.unwrap_or(self.position);
        if position != self.position {
            let expected = self.position;
            return Err(format!(
                "leaves the stream at {position} instead of {expected}"
            ));
        }
        let Message {
            checksum,
            len_bytes,
        } = self.message;
        let (got, got_bytes) = (checked.checksum(), checked.len_bytes());
        if got_bytes != len_bytes {
            return Err(format!("counts {got_bytes} bytes instead of {len_bytes}"));
        }
        if got != checksum {
            return Err(format!(
                "gives {got:#x} for {len_bytes} bytes instead of {checksum:#x}"
            ));
        }
        Ok(())
    }
}

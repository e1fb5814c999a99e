//! Hashers that are wrong although one call is right.

use crate::crc32;
use crate::parts::buffered::{BLOCK_BYTES, Buffered};
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::subject::Stream;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "zero-means-none",
        "takes a running register of 0 for a missing one",
        "alexgorbatchev/crc 66: a chunk boundary where the running value is 0",
        || TestKernel::right().with_stream(|checksum| ZeroMeansNone(!checksum)),
    )
    .caught_only_by(CheckId::Split, &[Kind::Split]),
    FaultSpec::fixed(
        "buffer-exactly-full",
        "forgets its buffer when a later piece fills it to the last byte",
        "xxHash 378 and 222: streaming wrong when the buffer fills exactly",
        || TestKernel::right().with_stream(|checksum| ExactlyFull(Buffered::new(checksum))),
    )
    .caught_only_by(CheckId::Split, &[Kind::Split]),
    FaultSpec::fixed(
        "fork-shares-state",
        "shares its state with its copies",
        "a hasher whose clone copies the handle",
        || TestKernel::right().with_stream(|checksum| SharedState(Rc::new(RefCell::new(checksum)))),
    )
    .caught_only_by(CheckId::History, &[Kind::HistoryDependent]),
    FaultSpec::fixed(
        "reset-keeps-buffer",
        "keeps what is in its buffer over a reset",
        "hashers that reset the checksum alone",
        || TestKernel::right().with_stream(|checksum| KeepsBuffer(Buffered::new(checksum))),
    )
    .caught_only_by(CheckId::History, &[Kind::HistoryDependent]),
];

#[derive(Clone)]
struct ZeroMeansNone(u32);

impl Stream for ZeroMeansNone {
    fn update(&mut self, message: &[u8]) {
        let register = if self.0 == 0 { u32::MAX } else { self.0 };
        self.0 = crc32::update_register(register, message);
    }

    fn checksum(&self) -> u64 {
        (!self.0).into()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        self.0 = u32::MAX;
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Clone)]
struct ExactlyFull(Buffered);

impl Stream for ExactlyFull {
    fn update(&mut self, message: &[u8]) {
        let is_later = self.0.len_bytes as usize >= BLOCK_BYTES && !self.0.buffer.is_empty();
        if is_later && self.0.buffer.len() + message.len() == BLOCK_BYTES {
            self.0.buffer.clear();
            return;
        }
        self.0.append(message);
    }

    fn checksum(&self) -> u64 {
        self.0.checksum()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct SharedState(Rc<RefCell<u32>>);

impl Stream for SharedState {
    fn update(&mut self, message: &[u8]) {
        let mut checksum = self.0.borrow_mut();
        *checksum = crc32::update(*checksum, message);
    }

    fn checksum(&self) -> u64 {
        (*self.0.borrow()).into()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(Self(Rc::clone(&self.0)))
    }

    fn reset(&mut self) {
        *self.0.borrow_mut() = 0;
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Clone)]
struct KeepsBuffer(Buffered);

impl Stream for KeepsBuffer {
    fn update(&mut self, message: &[u8]) {
        self.0.append(message);
    }

    fn checksum(&self) -> u64 {
        self.0.checksum()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        self.0.checksum = 0;
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

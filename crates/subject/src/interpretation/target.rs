//! What is interpreted, and how it is called.

use super::calls::Calls;
use crate::calls::StreamStep;
use crcheck_machine::Stopped;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::code::place::Place;
use crcheck_platform::raw_entry::RawEntry;
use std::io;

/// Code that is interpreted.
pub trait Target {
    /// Brings the code into the memory of the machine of `calls`, states which code is
    /// [judged](crcheck_machine::Machine::set_judged_code), lays changed bytes over it, and makes
    /// the calls that come before all others. The machine is new: nothing is stored.
    ///
    /// # Errors
    /// The reason why it cannot be called.
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>>;
}

/// A function in the memory of one machine.
pub trait Function {
    /// The function whose code is judged, with the types of its arguments and of its result.
    fn entry(&self) -> RawEntry;

    /// Makes one call, and returns the checksum after `message`.
    ///
    /// # Errors
    /// What stopped it.
    fn update(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        message: &[u8],
    ) -> Result<u64, Box<Stopped>> {
        calls.call(&self.entry(), checksum, message)
    }

    /// Makes calls on pieces of a message. Each goes on from the result of the one before; a stream
    /// takes all pieces and gives one checksum. Returns the last checksum.
    ///
    /// # Errors
    /// What stopped a call.
    fn chain(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        pieces: &[&[u8]],
    ) -> Result<u64, Box<Stopped>> {
        let mut pieces = pieces.iter();
        pieces.try_fold(checksum, |checksum, piece| {
            self.update(calls, checksum, piece)
        })
    }

    /// Whether calls on pieces are one stream: then no call goes on from a checksum.
    fn is_stream(&self) -> bool {
        false
    }

    /// Carries out operations on streams; see [`Caller::operate`](crate::Caller::operate). `None`
    /// if there are none.
    ///
    /// # Errors
    /// The inner error: what stopped an operation.
    fn operate(
        &mut self,
        calls: &mut Calls,
        message: &[u8],
        steps: &[StreamStep],
    ) -> Option<Result<Vec<u64>, Box<Stopped>>> {
        let _ = (calls, message, steps);
        None
    }

    /// Makes one audited call.
    ///
    /// # Errors
    /// What stopped it.
    fn audit(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Box<Stopped>> {
        calls.audit(&self.entry(), checksum, message, paint)
    }

    /// Makes one call with a null pointer and length 0; `None` if it cannot be called so.
    ///
    /// # Errors
    /// The inner error: what stopped it.
    fn call_null(&mut self, calls: &mut Calls, checksum: u64) -> Option<Result<u64, Box<Stopped>>> {
        let _ = (calls, checksum);
        None
    }

    /// Combines two checksums; `None` if it does not combine. A negative length is in two's
    /// complement.
    ///
    /// # Errors
    /// The inner error: what stopped the call.
    fn combine(
        &mut self,
        calls: &mut Calls,
        a: u64,
        b: u64,
        len_b: u64,
    ) -> Option<Result<u64, Box<Stopped>>> {
        let _ = (calls, a, b, len_b);
        None
    }

    /// Where the code at `address` comes from.
    fn place(&self, address: u64) -> Option<Place> {
        Place::of(address as usize)
    }
}

//! A library's streams: their functions, loaded, and one stream of them.

use super::loaded::{Loaded, Makes, OnCpu};
use super::parameter::Parameter;
use super::result_form::ResultForm;
use super::stream::{Part, StreamInterface};
use crcheck_platform::abi_audit::{self, Audit, Paint};
use crcheck_platform::raw_entry::{Argument, Broken, Form, RawEntry, Returns, StateMemory};
use std::ops::Range;
use std::ptr;

/// The functions of a loaded library's streams.
#[derive(Clone, Copy, Debug)]
pub struct StreamFunctions {
    /// How large the state is, in bytes, if it is memory of the caller.
    size: Option<usize>,
    /// Whether the state is what `update` returns.
    is_value: bool,
    new: PartEntry,
    update: PartEntry,
    last: Last,
    reset: Option<PartEntry>,
    free: Option<PartEntry>,
}

/// One of the functions.
#[derive(Clone, Copy, Debug)]
struct PartEntry {
    raw: RawEntry,
    /// Whether it says if all went well.
    has_status: bool,
}

/// Where the checksum comes from.
#[derive(Clone, Copy, Debug)]
enum Last {
    Function(RawEntry),
    /// The state itself: of its memory this much, exclusive-ored with the second.
    State {
        mask: u64,
        form: Form,
        xor: u64,
    },
}

/// A stream. It is lost, and not freed, if nobody hands it to [`StreamFunctions::free`].
#[derive(Debug)]
pub struct LiveStream {
    /// The state: its address or its value.
    state: u64,
    memory: Option<StateMemory>,
    /// The first promise that a function has broken.
    broken: Option<Broken>,
}

/// For functions that take none.
const NO_MESSAGE: (*const u8, usize) = (ptr::null(), 0);

impl LiveStream {
    /// Where its state lies, with the slack around it, if it is memory of the caller.
    pub(crate) fn memory(&self) -> Option<Range<usize>> {
        self.memory.as_ref().map(StateMemory::addresses)
    }

    fn breaks(&mut self, broken: Option<Broken>) {
        self.broken = self.broken.or(broken);
    }
}

impl PartEntry {
    /// # Safety
    /// As of [`StreamFunctions::load`].
    unsafe fn load(part: &Part, library: &dyn Loaded) -> Result<Self, String> {
        let arguments = part.parameters.iter();
        // SAFETY: the caller vouches for itself.
        let arguments: Result<Vec<Argument>, String> = arguments
            .map(|one| unsafe { one.argument(library) })
            .collect();
        let returns = Returns {
            status: part.result.other.status,
            ..Returns::integer(64)
        };
        let address = library.address_of(&part.name)?;
        // SAFETY: as above.
        let raw = unsafe { RawEntry::new(address, &arguments?, 64) };
        let copies = part.parameters.contains(&Parameter::Destination);
        Ok(Self {
            raw: raw.returning(returns),
            has_status: returns.status.is_some() || copies,
        })
    }

    /// What a value that a call gave says besides.
    fn broken(&self, value: u64) -> Option<Broken> {
        Broken::of(value).filter(|_| self.has_status)
    }

    /// Makes the call on the state.
    ///
    /// # Safety
    /// As of [`StreamFunctions::update`].
    unsafe fn call<M: Makes>(
        &self,
        by: &mut M,
        live: &mut LiveStream,
        message: (*const u8, usize),
    ) -> Result<u64, M::Stop> {
        let raw = self.raw.with_state(live.state);
        // SAFETY: the caller vouches for the function and the message.
        let value = unsafe { by.make(&raw, 0, message, live.memory()) }?;
        live.breaks(self.broken(value));
        Ok(value)
    }
}

impl StreamFunctions {
    /// Finds the functions. What they give are checksums exclusive-ored with `xor`.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The functions stay loaded as long as this lives, and have the types that `how` states. The
    /// caller survives whatever they do.
    pub(super) unsafe fn load(
        how: &StreamInterface,
        form: ResultForm,
        xor: u64,
        library: &dyn Loaded,
    ) -> Result<Self, String> {
        // SAFETY: the caller vouches for itself.
        let part = |part: &Part| unsafe { PartEntry::load(part, library) };
        let optional = |of: &Option<Part>| of.as_ref().map(part).transpose();
        let last = match &how.last {
            Some(last) => {
                let returns = last.result.other.returns(form);
                Last::Function(part(last)?.raw.returning(returns).of_registers(xor))
            }
            None => Last::State {
                mask: u64::MAX >> (64 - how.width.unwrap_or(32)),
                form: form.form(),
                xor,
            },
        };
        Ok(Self {
            size: how.size,
            is_value: how.update.result.is_state,
            new: part(&how.new)?,
            update: part(&how.update)?,
            last,
            reset: optional(&how.reset)?,
            free: optional(&how.free)?,
        })
    }

    /// The function that takes a piece, whose code is what is judged.
    pub(super) const fn update_entry(&self) -> RawEntry {
        self.update.raw
    }

    /// Begins a stream.
    ///
    /// # Safety
    /// The caller survives whatever the function does.
    pub unsafe fn begin(&self) -> LiveStream {
        // SAFETY: the caller vouches for itself.
        let Ok(live) = unsafe { self.begin_by(&mut OnCpu) };
        live
    }

    /// Begins a stream by calls that `by` makes.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub(crate) unsafe fn begin_by<M: Makes>(&self, by: &mut M) -> Result<LiveStream, M::Stop> {
        // Without memory the state is a null pointer.
        let memory = self.size.and_then(|size| StateMemory::new(size).ok());
        let address = memory.as_ref().map_or(0, StateMemory::address);
        let mut live = LiveStream {
            state: address as u64,
            memory,
            broken: None,
        };
        // SAFETY: the caller vouches for itself; there is no message.
        let value = unsafe { self.new.call(by, &mut live, NO_MESSAGE) }?;
        if self.size.is_none() {
            live.state = value;
        }
        Ok(live)
    }

    /// Appends a piece of the message.
    ///
    /// # Safety
    /// `buf` is valid for reads of `len_bytes` while the call lasts. The caller survives whatever
    /// else the function does.
    pub unsafe fn update(&self, live: &mut LiveStream, buf: *const u8, len_bytes: usize) {
        // SAFETY: the caller vouches for itself and the message.
        let Ok(()) = unsafe { self.update_by(&mut OnCpu, live, (buf, len_bytes)) };
    }

    /// Appends a piece of the message by a call that `by` makes.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Safety
    /// As of [`StreamFunctions::update`].
    pub(crate) unsafe fn update_by<M: Makes>(
        &self,
        by: &mut M,
        live: &mut LiveStream,
        message: (*const u8, usize),
    ) -> Result<(), M::Stop> {
        // SAFETY: the caller vouches for itself and the message.
        let value = unsafe { self.update.call(by, live, message) }?;
        if self.is_value {
            live.state = value;
        }
        Ok(())
    }

    /// The checksum, or [`Broken::value`]. The stream gives it once, unless it is reset.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub unsafe fn finish(&self, live: &mut LiveStream) -> u64 {
        // SAFETY: the caller vouches for itself.
        let Ok(checksum) = unsafe { self.finish_by(&mut OnCpu, live) };
        checksum
    }

    /// The checksum, by a call that `by` makes.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub(crate) unsafe fn finish_by<M: Makes>(
        &self,
        by: &mut M,
        live: &mut LiveStream,
    ) -> Result<u64, M::Stop> {
        let checksum = match self.last {
            Last::Function(raw) => {
                // SAFETY: the caller vouches for itself; there is no message.
                unsafe { by.make(&raw.with_state(live.state), 0, NO_MESSAGE, live.memory()) }?
            }
            Last::State { mask, form, xor } => {
                let value = live.memory.as_ref().map_or(Some(live.state), |memory| {
                    let bytes = memory.bytes();
                    let returns = Returns {
                        form,
                        ..Returns::integer(8 * bytes.len() as u32)
                    };
                    returns.read(&bytes)
                });
                value.map_or(Broken::Text.value(), |value| (value ^ xor) & mask)
            }
        };
        self.look_beside(live);
        Ok(live.broken.map_or(checksum, Broken::value))
    }

    /// Begins the stream anew.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub unsafe fn reset(&self, live: &mut LiveStream) {
        // SAFETY: the caller vouches for itself.
        let Ok(()) = unsafe { self.reset_by(&mut OnCpu, live) };
    }

    /// Begins the stream anew by a call that `by` makes.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub(crate) unsafe fn reset_by<M: Makes>(
        &self,
        by: &mut M,
        live: &mut LiveStream,
    ) -> Result<(), M::Stop> {
        if let Some(reset) = &self.reset {
            // SAFETY: the caller vouches for itself; there is no message.
            unsafe { reset.call(by, live, NO_MESSAGE) }?;
        }
        Ok(())
    }

    /// Ends the stream.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub unsafe fn free(&self, live: LiveStream) {
        // SAFETY: the caller vouches for itself.
        let Ok(()) = unsafe { self.free_by(&mut OnCpu, live) };
    }

    /// Ends the stream by a call that `by` makes.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    pub(crate) unsafe fn free_by<M: Makes>(
        &self,
        by: &mut M,
        mut live: LiveStream,
    ) -> Result<(), M::Stop> {
        if let Some(free) = &self.free {
            // SAFETY: the caller vouches for itself; there is no message.
            unsafe { free.call(by, &mut live, NO_MESSAGE) }?;
        }
        Ok(())
    }

    /// A stream in the same state, which is its value or the bytes of its memory.
    ///
    /// # Safety
    /// The state can be copied so.
    pub unsafe fn copy(&self, live: &LiveStream) -> LiveStream {
        let mut state = live.state;
        let memory = live.memory.as_ref().and_then(|from| {
            let mut memory = StateMemory::new(self.size?).ok()?;
            memory.copy_from(from);
            state = memory.address() as u64;
            Some(memory)
        });
        LiveStream {
            state,
            memory,
            broken: live.broken,
        }
    }

    /// A stream of one message.
    ///
    /// # Safety
    /// As of [`StreamFunctions::update`].
    pub unsafe fn call(&self, buf: *const u8, len_bytes: usize) -> u64 {
        // SAFETY: the caller vouches for itself and the message.
        unsafe {
            let mut live = self.begin();
            self.update(&mut live, buf, len_bytes);
            let checksum = self.finish(&mut live);
            self.free(live);
            checksum
        }
    }

    /// A stream of one message, which an audited call appends.
    ///
    /// # Safety
    /// As of [`StreamFunctions::begin`].
    ///
    /// # Panics
    /// If calls cannot be audited on this architecture.
    pub unsafe fn audit(&self, message: &[u8], paint: &Paint) -> Audit {
        // SAFETY: the caller vouches for itself.
        unsafe {
            let mut live = self.begin();
            let mut audit = abi_audit::call(&self.update_of(&live), 0, message, paint);
            self.note_audited(&mut live, audit.value);
            audit.value = self.finish(&mut live);
            self.free(live);
            audit
        }
    }

    /// The function that appends to this stream.
    pub(crate) fn update_of(&self, live: &LiveStream) -> RawEntry {
        self.update.raw.with_state(live.state)
    }

    /// Takes the value that an audited call of [`StreamFunctions::update_of`] gave.
    pub(crate) fn note_audited(&self, live: &mut LiveStream, value: u64) {
        live.breaks(self.update.broken(value));
        if self.is_value {
            live.state = value;
        }
    }

    fn look_beside(&self, live: &mut LiveStream) {
        let is_kept = live.memory.as_ref().is_none_or(StateMemory::is_slack_kept);
        live.breaks((!is_kept).then_some(Broken::State));
    }
}

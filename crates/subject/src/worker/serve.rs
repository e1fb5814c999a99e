//! What a worker does: it loads a library and makes the calls that its parent asks for, until the
//! parent is gone.

use super::doorbell::{CLOSES, Doorbell, Woken};
use super::handler_stack::give_room_to_handlers;
use super::report_stop::report_stop;
use super::shared_block::{Mode, Phase, SharedBlock};
use super::{
    audited_calls, combined_calls, first_calls, inherited, raced_calls, sandbox, stream_calls,
};
use crate::blindness::Blindness;
use crate::c_function::{Chain, Entry, Interface};
use crcheck_platform::message_memory::{MemoryFile, Reader};
use crcheck_platform::signal;
use std::ffi::CString;
use std::io::{self, Write};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The descriptors that a worker inherits, by their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Inherited {
    /// The memory of requests and answers.
    pub block: RawFd,
    /// The memory of messages.
    pub messages: RawFd,
    /// The socket to its parent.
    pub bell: RawFd,
}

/// The function that a worker calls.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The library.
    pub path: PathBuf,
    /// The function's name.
    pub symbol: String,
    /// How it is called.
    pub interface: Interface,
    /// What is exclusive-ored with a checksum to make what the function takes and gives, and back.
    pub xor: u64,
    /// Whether the library can be called again after a signal has stopped a call. Else the worker
    /// takes no call after that.
    pub survives_faults: bool,
}

/// Serves a parent until it is gone.
///
/// # Errors
/// If the descriptors are not those that a parent passes on.
pub fn serve(numbers: Inherited, assignment: &Assignment) -> io::Result<()> {
    let block = SharedBlock::map(&MemoryFile::of(inherited::take(numbers.block)?)?)?;
    // The descriptor is closed at the end of this line, so the library cannot find it.
    let view = Reader::new(&MemoryFile::of(inherited::take(numbers.messages)?)?)?;
    let bell = Doorbell::new(UnixStream::from(inherited::take(numbers.bell)?));
    let sandbox = match sandbox::enter() {
        Ok(active) => active,
        Err(error) => {
            block.enter(Phase::Failed, &format!("it cannot limit itself: {error}"));
            return bell.ring(&block.parent_sleeps);
        }
    };
    block.set_view_start(view.start() as usize);
    if let Err(error) = give_room_to_handlers() {
        block.enter(Phase::Failed, &format!("it cannot map a stack: {error}"));
        return bell.ring(&block.parent_sleeps);
    }
    block.enter(Phase::Loading, "");
    let Assignment {
        path,
        symbol,
        interface,
        xor,
        survives_faults,
    } = assignment;
    let entry = match Entry::load(path, symbol, interface, *xor) {
        Ok(entry) => entry,
        Err(text) => {
            block.enter(Phase::Failed, &text);
            return bell.ring(&block.parent_sleeps);
        }
    };
    // A library may bring a runtime that handles signals itself.
    signal::take_over();
    block.enter(Phase::Ready, &sandbox);
    if bell.is_lost() {
        return leave(&block, &bell);
    }
    bell.ring(&block.parent_sleeps)?;
    let mut request = 0_u32;
    loop {
        request = request.wrapping_add(1);
        while block.requested.load(std::sync::atomic::Ordering::Acquire) != request {
            let woken = bell.wait(&block.requested, request, &block.worker_sleeps, None);
            if woken == Woken::Closed {
                return leave(&block, &bell);
            }
        }
        match block.mode() {
            Some(Mode::Plain) => run(&block, &view, &entry, *survives_faults),
            Some(Mode::Audited) => audited_calls::answer_audited(&block, &view, &entry),
            Some(Mode::Repeated) => audited_calls::answer_repeated(&block, &view, &entry),
            Some(Mode::Audits) => {
                audited_calls::answer_audits(&block, &view, &entry, *survives_faults)
            }
            Some(Mode::Raced) => raced_calls::answer_race(&block, &view, &entry),
            Some(Mode::FirstCalls) => {
                first_calls::answer_first_calls(&block, &view, &entry, *survives_faults)
            }
            Some(Mode::Streams) => stream_calls::answer_operations(&block, &view, &entry),
            Some(Mode::Combined) => combined_calls::answer_combined(&block, &entry),
            None => {}
        }
        block.set_blindness(Blindness::cure(&view));
        exercise_heap();
        block
            .answered
            .store(request, std::sync::atomic::Ordering::SeqCst);
        if bell.ring(&block.parent_sleeps).is_err() {
            return leave(&block, &bell);
        }
    }
}

/// Ends the service, since the socket is closed: by the parent, or by the code under test. Only the
/// latter has something to be told.
fn leave(block: &SharedBlock, bell: &Doorbell) -> io::Result<()> {
    if bell.is_lost() {
        block.enter(Phase::Failed, CLOSES);
    }
    Ok(())
}

/// Makes the calls of a request. It goes on after a call that does not return if the library
/// survives that.
fn run(block: &SharedBlock, view: &Reader, entry: &Entry, survives_faults: bool) {
    let count = block.count();
    let mut first = 0;
    while first < count {
        let outcome = signal::catch(|| {
            let mut chain = Chain::new(entry);
            for index in first..count {
                let call = block.call(index);
                block.announce(index);
                let goes_on = || index + 1 < count && block.call(index + 1).checksum.is_none();
                let start = if call.is_null() {
                    std::ptr::null()
                } else {
                    view.start().wrapping_add(call.offset)
                };
                // SAFETY: the parent asks for pieces of the view only, which is mapped, or for
                // no bytes at a null pointer.
                let result = unsafe { chain.call(call.checksum, start, call.len_bytes, goes_on) };
                block.set_result(index, result);
            }
        });
        let Err(caught) = outcome else {
            first = count;
            break;
        };
        let index = block.current().clamp(first, count - 1);
        let has_room = report_stop(block, index, &caught);
        first = index + 1;
        // The calls that go on from the stopped one have nothing to go on from.
        while first < count && block.call(first).checksum.is_none() {
            first += 1;
        }
        if !has_room || !survives_faults {
            break;
        }
    }
    block.complete(first);
}

/// Allocates and frees memory of several sizes, so that the allocator notices what the calls have
/// ruined. The process then ends here, at the request that did it.
fn exercise_heap() {
    // All live at once: then one of the largest comes from the end of the heap, even if the first
    // finds room in what was freed before.
    let sizes = [1 << 4, 1 << 7, 1 << 10, 96 << 10, 96 << 10, 96 << 10];
    std::hint::black_box(sizes.map(Vec::<u8>::with_capacity));
}

/// Gives up the rights that a worker gives up, and becomes the program. If that fails, it writes
/// the reason to `status`, an inherited descriptor, and returns it. The program itself does not
/// have `status`.
pub fn become_program(program: &Path, arguments: &[String], status: RawFd) -> io::Error {
    // What is taken ends at `execve`.
    let mut status = match inherited::take(status) {
        Ok(status) => UnixStream::from(status),
        Err(error) => return error,
    };
    let error = match sandbox::enter() {
        Ok(_) => execute(program, arguments),
        Err(error) => error,
    };
    // The parent reads the reason, or is gone.
    let _ = status.write_all(error.to_string().as_bytes());
    error
}

/// Becomes the program. It does not try a shell on a file that is not a program, as `execvp` would.
fn execute(program: &Path, arguments: &[String]) -> io::Error {
    let words = std::iter::once(program.as_os_str().as_bytes())
        .chain(arguments.iter().map(String::as_bytes))
        .map(CString::new);
    let Ok(words) = words.collect::<Result<Vec<CString>, _>>() else {
        return io::ErrorKind::InvalidInput.into();
    };
    let null = std::iter::once(std::ptr::null());
    let pointers: Vec<_> = words.iter().map(|word| word.as_ptr()).chain(null).collect();
    // SAFETY: the strings live during the call and a null pointer ends their list. Rust's runtime
    // ignores SIGPIPE, which a program does not expect.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::execv(pointers[0], pointers.as_ptr());
    }
    io::Error::last_os_error()
}

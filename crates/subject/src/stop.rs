//! What stops a call, in terms of its message.

use crate::kind::Kind;
use crcheck_platform::code::illegal_instruction::Illegal;
use crcheck_platform::code::place::Place;
use crcheck_platform::signal::{Caught, Signal};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// A call that did not return, in terms of its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The kind of the finding.
    pub kind: Kind,
    /// How far outside the message the access reached, in bytes.
    pub distance_bytes: Option<i64>,
    /// The instruction, disassembled.
    pub instruction: Option<String>,
    /// What is known about an illegal instruction.
    pub illegal: Option<Box<Illegal>>,
    /// Where it happened.
    #[serde(default)]
    pub place: Box<StopPlace>,
    /// The rest of a sentence that begins with the subject's name.
    pub summary: String,
    /// Whether the call was given up before its time limit, since another one has hung. It may be
    /// merely slow.
    #[serde(default)]
    pub is_provisional: bool,
}

/// Where a call was stopped, in its code and in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopPlace {
    /// Where the instruction stands.
    pub code: Option<Place>,
    /// Where the subject has called the code that the instruction stands in, if that is another
    /// file's.
    pub called_at: Option<Place>,
    /// The address of a refused access that has nothing to do with the message.
    pub address: Option<u64>,
}

impl Stop {
    /// The stop of a call that ended its process or did not return.
    pub fn without_place(kind: Kind, summary: String) -> Self {
        Self {
            kind,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            place: Box::default(),
            summary,
            is_provisional: false,
        }
    }

    /// The stop of a caller of foreign code, in code of its own. Where that stands, and what it
    /// accesses, says nothing about the call.
    pub(crate) fn of_caller() -> Self {
        Self::without_place(Kind::Crash, CALLER_CRASHES.to_owned())
    }

    /// Whether the caller has stopped since it finds the message closed or gone.
    pub(crate) fn is_of_closed_message(&self) -> bool {
        self.summary == CLOSED_MESSAGE
    }

    /// What stands for the result of a call that was not made, since it was time to end.
    pub fn not_made() -> Self {
        Self::without_place(Kind::Hang, "is not called: it is time to end".to_owned())
    }

    /// The stop of a call that was not over after `patience`.
    pub fn late(patience: Duration) -> Self {
        let seconds = patience.as_secs_f64();
        Self::without_place(Kind::Hang, format!("does not return within {seconds} s"))
    }
}

/// What is known of a call whose caller stops.
pub const CALLER_CRASHES: &str =
    "returns, and its caller crashes: it has not restored a register or the stack";

/// What is known when nobody can read the message.
const CLOSED_MESSAGE: &str = "reads its message, whose memory it has unmapped or closed";

/// How far from a message an access still counts as one beside it, in bytes. It covers the kernel's
/// longest look-ahead and a page.
const NEIGHBOURHOOD_BYTES: usize = 1 << 20;

/// Addresses below this come from a null pointer: Linux maps nothing there.
const NULL_BYTES: usize = 4096;

/// Explains what ended a call of this process in terms of the message at these addresses.
///
/// # Panics
/// If the call threw anything but a [`Stop`].
pub(crate) fn explain_here(caught: Caught, message: &Range<usize>) -> Stop {
    let place = match &caught {
        Caught::Signal(signal) => Place::of(signal.instruction_pointer),
        _ => None,
    };
    let mut stop = explain(caught, message);
    if place.is_some() {
        stop.place.code = place;
    }
    stop
}

/// Explains what ended a call in terms of the message at these addresses. Where the instruction
/// stands is for the caller to say.
///
/// # Panics
/// As [`explain_here`].
pub(crate) fn explain(caught: Caught, message: &Range<usize>) -> Stop {
    match caught {
        Caught::Panic(text) => Stop::without_place(Kind::Crash, format!("panics: {text}")),
        Caught::Signal(signal) => explain_signal(&signal, message),
        Caught::Late(patience) => Stop::late(patience),
        Caught::Thrown(thrown) => match thrown.downcast::<Stop>() {
            Ok(stop) => *stop,
            Err(_) => panic!("a call threw something that is not a stop"),
        },
    }
}

/// The addresses of no message. No access is near them.
pub(crate) const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

fn explain_signal(signal: &Signal, message: &Range<usize>) -> Stop {
    let instruction = Some(signal.disassembly());
    let illegal = (signal.number == libc::SIGILL).then(|| Box::new(Illegal::of(signal)));
    let (kind, distance_bytes, summary) = match (&illegal, signal.number, signal.address) {
        (Some(illegal), ..) => (Kind::IllegalInstruction, None, illegal.summary()),
        (None, libc::SIGSEGV | libc::SIGBUS, Some(address)) => {
            explain_access(signal, address, message)
        }
        (None, libc::SIGSEGV | libc::SIGBUS, None) => explain_without_address(signal),
        (None, number, _) => (Kind::Crash, None, format!("raises signal {number}")),
    };
    let address = signal.address.or_else(|| Some(signal.access()?.address));
    let address = address.filter(|_| kind == Kind::Crash && !signal.is_stack_overflow);
    let place = StopPlace {
        address: address.map(|address| address as u64),
        ..StopPlace::default()
    };
    Stop {
        distance_bytes,
        instruction,
        illegal,
        place: Box::new(place),
        ..Stop::without_place(kind, summary)
    }
}

fn explain_access(
    signal: &Signal,
    address: usize,
    message: &Range<usize>,
) -> (Kind, Option<i64>, String) {
    if signal.is_stack_overflow {
        return (Kind::Crash, None, "overflows its stack".to_owned());
    }
    let reach = message.start.saturating_sub(NEIGHBOURHOOD_BYTES)
        ..message.end.saturating_add(NEIGHBOURHOOD_BYTES);
    if !reach.contains(&address) {
        let verb = if signal.is_write {
            "writes to"
        } else {
            "reads"
        };
        let what = if address < NULL_BYTES {
            "memory at a null pointer"
        } else if *message == NOWHERE {
            "unmapped memory"
        } else {
            "unmapped memory, far from the message"
        };
        return (Kind::Crash, None, format!("{verb} {what}"));
    }
    let access = signal.access();
    let first = access.as_ref().map_or(address, |access| access.address);
    let end = access
        .as_ref()
        .map_or(address + 1, |access| access.address + access.len_bytes);
    let behind = end as i64 - message.end as i64;
    let before = first as i64 - message.start as i64;
    if signal.is_write {
        let distance = if address >= message.end {
            Some(behind)
        } else if address < message.start {
            Some(before)
        } else {
            None
        };
        let place = if distance.is_some() {
            "beside the message"
        } else {
            "to the message"
        };
        return (Kind::WriteToMessage, distance, format!("writes {place}"));
    }
    if address < message.start {
        let summary = format!("reads {} before the start of the message", bytes(-before));
        (Kind::UnderRead, Some(before), summary)
    } else if behind <= 0 {
        (Kind::Crash, None, CLOSED_MESSAGE.to_owned())
    } else {
        let summary = format!("reads {} past the end of the message", bytes(behind));
        (Kind::OverRead, Some(behind), summary)
    }
}

fn explain_without_address(signal: &Signal) -> (Kind, Option<i64>, String) {
    match signal.access() {
        Some(access) if !access.address.is_multiple_of(access.alignment) => (
            Kind::MisalignedAccess,
            None,
            format!(
                "makes an aligned access of {} (alignment {}) to an address that is {} modulo {}",
                bytes(access.len_bytes as i64),
                access.alignment,
                access.address % access.alignment,
                access.alignment
            ),
        ),
        _ => (
            Kind::Crash,
            None,
            "raises a protection fault without an address".to_owned(),
        ),
    }
}

fn bytes(count: i64) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

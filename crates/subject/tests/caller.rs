//! Calls in this process: a stop is explained in terms of the message, and the next call goes on.

use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::repeated_memory::{RepeatedMemory, TILE_BYTES};
use crcheck_subject::{FILLS, Kind, Stop, Subject, SubjectName, open};
use std::time::Duration;

struct Reads(isize);

impl Subject for Reads {
    fn name(&self) -> SubjectName {
        "reads".into()
    }

    fn update(&self, _: u64, message: &[u8]) -> u64 {
        // SAFETY: the offset may leave the message on purpose: the caller survives that.
        u64::from(unsafe { message.as_ptr().wrapping_offset(self.0).read_volatile() })
    }
}

fn stop(offset: isize, guard: GuardSide) -> Stop {
    let reads = Reads(offset);
    let mut caller = open(&reads, 100).expect("memory");
    caller
        .call(Placement::flush(guard), 0, &[7; 10], 0)
        .expect_err("a stop")
}

#[test]
fn a_read_past_the_end_is_stopped_and_measured() {
    for past in 0..16 {
        let stop = stop(10 + past, GuardSide::End);
        assert_eq!(stop.kind, Kind::OverRead);
        assert_eq!(stop.distance_bytes, Some(past as i64 + 1));
    }
}

#[test]
fn a_read_before_the_start_is_stopped_and_measured() {
    for before in 1..16 {
        let stop = stop(-before, GuardSide::Start);
        assert_eq!(stop.kind, Kind::UnderRead);
        assert_eq!(stop.distance_bytes, Some(-(before as i64)));
    }
}

#[test]
fn a_call_in_a_copy_that_does_not_return_is_a_hang() {
    struct Waits;
    impl Subject for Waits {
        fn name(&self) -> SubjectName {
            "waits".into()
        }

        fn update(&self, checksum: u64, message: &[u8]) -> u64 {
            while message.len() > 2 {
                std::thread::sleep(Duration::from_secs(1));
            }
            checksum + 1
        }
    }
    let memory = RepeatedMemory::new(&vec![0; TILE_BYTES], 3).expect("memory");
    let call = |subject: &dyn Subject, len_bytes, patience| {
        let mut caller = open(subject, 100).expect("memory");
        caller.call_repeated(6, &memory, len_bytes, patience)
    };
    assert_eq!(call(&Waits, 2, Duration::from_secs(60)), Ok(7));
    let stop = call(&Waits, 3, Duration::from_millis(50));
    assert_eq!(stop.expect_err("a hang").kind, Kind::Hang);
    let stop = call(&Reads(isize::MIN / 2), 3, Duration::from_secs(60));
    assert_eq!(stop.expect_err("a stop").kind, Kind::Crash);
}

/// A runtime that handles a signal itself, in each call.
struct TakesSignal;

impl Subject for TakesSignal {
    fn name(&self) -> SubjectName {
        "takes a signal".into()
    }

    fn update(&self, checksum: u64, _: &[u8]) -> u64 {
        // SAFETY: no test of this process raises the signal.
        unsafe { libc::signal(libc::SIGFPE, libc::SIG_IGN) };
        checksum
    }
}

#[test]
fn a_signal_that_a_call_has_taken_is_told_once_and_taken_back() {
    let mut caller = open(&TakesSignal, 100).expect("memory");
    assert!(caller.take_blindness().is_none());
    for _ in 0..2 {
        let outcome = caller.call(Placement::aligned(0), 5, &[7; 10], 0);
        assert_eq!(outcome, Ok(5));
        let told = caller.take_blindness().to_string();
        assert_eq!(told, "has handlers of its own for SIGFPE");
        assert!(caller.take_blindness().is_none());
    }
}

#[test]
fn unit_messages_are_zeros_with_one_bit_set() {
    struct Sums;
    impl Subject for Sums {
        fn name(&self) -> SubjectName {
            "sums".into()
        }

        fn update(&self, checksum: u64, message: &[u8]) -> u64 {
            let bytes = message.iter().rev();
            bytes.fold(checksum, |sum, byte| sum << 8 | u64::from(*byte))
        }
    }
    let mut caller = open(&Sums, 100).expect("memory");
    let mut results = [0; 32];
    caller.unit_messages(5, 0, &mut results, &mut |_, stop| panic!("{stop:?}"));
    let expected = std::array::from_fn(|bit| 1 << bit);
    assert_eq!(results, expected);
}

#[test]
fn a_sweep_goes_on_after_a_stop() {
    struct StopsAtFive;
    impl Subject for StopsAtFive {
        fn name(&self) -> SubjectName {
            "stops at five".into()
        }

        fn update(&self, checksum: u64, message: &[u8]) -> u64 {
            let address = if message.len() % 5 == 4 {
                8
            } else {
                message.as_ptr() as usize
            };
            // SAFETY: the first page is unmapped, so this raises a signal on purpose, which the
            // caller survives.
            unsafe { std::ptr::read_volatile(address as *const u8) };
            checksum + message.len() as u64
        }
    }
    let mut caller = open(&StopsAtFive, 100).expect("memory");
    let lengths: Vec<usize> = (1..21).collect();
    let mut results = [0; 20];
    let mut stops = Vec::new();
    let placement = Placement::aligned(1);
    caller.sweep(
        placement,
        1000,
        &[1; 30],
        &lengths,
        &mut results,
        &mut |index, stop| {
            stops.push((lengths[index], stop.kind));
        },
    );
    assert_eq!(stops, [4, 9, 14, 19].map(|length| (length, Kind::Crash)));
    for (length, result) in lengths.iter().zip(results) {
        assert_eq!(
            result,
            if length % 5 == 4 {
                0
            } else {
                1000 + *length as u64
            }
        );
    }
}

/// Audits are of x86-64 and its System V ABI.
#[cfg(target_arch = "x86_64")]
#[test]
fn every_tier_gives_back_its_callers_state() {
    use crcheck_platform::abi_audit::{self, Audit, Paint};
    if abi_audit::available().is_err() {
        return;
    }
    let message: Vec<u8> = (0..700).map(|i| (i % 255) as u8).collect();
    for tier in crcheck_subject::available_tiers() {
        let mut caller = open(tier.as_ref(), 1000).expect("memory");
        let audit = caller.audit(Placement::aligned(0), 9, &message, &Paint::STRICT);
        let audit = audit.expect("no stop");
        let clean = Audit {
            value: tier.update(9, &message),
            stack_bytes: audit.stack_bytes,
            ..Audit::default()
        };
        assert_eq!(audit, clean, "{}", tier.name());
    }
}

/// libz's own calls go through its dispatcher, its table and the linkage of procedures.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_library_of_this_system_is_interpreted() {
    use crcheck_machine::{Cpu, CpuidTable};
    use crcheck_oracle::model::Model;
    use crcheck_subject::interpretation::InterpretedLibrary;
    use std::sync::Arc;
    struct Bare;
    impl CpuidTable for Bare {
        fn cpuid(&self, _: u32, _: u32) -> [u32; 4] {
            [0; 4]
        }

        fn xcr0(&self) -> Option<u64> {
            None
        }
    }
    let path = crcheck_subject::library::find("libz.so.1".as_ref());
    if !path.exists() {
        eprintln!("skipped: libz.so.1 is not installed");
        return;
    }
    let spec = format!("{}:crc32:combine=crc32_combine", path.display());
    let cpu = Cpu {
        name: "bare".to_owned(),
        extensions: Default::default(),
        cpuid: Arc::new(Bare),
    };
    let model = Model::CRC_32_ISO_HDLC;
    let subject = InterpretedLibrary::new(spec.parse().expect("a function"), model, cpu);
    let subject = subject.unwrap_or_else(|error| panic!("{error}"));
    let mut caller = open(&subject, 100).expect("memory");
    let mut crc = |message: &[u8]| {
        caller
            .call(Placement::aligned(3), 0, message, FILLS[0])
            .expect("a return")
    };
    let (whole, front, back) = (crc(b"123456789"), crc(b"12345"), crc(b"6789"));
    assert_eq!(whole, 0xcbf4_3926);
    assert_eq!(subject.combine(front, back, 4), Some(whole));
    assert!(subject.entered() > Some(100));
}

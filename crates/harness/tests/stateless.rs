//! A kernel that remembers nothing and reads nothing but its message is accused of wrong values
//! alone, wherever its fault looks at the place of the message.

use crcheck_harness::check::checks::{self, CheckSet};
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::verification::{self, Seeds};
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::slicing_16::Slicing16;
use crcheck_harness::subject::{Kind, Stream, Subject, SubjectName};
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static JUDGE: LazyLock<Slicing16> = LazyLock::new(|| Slicing16::new(&Model::CRC_32_ISO_HDLC));

/// Whether the kernel is wrong for a message that starts at this address and has this length.
type Place = fn(usize, usize) -> bool;

const PLACES: [(&str, Place); 14] = [
    ("start % 16 = 0", |start, _| start.is_multiple_of(16)),
    ("start % 64 = 1", |start, _| start % 64 == 1),
    ("start % 64 = 13", |start, _| start % 64 == 13),
    ("start % 64 = 63", |start, _| start % 64 == 63),
    ("odd start, long", |start, length| {
        start % 2 == 1 && length > 64
    }),
    ("end % 64 = 0", |start, length| {
        (start + length).is_multiple_of(64)
    }),
    ("end % 16 = 5", |start, length| (start + length) % 16 == 5),
    ("crosses a page", |start, length| {
        start / 4096 != (start + length - 1) / 4096
    }),
    ("starts at the end of a page", |start, _| {
        start % 4096 > 4080
    }),
    ("starts late in a page", |start, _| start % 4096 >= 3000),
    ("starts in the middle of a page", |start, _| {
        (100..3000).contains(&(start % 4096))
    }),
    ("starts with a page", |start, _| start.is_multiple_of(4096)),
    ("ends with a page", |start, length| {
        (start + length).is_multiple_of(4096)
    }),
    ("length % 16 = 13", |_, length| length % 16 == 13),
];

/// Drops the last byte of a message that lies where the fault is.
#[derive(Clone)]
struct WrongAt {
    place: Place,
    has_stream: bool,
}

impl WrongAt {
    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let length = message.len();
        let is_wrong = length > 0 && (self.place)(message.as_ptr().addr(), length);
        JUDGE.update(checksum, &message[..length - usize::from(is_wrong)])
    }
}

impl Subject for WrongAt {
    fn name(&self) -> SubjectName {
        "wrong at a place".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.update(checksum, message)
    }

    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let stream = || -> Box<dyn Stream> { Box::new(Streaming(self.clone(), checksum)) };
        self.has_stream.then(stream)
    }
}

/// Calls in a row, as a hasher.
struct Streaming(WrongAt, u64);

impl Stream for Streaming {
    fn update(&mut self, message: &[u8]) {
        self.1 = self.0.update(self.1, message);
    }

    fn checksum(&self) -> u64 {
        self.1
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(Self(self.0.clone(), self.1))
    }

    fn reset(&mut self) {
        self.1 = Model::CRC_32_ISO_HDLC.initial_checksum();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_fault_of_place_is_a_wrong_value_and_nothing_else() {
    for (index, (what, place)) in PLACES.into_iter().enumerate() {
        let subject = WrongAt {
            place,
            has_stream: index % 2 == 0,
        };
        let subjects: [Box<dyn Subject>; 1] = [Box::new(subject)];
        let plan = Plan {
            max_stack_bytes: None,
            is_scaled: true,
            depth: Depth::of(DepthName::Quick),
            checks: CheckSet::all().without(checks::threads::ID),
            seed: index as u64,
        };
        let (control, seeds) = (Control::default(), Seeds::Judged);
        let results =
            verification::judge(&subjects, &plan, Vec::new(), seeds, &control, &mut |_| {});
        let results = results.expect("a run");
        let groups = results.iter().flat_map(|result| &result.groups);
        let kinds: BTreeSet<Kind> = groups.map(|group| group.finding.kind).collect();
        assert_eq!(kinds, BTreeSet::from([Kind::WrongValue]), "{what}");
    }
}

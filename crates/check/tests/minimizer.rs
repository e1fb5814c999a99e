//! The minimizer goes to a fixed point: the smallest cases of kernels whose smallest case is known.

use crcheck_check::artifact::Artifact;
use crcheck_check::case::Case;
use crcheck_check::checks::{CheckSet, agree, split};
use crcheck_check::control::Control;
use crcheck_check::finding::Finding;
use crcheck_check::run::minimize_results;
use crcheck_check::saved::load::{Content, Item};
use crcheck_check::saved::replay;
use crcheck_kernel::Tier;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, Stream, Subject, SubjectName, TierSubject};
use std::any::Any;

/// A kernel that flips a bit of its result when its rule says so.
struct Faulty {
    right: TierSubject,
    /// Of whole messages.
    is_wrong: fn(&[u8]) -> bool,
    /// Of the lengths of the pieces that a stream has received.
    is_wrong_in_pieces: fn(&[usize]) -> bool,
}

impl Default for Faulty {
    fn default() -> Self {
        Self {
            right: TierSubject::native(Tier::Portable).expect("every CPU has it"),
            is_wrong: |_| false,
            is_wrong_in_pieces: |_| false,
        }
    }
}

impl Subject for Faulty {
    fn name(&self) -> SubjectName {
        "faulty".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.right.update(checksum, message) ^ u64::from((self.is_wrong)(message))
    }

    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        Some(Box::new(Pieces {
            right: TierSubject::native(Tier::Portable)?,
            checksum,
            lengths: Vec::new(),
            is_wrong: self.is_wrong_in_pieces,
        }))
    }
}

struct Pieces {
    right: TierSubject,
    checksum: u64,
    lengths: Vec<usize>,
    is_wrong: fn(&[usize]) -> bool,
}

impl Stream for Pieces {
    fn update(&mut self, message: &[u8]) {
        self.checksum = self.right.update(self.checksum, message);
        self.lengths.push(message.len());
    }

    fn checksum(&self) -> u64 {
        self.checksum ^ u64::from((self.is_wrong)(&self.lengths))
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(Self {
            right: TierSubject::native(Tier::Portable).expect("every CPU has it"),
            lengths: self.lengths.clone(),
            ..*self
        })
    }

    fn reset(&mut self) {
        self.checksum = 0;
        self.lengths.clear();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A case that is not small in any way.
fn large(len_bytes: usize, splits: &[usize]) -> Case {
    let mut message = vec![0; len_bytes];
    SplitMix64::new(7).fill(&mut message);
    Case {
        register: 0x1234_5678,
        placement: Placement {
            offset: 13,
            guard: GuardSide::None,
        },
        splits: splits.to_vec(),
        message,
        ..Case::default()
    }
}

fn minimized(subject: Faulty, check: CheckId, case: Case) -> Finding {
    let artifact = Artifact {
        check: Some(check),
        ..Artifact::of_case(case, &Model::CRC_32_ISO_HDLC, "a test")
    };
    let items = [Item {
        path: "case.toml".into(),
        content: Content::Artifact(Box::new(artifact)),
    }];
    let subjects: [Box<dyn Subject>; 1] = [Box::new(subject)];
    let (all, control) = (CheckSet::all(), Control::default());
    let replayed = replay::replay(&items, &subjects, all, &control, &mut |_, _| {});
    let results = replayed.expect("judges").results;
    let results = minimize_results(&subjects, all, results, &control).expect("judges");
    let mut groups = results.into_iter().flat_map(|result| result.groups);
    let group = groups.find(|group| group.finding.check == check);
    group.expect("a finding").finding
}

fn simple(len_bytes: usize, splits: &[usize]) -> Case {
    Case {
        register: 0xffff_ffff,
        splits: splits.to_vec(),
        message: vec![0; len_bytes],
        ..Case::default()
    }
}

#[test]
fn bytes_in_front_of_a_cut_are_dropped_and_cuts_are_lowered() {
    let faulty = Faulty {
        is_wrong_in_pieces: |pieces| {
            let mut pairs = pieces.windows(2);
            pairs.any(|pair| pair[0] > 0 && pair[1] >= 256)
        },
        ..Faulty::default()
    };
    let smallest = minimized(faulty, split::ID, large(562, &[300, 306])).case;
    assert_eq!(smallest, simple(257, &[1]));
}

#[test]
fn cuts_become_few_and_low() {
    let faulty = Faulty {
        is_wrong_in_pieces: |pieces| pieces.iter().any(|&piece| piece % 8 == 5),
        ..Faulty::default()
    };
    let case = large(300, &[77, 99, 123, 200]);
    let smallest = minimized(faulty, split::ID, case).case;
    assert_eq!(smallest, simple(5, &[0]));
}

/// The pieces must have different lengths: no single pass finds that.
#[test]
fn passes_are_repeated_while_one_of_them_helps() {
    let faulty = Faulty {
        is_wrong_in_pieces: |pieces| {
            let mut triples = pieces.windows(3);
            triples.any(|of| of[0] >= 3 && of[1] > of[0] && of[2] > of[1])
        },
        ..Faulty::default()
    };
    let smallest = minimized(faulty, split::ID, large(500, &[20, 100])).case;
    assert_eq!(smallest, simple(12, &[3, 7]));
}

#[test]
fn bytes_in_front_of_what_is_wrong_are_dropped() {
    let faulty = Faulty {
        is_wrong: |message| message.windows(2).any(|pair| pair == [0xab, 0xcd]),
        ..Faulty::default()
    };
    let mut case = large(900, &[]);
    case.message[700..702].copy_from_slice(&[0xab, 0xcd]);
    let smallest = minimized(faulty, agree::ID, case).case;
    assert_eq!(smallest.message, [0xab, 0xcd]);
    assert_eq!(smallest.register, 0xffff_ffff);
    assert_eq!(smallest.placement.offset, 0);
}

/// The diagnosis calls with other messages than the case at hand, and meets shorter wrong answers.
#[test]
fn a_shorter_wrong_answer_of_the_diagnosis_becomes_the_smallest_case() {
    let faulty = Faulty {
        // Zeros are wrong only when they are long.
        is_wrong: |message| {
            let is_odd = |byte: usize| message[byte] & 1 == 1;
            message.len() >= 40 || message.len() >= 6 && is_odd(5) && !is_odd(4)
        },
        ..Faulty::default()
    };
    let mut case = large(60, &[]);
    case.message.fill(0xff);
    let smallest = minimized(faulty, agree::ID, case).case;
    assert_eq!(smallest.message, [0, 0, 0, 0, 0, 1]);
}

//! What is said of wrong answers that no hypothesis predicts, and that every answer bears it out.
#![allow(missing_docs)]

use crcheck_diagnose::{Call, Confidence, Diagnosis, Experiment, diagnose};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;

/// Whether the answer to a call is wrong.
type IsWrong = fn(&Call) -> bool;

/// A number that no linear function of the message gives.
fn noise(call: &Call) -> u64 {
    let bytes = call.message.iter().chain([&0x5a]);
    bytes.fold(call.checksum ^ 0x9e37_79b9, |noise, &byte| {
        (noise ^ u64::from(byte))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    })
}

/// What is said of a subject that gives noise where `is_wrong` says so, and the shortest message to
/// which the answer was wrong.
fn diagnosed(model: &Model, takes_checksum: bool, is_wrong: IsWrong) -> (Diagnosis, usize) {
    let judge = Slicing16::new(model);
    let mut shortest = usize::MAX;
    let mut call = |calls: &[Call]| {
        let answers = calls.iter().map(|call| {
            let right = judge.update(call.checksum, &call.message);
            let got = if is_wrong(call) {
                noise(call) & model.mask()
            } else {
                right
            };
            if got != right {
                shortest = shortest.min(call.length());
            }
            Ok(got)
        });
        answers.collect()
    };
    let mut experiment = Experiment::new(&mut call, model, 1 << 20, 1);
    if !takes_checksum {
        experiment = experiment.from_the_initial_checksum();
    }
    let diagnosis = diagnose(&mut experiment, &[]).expect("wrong answers");
    (diagnosis, shortest)
}

/// Each subject, and what is known of it.
const SUBJECTS: [(IsWrong, &str); 8] = [
    (|call| call.length() >= 3, "first at length 3"),
    (
        |call| call.length() > 100 && call.message.len() % 16 == 13,
        "first at length 109",
    ),
    (
        |call| (1..16).contains(&call.length()),
        "from length 1 to length 15",
    ),
    (
        |call| call.length() >= 8 && call.start() % 2 == 1,
        "first at length 8, only when start address % 2 = 1",
    ),
    (
        |call| call.length() % 4 != 0 && call.start() % 4 == 3,
        "first at length 1, only when start address % 4 = 3",
    ),
    (
        |call| (call.start() + call.length()) % 8 == 5,
        "first at length 0",
    ),
    // Some answers are right at every length and at every address.
    (
        |call| {
            call.length() >= 20
                && call.message.iter().map(|&it| u32::from(it)).sum::<u32>() % 3 == 1
        },
        "first at length 20",
    ),
    (
        |call| call.length() >= 20 && call.message[0] == 0x70,
        "first at length 20",
    ),
];

#[test]
fn what_is_known_is_said_and_no_more() {
    for name in ["CRC-32/ISO-HDLC", "CRC-16/KERMIT", "CRC-64/XZ"] {
        let model = Model::find(name).expect("an entry");
        for takes_checksum in [true, false] {
            for (is_wrong, known) in SUBJECTS {
                let (diagnosis, shortest) = diagnosed(&model, takes_checksum, is_wrong);
                let summary = format!("gives wrong checksums, {known}: unexplained");
                let (said, of) = (&diagnosis.summary, (name, takes_checksum));
                assert_eq!(*said, summary, "{of:?}: {diagnosis:#?}");
                assert_eq!(diagnosis.confidence, Confidence::Unexplained);
                assert!(
                    said.contains(&format!(" length {shortest}")),
                    "{of:?}: {said}"
                );
            }
        }
    }
}

#[test]
fn dependence_is_said_if_the_same_call_shows_it() {
    let has = |is_wrong: IsWrong, line: &str| {
        let (diagnosis, _) = diagnosed(&Model::CRC_32_ISO_HDLC, true, is_wrong);
        diagnosis.evidence.iter().any(|one| one.starts_with(line))
    };
    let by_start = "the answer to one message depends on the address";
    let not_by_start = "no answer depends on the address";
    let by_data = "messages of one length at one address have right and wrong answers";
    let (everywhere, at_odd, _) = (SUBJECTS[0].0, SUBJECTS[3].0, ());
    let of_data = SUBJECTS[6].0;
    assert!(has(everywhere, not_by_start) && !has(everywhere, by_start));
    assert!(has(at_odd, by_start) && !has(at_odd, not_by_start));
    assert!(has(of_data, by_data) && !has(everywhere, by_data) && !has(at_odd, by_data));
}

/// What is said of a subject that gives noise where `is_wrong` says so, and from 200 bytes on
/// another checksum at every other call. The shortest call of `known` bytes is known to be wrong.
fn diagnosed_forgetful(model: &Model, is_wrong: IsWrong, known: usize) -> Diagnosis {
    let judge = Slicing16::new(model);
    let mut count = 0_u64;
    let mut call = |calls: &[Call]| {
        let answers = calls.iter().map(|call| {
            count += 1;
            let right = judge.update(call.checksum, &call.message);
            let is_other = call.length() >= 200 && count.is_multiple_of(3);
            Ok(match is_wrong(call) || is_other {
                true => (noise(call) ^ if is_other { count } else { 0 }) & model.mask(),
                false => right,
            })
        });
        answers.collect()
    };
    let mut experiment = Experiment::new(&mut call, model, 1 << 20, 1);
    let known = Call {
        placement: crcheck_platform::message_memory::Placement::aligned(8),
        checksum: model.initial_checksum(),
        message: (0..known).map(|index| index as u8).collect(),
        fill: 0,
    };
    diagnose(&mut experiment, &[known]).expect("wrong answers")
}

/// The calls of the finding decide whether the calls before them are its cause. Words have the
/// digits of the model.
#[test]
fn a_finding_that_depends_on_no_other_call_does_not_say_so() {
    let model = Model::find("CRC-8/SMBUS").expect("an entry");
    let is_wrong = |call: &Call| call.length() >= 17;
    let of_others = "the same call of 2";
    let diagnosis = diagnosed_forgetful(&model, is_wrong, 17);
    let summary = "gives wrong checksums, first at length 17: unexplained";
    assert_eq!(diagnosis.summary, summary, "{diagnosis:#?}");
    let diagnosis = diagnosed_forgetful(&model, |_| false, 200);
    let summary = "gives another checksum for the same call: it depends on the calls before it";
    assert_eq!(diagnosis.summary, summary, "{diagnosis:#?}");
    let line = &diagnosis.evidence[0];
    assert!(line.starts_with(of_others), "{line}");
    let (_, word) = line.split_once("answered 0x").expect("a word");
    assert_eq!(word.split(' ').next().map(str::len), Some(2), "{line}");
}

/// A later finding may show what the sentence of an earlier one excludes.
#[test]
fn a_shorter_wrong_answer_is_not_accounted_for() {
    let model = Model::CRC_32_ISO_HDLC;
    let (diagnosis, _) = diagnosed(&model, true, SUBJECTS[0].0);
    let of_length = |length: usize| Call {
        placement: crcheck_platform::message_memory::Placement::aligned(0),
        checksum: 0,
        message: vec![1; length],
        fill: 0,
    };
    let (two, three) = (of_length(2), of_length(3));
    assert!(diagnosis.accounts_for(&model, &[(&three, 7)]));
    assert!(!diagnosis.accounts_for(&model, &[(&two, 7)]));
    let right = Slicing16::new(&model).update(0, &two.message);
    assert!(diagnosis.accounts_for(&model, &[(&two, right)]));
}

//! What a diagnosis says of subjects that are wrong in a known way.
#![allow(missing_docs)]

use crcheck_diagnose::{
    Call, Confidence, Diagnosis, Effect, Experiment, diagnose, diagnose_combine,
};
use crcheck_oracle::advance;
use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::FILLS;
use std::sync::LazyLock;

const MODEL: Model = Model::CRC_32_ISO_HDLC;
const SEED: u64 = 1;

/// What a subject answers to a call. The judge gives right answers.
type Answer = fn(&Slicing16, &Call) -> u64;

/// A call of a message of `length` bytes.
fn known(length: usize) -> Call {
    Call {
        placement: Placement::aligned(3),
        checksum: 0x1234_5678,
        message: (0..length).map(|index| (index * 37 + 11) as u8).collect(),
        fill: FILLS[0],
    }
}

fn diagnosed(answer: Answer, known: &[Call]) -> Option<Diagnosis> {
    let judge = Slicing16::new(&MODEL);
    let mut call = |calls: &[Call]| {
        let answers = calls.iter().map(|call| Ok(answer(&judge, call)));
        answers.collect()
    };
    let mut experiment = Experiment::new(&mut call, &MODEL, 1 << 20, SEED);
    diagnose(&mut experiment, known)
}

fn explained(answer: Answer) -> Diagnosis {
    let diagnosis = diagnosed(answer, &[known(300)]).expect("wrong answers");
    assert_eq!(diagnosis.confidence, Confidence::Explained, "{diagnosis:?}");
    diagnosis
}

fn expected(judge: &Slicing16, call: &Call) -> u64 {
    judge.update(call.checksum, &call.message)
}

/// The checksum of the message with bytes of it changed.
fn with_message(judge: &Slicing16, call: &Call, change: fn(&mut Vec<u8>)) -> u64 {
    let mut message = call.message.clone();
    change(&mut message);
    judge.update(call.checksum, &message)
}

#[test]
fn a_right_subject_has_no_diagnosis() {
    assert!(diagnosed(expected, &[known(300)]).is_none());
}

#[test]
fn a_changed_result_register_or_message_is_named() {
    let subjects: &[(Answer, &str)] = &[
        (
            |judge, call| expected(judge, call) ^ 1,
            "gives its result XORed with 0x00000001",
        ),
        (
            |judge, call| {
                let register = MODEL.register_of(call.checksum) & 0xffff;
                judge.update(MODEL.checksum_of(register), &call.message)
            },
            "keeps only bits 0 to 15 of the register that it is given",
        ),
        (
            |judge, call| {
                with_message(judge, call, |message| {
                    message.pop();
                })
            },
            "leaves out the last byte",
        ),
        // Short messages at odd addresses are read in whole words of 16 bytes.
        (
            |judge, call| {
                let end = call.start() + call.length();
                let is_read_on = call.length() < 16 && call.start() % 2 == 1;
                let behind = if is_read_on {
                    end.next_multiple_of(16) - end
                } else {
                    0
                };
                judge.update(
                    call.checksum,
                    &[&*call.message, &vec![call.fill; behind]].concat(),
                )
            },
            "reads on behind the message to an address that is a multiple of 16, \
             when start address % 2 = 1, to length 15",
        ),
    ];
    for (answer, summary) in subjects {
        assert_eq!(explained(*answer).summary, *summary);
    }
}

#[test]
fn another_algorithm_is_named() {
    let diagnosis = explained(|_, call| {
        let other = Model::find("CRC-32/ISCSI").expect("an entry");
        Bitwise::new(&other).update(call.checksum, &call.message)
    });
    assert_eq!(diagnosis.summary, "computes CRC-32/ISCSI");
    assert_eq!(diagnosis.model.as_deref(), Some("CRC-32/ISCSI"));
}

/// A table of the bytes at the top of the register in a loop that looks up those at the low end.
#[test]
fn a_table_of_the_other_bit_order_is_named() {
    static TABLE: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let unreflected = Model::new("", 32, MODEL.poly, 0, false, false, 0).expect("a model");
        let judge = Bitwise::new(&unreflected);
        (0..=255).map(|byte| judge.update(0, &[byte])).collect()
    });
    let diagnosis = explained(|_, call| {
        let first = MODEL.register_of(call.checksum);
        MODEL.checksum_of(call.message.iter().fold(first, |register, byte| {
            (register >> 8) ^ TABLE[usize::from(register as u8 ^ byte)]
        }))
    });
    let summary = "builds its table highest bit first and uses it lowest bit first";
    assert_eq!(diagnosis.summary, summary);
}

#[test]
fn lost_bytes_are_named_with_the_lengths_at_which_they_are_lost() {
    let diagnosis = explained(|judge, call| {
        with_message(judge, call, |message| {
            if message.len() >= 200 {
                message[..16].fill(0);
            }
        })
    });
    let summary = "loses the first 16 bytes: they count as zeros, from length 200 on";
    assert_eq!(diagnosis.summary, summary);
}

/// The index of a byte in the table is its XOR with the low byte of the register.
#[test]
fn a_wrong_table_entry_is_named() {
    let diagnosis = explained(|judge, call| {
        let bytes = call.message.chunks(1);
        bytes.fold(call.checksum, |checksum, byte| {
            let index = MODEL.register_of(checksum) as u8 ^ byte[0];
            let wrong_by = if index == 0x9c { 0x40 } else { 0 };
            judge.update(checksum, byte) ^ wrong_by
        })
    });
    let summary = "has a wrong table entry: index 0x9c, wrong by 0x00000040";
    assert_eq!(diagnosis.summary, summary);
}

#[test]
fn conditions_are_part_of_the_sentence() {
    let diagnosis = explained(|judge, call| {
        let is_wrong = call.length() >= 100 && call.start() % 4 != 0;
        expected(judge, call) ^ u64::from(is_wrong)
    });
    let summary = "gives its result XORed with 0x00000001, unless start address % 4 = 0, \
                   from length 100 on";
    assert_eq!(diagnosis.summary, summary);
}

#[test]
fn a_diagnosis_accounts_for_the_answers_of_its_subject_and_no_others() {
    let diagnosis = explained(|judge, call| expected(judge, call) ^ 1);
    let judge = Slicing16::new(&MODEL);
    let calls = [known(0), known(20), known(5000)];
    let answers = calls.each_ref().map(|call| expected(&judge, call) ^ 1);
    let cause = diagnosis.cause.as_ref().expect("a cause");
    assert_eq!(cause.answers(&MODEL, &calls), answers);
    let answered = |answers: [u64; 3]| std::array::from_fn::<_, 3, _>(|i| (&calls[i], answers[i]));
    assert!(diagnosis.accounts_for(&MODEL, &answered(answers)));
    let [first, second, third] = answers;
    assert!(!diagnosis.accounts_for(&MODEL, &answered([first, second, third ^ 1])));
}

#[test]
fn what_no_hypothesis_predicts_is_unexplained() {
    let answer: Answer = |judge, call| {
        let sum: u32 = call.message.iter().map(|&byte| u32::from(byte)).sum();
        expected(judge, call) ^ u64::from(sum % 7 == 3)
    };
    let diagnosis = diagnosed(answer, &[]).expect("wrong answers");
    assert_eq!(diagnosis.confidence, Confidence::Unexplained);
    assert!(diagnosis.cause.is_none());
    let bits = "bits of the result that are ever wrong: 0";
    assert!(diagnosis.evidence.iter().any(|line| line == bits));
}

#[test]
fn combine_is_diagnosed_by_its_lengths() {
    let diagnosed = |combine: fn(u64, u64, u64) -> u64| {
        let mut combine = |a, b, len_b| Some(combine(a, b, len_b));
        diagnose_combine(&mut combine, &MODEL, SEED)
    };
    let right = |a, b, len_b| advance::combine(&MODEL, a, b, len_b);
    assert!(diagnosed(right).is_none());
    let truncated = diagnosed(|a, b, len_b| advance::combine(&MODEL, a, b, len_b & 0xffff_ffff));
    let truncated = truncated.expect("wrong answers");
    let summary = "takes the length modulo 2^32 when it combines";
    assert_eq!(truncated.summary, summary);
    let cause = truncated.cause.expect("a cause");
    assert!(matches!(cause.effect, Effect::Combine(combine) if combine.bits == 32));
    let swapped = diagnosed(|a, b, len_b| advance::combine(&MODEL, b, a, len_b));
    let summary = "takes the second part for the first when it combines";
    assert_eq!(swapped.expect("wrong answers").summary, summary);
    let odd = diagnosed(|a, b, len_b| advance::combine(&MODEL, a, b, len_b) ^ (len_b & 1));
    let odd = odd.expect("wrong answers");
    assert_eq!(odd.confidence, Confidence::Unexplained);
    let summary = "combines wrongly, first with a length of 1: unexplained";
    assert_eq!(odd.summary, summary);
}

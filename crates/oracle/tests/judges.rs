//! The judges, against the catalogue and against each other.
#![allow(missing_docs)]

use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::byte_table::ByteTable;
use crcheck_oracle::crc_crate::CrcCrate;
use crcheck_oracle::model::{CHECK_MESSAGE, Model};
use crcheck_oracle::panel::{Disqualified, Panel};
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_oracle::{Judge, catalogue};

fn judges(model: &Model) -> Vec<Box<dyn Judge>> {
    vec![
        Box::new(Bitwise::new(model)),
        Box::new(ByteTable::new(model)),
        Box::new(Slicing16::new(model)),
        Box::new(CrcCrate::new(model)),
    ]
}

/// Bytes without a short period.
fn message(len_bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len_bytes).map(|_| next()).collect()
}

#[test]
fn every_judge_gives_the_check_of_every_catalogue_entry() {
    assert_eq!(catalogue::all().len(), 112);
    for model in catalogue::all() {
        for judge in judges(model) {
            let got = judge.update(model.initial_checksum(), CHECK_MESSAGE);
            assert_eq!(got, model.check, "{} by {}", model.name, judge.id());
        }
    }
}

#[test]
fn the_definition_gives_the_residue_of_every_catalogue_entry() {
    for model in catalogue::all() {
        assert_eq!(
            Bitwise::new(model).residue(),
            model.residue,
            "{}",
            model.name
        );
    }
}

/// `qualify` checks `check` and `residue` by every judge, and the judges against each other.
#[test]
fn the_judges_of_every_catalogue_entry_qualify() {
    for model in catalogue::all() {
        let panel = Panel::qualify(model).unwrap_or_else(|error| panic!("{}: {error}", model.name));
        assert_eq!(panel.judges().len(), 4);
        assert_eq!(panel.judges().last().expect("judges").id(), "bitwise");
    }
}

#[test]
fn a_codeword_without_error_leaves_the_residue() {
    let whole_bytes = |model: &&Model| model.width % 8 == 0 && model.refin == model.refout;
    let mut seen = 0;
    for model in catalogue::all().iter().filter(whole_bytes) {
        for judge in judges(model) {
            let text = message(37);
            let checksum = judge.update(model.initial_checksum(), &text);
            let len_bytes = usize::from(model.width / 8);
            // The checksum follows in the order in which its bits were read.
            let mut sent = checksum.to_le_bytes()[..len_bytes].to_vec();
            if !model.refout {
                sent.reverse();
            }
            let end = judge.update(checksum, &sent);
            assert_eq!(
                model.register_of(end),
                model.residue,
                "{} by {}",
                model.name,
                judge.id()
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} judgements");
}

#[test]
fn the_judges_agree_on_every_model_length_and_register() {
    let text = message(520);
    for model in catalogue::all() {
        let panel = Panel::qualify(model).expect("qualified");
        for (length, register) in (0..520).step_by(13).zip(message(4000).chunks_exact(8)) {
            let register = u64::from_le_bytes(register.try_into().expect("8 bytes"));
            let checksum = model.checksum_of(register);
            let all = panel.verdict(checksum, &text[..length]).expect("agreement");
            assert_eq!(panel.verdict_fast(checksum, &text[..length]), Ok(all));
        }
    }
}

#[test]
fn prefixes_are_updates() {
    let text = message(70);
    for model in catalogue::all() {
        let panel = Panel::qualify(model).expect("qualified");
        let checksum = model.checksum_of(0x1234_5678_9abc_def0);
        let joint = panel.prefixes(checksum, &text).expect("agreement");
        for judge in judges(model) {
            let mut prefixes = vec![7; 3];
            judge.prefixes(checksum, &text, &mut prefixes);
            assert_eq!(prefixes, joint);
            for (length, prefix) in prefixes.iter().enumerate() {
                assert_eq!(
                    *prefix,
                    judge.update(checksum, &text[..length]),
                    "{}",
                    judge.id()
                );
            }
        }
    }
}

#[test]
fn split_anywhere_equals_whole() {
    let text = message(50);
    for model in catalogue::all() {
        for judge in judges(model) {
            let whole = judge.update(model.initial_checksum(), &text);
            for cut in 0..=text.len() {
                let first = judge.update(model.initial_checksum(), &text[..cut]);
                assert_eq!(judge.update(first, &text[cut..]), whole, "{}", model.name);
            }
        }
    }
}

/// A judge with one fault: what it says of messages longer than `limit` is off by one bit.
#[derive(Debug)]
struct Faulty {
    inner: ByteTable,
    limit: usize,
}

impl Judge for Faulty {
    fn id(&self) -> &'static str {
        "faulty"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.inner.update(checksum, message) ^ u64::from(message.len() > self.limit)
    }
}

fn panel_with_fault(limit: usize) -> Result<Panel, Disqualified> {
    let model = Model::CRC_32_ISO_HDLC;
    let faulty = Faulty {
        inner: ByteTable::new(&model),
        limit,
    };
    Panel::qualify_judges(
        &model,
        vec![Box::new(Bitwise::new(&model)), Box::new(faulty)],
    )
}

#[test]
fn a_faulty_judge_may_not_judge() {
    assert!(matches!(
        panel_with_fault(8),
        Err(Disqualified::Check {
            judge: "faulty",
            ..
        })
    ));
    assert!(matches!(
        panel_with_fault(3),
        Err(Disqualified::Check { .. })
    ));
    let Err(Disqualified::Disagreement(disagreement)) = panel_with_fault(100) else {
        panic!("qualified");
    };
    assert_eq!(disagreement.length, 101);
    assert_eq!(disagreement.verdicts.len(), 2);
    assert!(panel_with_fault(1000).is_ok());
}

#[test]
fn a_wrong_residue_disqualifies() {
    let model = Model {
        residue: 0xdebb_20e2,
        ..Model::CRC_32_ISO_HDLC
    };
    let judges: Vec<Box<dyn Judge>> = vec![Box::new(Bitwise::new(&model))];
    let refused = Panel::qualify_judges(&model, judges).expect_err("wrong residue");
    assert!(
        matches!(
            refused,
            Disqualified::Residue {
                judge: "bitwise",
                ..
            }
        ),
        "{refused}"
    );
    assert!(refused.to_string().contains("residue"));
}

#[test]
fn judges_that_differ_are_an_error_not_a_verdict() {
    let panel = panel_with_fault(1000).expect("qualified up to 1000 bytes");
    let text = message(1001);
    assert!(panel.verdict(0, &text[..1000]).is_ok());
    assert!(panel.verdict(0, &text).is_err());
    assert!(
        panel.verdict_fast(0, &text).is_ok(),
        "the definition alone stays out"
    );
}

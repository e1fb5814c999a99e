//! The judges, against the catalogue and against each other.
#![allow(missing_docs)]

use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::byte_table::ByteTable;
use crcheck_oracle::crc_crate::CrcCrate;
use crcheck_oracle::model::{CHECK_MESSAGE, Model};
use crcheck_oracle::panel::{Panel, PrefixBuffers};
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

/// The bits of a codeword's checksum in the order of division, highest power first, and zero bits
/// up to whole bytes. Returns bytes that the model reads, and the number of those zero bits.
fn transmitted(model: &Model, checksum: u64) -> (Vec<u8>, u32) {
    let width = u32::from(model.width);
    let in_order = if model.refout {
        model.reflect(checksum)
    } else {
        checksum
    };
    let word = (in_order << (64 - width)).to_be_bytes();
    let bytes = &word[..width.div_ceil(8) as usize];
    let read = |&byte: &u8| {
        if model.refin {
            byte.reverse_bits()
        } else {
            byte
        }
    };
    (
        bytes.iter().map(read).collect(),
        bytes.len() as u32 * 8 - width,
    )
}

/// The residue, in the order of output, after `bits` more zero bits.
fn residue_after(model: &Model, bits: u32) -> u64 {
    let order = |word, reflected| if reflected { model.reflect(word) } else { word };
    let mut remainder = order(model.residue, model.refin);
    for _ in 0..bits {
        let is_reduced = remainder >> (model.width - 1) == 1;
        remainder = (remainder << 1) & model.mask();
        if is_reduced {
            remainder ^= model.poly;
        }
    }
    order(remainder, model.refout)
}

#[test]
fn a_codeword_without_error_leaves_the_residue() {
    let text = message(37);
    for model in catalogue::all() {
        for judge in judges(model) {
            let checksum = judge.update(model.initial_checksum(), &text);
            let (sent, filled) = transmitted(model, checksum);
            let end = model.register_of(judge.update(checksum, &sent));
            let expected = residue_after(model, filled);
            assert_eq!(end, expected, "{} by {}", model.name, judge.id());
        }
    }
}

/// The same division with `refout` inverted: 111 models that read and write in different orders.
/// The catalogue has one such model.
#[test]
fn a_crossed_twin_has_the_same_division() {
    let text = message(77);
    for model in catalogue::all() {
        let twin = Model::new(
            "",
            model.width,
            model.poly,
            model.init,
            model.refin,
            !model.refout,
            model.reflect(model.xorout),
        )
        .expect("a model");
        assert_eq!(twin.check, model.reflect(model.check), "{}", model.name);
        assert_eq!(twin.residue, model.residue, "{}", model.name);
        Panel::qualify(&twin).unwrap_or_else(|error| panic!("{}: {error}", model.name));
        for (judge, twins) in judges(model).iter().zip(judges(&twin)) {
            let checksum = judge.update(model.initial_checksum(), &text);
            let crossed = twins.update(twin.initial_checksum(), &text);
            assert_eq!(crossed, model.reflect(checksum), "{}", judge.id());
        }
    }
}

#[test]
fn bits_above_the_width_are_ignored() {
    let text = message(40);
    for model in catalogue::all() {
        for judge in judges(model) {
            let clean = 0x5a5a_5a5a_5a5a_5a5a & model.mask();
            let dirty = clean | !model.mask();
            for length in [0, 1, 15, 40] {
                let said = judge.update(clean, &text[..length]);
                assert_eq!(judge.update(dirty, &text[..length]), said, "{}", model.name);
                assert_eq!(said & !model.mask(), 0, "{}", model.name);
            }
            let (mut from_clean, mut from_dirty) = (Vec::new(), Vec::new());
            judge.prefixes(clean, &text, &mut from_clean);
            judge.prefixes(dirty, &text, &mut from_dirty);
            assert_eq!(from_dirty, from_clean, "{} by {}", model.name, judge.id());
        }
    }
}

#[test]
fn the_judges_agree_on_every_model_length_and_register() {
    let text = message(520);
    for model in catalogue::all() {
        let panel = Panel::qualify(model).expect("qualified");
        for (length, register) in (0..520).step_by(13).zip(message(4000).chunks_exact(8)) {
            let register = u64::from_le_bytes(register.try_into().expect("8 bytes"));
            let checksum = model.checksum_of(register);
            let all = panel.update(checksum, &text[..length]).expect("agreement");
            assert_eq!(panel.update_fast(checksum, &text[..length]), Ok(all));
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

#[test]
fn buffers_are_reused() {
    let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("qualified");
    let text = message(400);
    let mut buffers = PrefixBuffers::default();
    for length in [400, 3, 0, 100] {
        let fresh = panel.prefixes(7, &text[..length]).expect("agreement");
        assert_eq!(fresh.len(), length + 1);
        let reused = panel.prefixes_into(&mut buffers, 7, &text[..length]);
        assert_eq!(reused, Ok(&fresh[..]));
    }
}

#[test]
fn judges_are_found_by_id() {
    let panel = Panel::qualify(&Model::CRC_32_ISO_HDLC).expect("qualified");
    for id in ["bitwise", "byte-table", "slicing-16", "crc-crate"] {
        assert_eq!(panel.judge(id).map(Judge::id), Some(id));
    }
    assert!(panel.judge("quux").is_none());
    assert_eq!(panel.model(), &Model::CRC_32_ISO_HDLC);
}

#[test]
fn the_crate_is_asked_in_the_smallest_word_that_holds_the_width() {
    for model in catalogue::all() {
        let shown = format!("{:?}", CrcCrate::new(model));
        let word_bits = model.width.next_power_of_two().max(8);
        let expected = format!("word_bits: {word_bits}, ..");
        assert!(shown.starts_with("CrcCrate { model: Model {"), "{shown}");
        assert!(shown.contains(&expected), "{shown}");
    }
}

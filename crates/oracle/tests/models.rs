//! Models: names, strings, errors, and the algebra of long messages.
#![allow(missing_docs)]

use crcheck_oracle::advance::{self, Advance};
use crcheck_oracle::byte_table::ByteTable;
use crcheck_oracle::model::{Model, ModelError};
use crcheck_oracle::{Judge, catalogue};
use quickcheck::quickcheck;

#[test]
fn the_constant_is_the_catalogue_entry() {
    assert_eq!(
        catalogue::find("CRC-32/ISO-HDLC"),
        Some(&Model::CRC_32_ISO_HDLC)
    );
    assert_eq!(Model::CRC_32_ISO_HDLC.initial_checksum(), 0);
}

#[test]
fn every_entry_survives_its_string() {
    for model in catalogue::all() {
        assert_eq!(Model::parse(&model.to_string()).as_ref(), Ok(model));
        assert_eq!(Model::find(&model.name.to_lowercase()).as_ref(), Ok(model));
    }
}

#[test]
fn registers_and_checksums_are_inverse() {
    for model in catalogue::all() {
        for word in [0, 1, 0x8000_0000, 0x1234_5678_9abc_def0] {
            let word = word & model.mask();
            assert_eq!(model.register_of(model.checksum_of(word)), word);
            assert_eq!(model.reflect(model.reflect(word)), word);
        }
    }
}

#[test]
fn what_is_wrong_with_a_model_is_said() {
    let base = "width=8 poly=0x07 init=0x00 refin=false refout=false xorout=0x00";
    let error = |text: &str| Model::find(text).expect_err(text).to_string();
    assert!(Model::parse(base).is_ok());
    let cases = [
        ("CRC-32/ISO-HDLS", "did you mean `CRC-32/ISO-HDLC`"),
        ("quux", "no model is called `quux`"),
        ("width=8 poly", "`poly` in a model is not `key=value`"),
        ("width=8 polly=7", "no parameter `polly`"),
        ("width=8 width=8", "`width` stands twice"),
        ("width=8 poly=7", "a model needs `init`"),
        ("poly=7 init=0", "a model needs `width`"),
        (
            "width=2 poly=1 init=0 refin=true refout=true xorout=0",
            "outside 3 to 64",
        ),
        (
            "width=300 poly=1 init=0 refin=true refout=true xorout=0",
            "outside 3 to 64",
        ),
        (
            "width=8 poly=0x107 init=0 refin=true refout=true xorout=0",
            "does not fit a width of 8",
        ),
        (
            "width=8 poly=0x06 init=0 refin=true refout=true xorout=0",
            "lacks the term 1",
        ),
        (
            "width=8 poly=zz init=0 refin=true refout=true xorout=0",
            "`zz` is no value for `poly`",
        ),
        (
            "width=8 poly=7 init=0 refin=yes refout=true xorout=0",
            "`yes` is no value for `refin`",
        ),
    ];
    for (text, part) in cases {
        let said = error(text);
        assert!(said.contains(part), "{text}: {said}");
    }
    let contradiction = Model::parse(&format!("{base} check=0xf5"));
    assert_eq!(
        contradiction,
        Err(ModelError::Contradiction("check", 0xf5, 0xf4))
    );
    assert!(Model::parse(&format!("{base} check=0xf4 residue=0")).is_ok());
}

#[test]
fn combine_is_the_checksum_of_the_concatenation() {
    let text: Vec<u8> = (0..90_u8).map(|i| i.wrapping_mul(37) ^ 5).collect();
    for model in catalogue::all() {
        let judge = ByteTable::new(model);
        let of = |part: &[u8]| judge.update(model.initial_checksum(), part);
        for cut in [0, 1, 2, 40, 89, 90] {
            let (a, b) = text.split_at(cut);
            let joined = advance::combine(model, of(a), of(b), b.len() as u64);
            assert_eq!(joined, of(&text), "{} at {cut}", model.name);
        }
    }
}

#[test]
fn advancing_is_updating_with_zeros() {
    for model in catalogue::all() {
        let judge = ByteTable::new(model);
        for length in [0, 1, 7, 8, 100] {
            let checksum = model.checksum_of(0x0123_4567_89ab_cdef);
            let by_zeros = judge.update(checksum, &vec![0; length]);
            assert_eq!(
                Advance::new(model, length as u64).checksum(checksum),
                by_zeros
            );
        }
    }
}

quickcheck! {
    fn advancing_twice_is_advancing_by_the_sum(a: u64, b: u64, checksum: u32) -> bool {
        let model = Model::CRC_32_ISO_HDLC;
        let (a, b) = (a / 2, b / 2);
        let once = Advance::new(&model, a + b).checksum(checksum.into());
        let twice = Advance::new(&model, b).checksum(Advance::new(&model, a).checksum(checksum.into()));
        once == twice
    }

    fn a_forged_prefix_has_the_checksum_wanted(prefix: Vec<u8>, start: u64, wanted: u64, pick: usize) -> bool {
        let models = catalogue::all();
        let model = &models[pick % models.len()];
        let judge = ByteTable::new(model);
        let (start, wanted) = (start & model.mask(), wanted & model.mask());
        let mut forged = prefix.clone();
        let done = advance::forge(model, &judge, start, &mut forged, wanted);
        let long_enough = prefix.len() >= usize::from(model.width).div_ceil(8);
        let reached = judge.update(start, &forged) == wanted;
        if done { long_enough && reached } else { !long_enough && forged == prefix }
    }
}

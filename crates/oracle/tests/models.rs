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
fn a_new_model_has_the_catalogues_check_and_residue() {
    for entry in catalogue::all() {
        let Model {
            name,
            width,
            poly,
            init,
            refin,
            refout,
            xorout,
            ..
        } = entry.clone();
        let made = Model::new(name, width, poly, init, refin, refout, xorout);
        assert_eq!(made.as_ref(), Ok(entry));
        assert_eq!(entry.validate(), Ok(()));
    }
}

#[test]
fn a_new_model_is_held_to_the_rules() {
    let new = |name, width, poly| Model::new(name, width, poly, 0, true, true, 0);
    assert_eq!(new("", 2, 1), Err(ModelError::Width(2)));
    assert_eq!(new("", 65, 1), Err(ModelError::Width(65)));
    assert_eq!(new("", 3, 9), Err(ModelError::TooWide("poly", 9, 3)));
    assert_eq!(new("", 3, 4), Err(ModelError::EvenPoly(4, 3, None)));
    assert_eq!(new("a b", 3, 3), Err(ModelError::Name("a b".to_owned())));
    assert!(new("", 3, 3).is_ok());
    assert!(new("", 64, u64::MAX).is_ok());
    let check = Model {
        check: 1 << 32,
        ..Model::CRC_32_ISO_HDLC
    };
    assert_eq!(
        check.validate(),
        Err(ModelError::TooWide("check", 1 << 32, 32))
    );
}

#[test]
fn a_model_string_is_read_in_any_order_and_notation() {
    let text = "xorout=0xFFFF_FFFF refout=true refin=true init=4294967295 poly=0X04C11DB7 width=32";
    let unnamed = Model {
        name: "".into(),
        ..Model::CRC_32_ISO_HDLC
    };
    assert_eq!(Model::parse(text).as_ref(), Ok(&unnamed));
    assert_eq!(
        unnamed.to_string(),
        "width=32 poly=0x04c11db7 init=0xffffffff refin=true refout=true \
         xorout=0xffffffff check=0xcbf43926 residue=0xdebb20e3"
    );
    let quoted = Model::parse(&format!("{unnamed} name=\"CRC-32/ISO-HDLC\""));
    assert_eq!(quoted, Ok(Model::CRC_32_ISO_HDLC));
}

/// The register is in the order of output: reflected if `refout`.
#[test]
fn the_initial_checksum_is_that_of_nothing() {
    let initial = |name| catalogue::find(name).map(Model::initial_checksum);
    assert_eq!(initial("CRC-32/ISO-HDLC"), Some(0));
    assert_eq!(initial("CRC-32/MPEG-2"), Some(0xffff_ffff));
    assert_eq!(initial("CRC-16/RIELLO"), Some(0x554d), "0xb2aa reflected");
    assert_eq!(initial("CRC-32/QUUX"), None);
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

/// Text that is no model, and a part of what the error says.
const NO_MODELS: &[(&str, &str)] = &[
    ("CRC-32/ISO-HDLS", "did you mean `CRC-32/ISO-HDLC`"),
    ("quux", "no model is called `quux`"),
    (
        "CRC-82/DARC",
        "CRC-82/DARC has 82 bits, and crcheck judges CRCs of 3 to 64 bits",
    ),
    (
        "width=82 poly=0x0308c0111011401440411 init=0 refin=true refout=true xorout=0",
        "a width of 82 is outside 3 to 64",
    ),
    (
        "width=65 poly=1 init=0 refin=true refout=true xorout=0",
        "a width of 65 is outside 3 to 64",
    ),
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
        "poly 0x107 does not fit a width of 8 bits: write it without its highest term, poly=0x07",
    ),
    (
        "width=8 poly=0x207 init=0 refin=true refout=true xorout=0",
        "poly 0x207 does not fit a width of 8 bits",
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
    (
        "width=8 poly=+7 init=0 refin=true refout=true xorout=0",
        "`+7` is no value for `poly`",
    ),
    (
        "width=64 poly=0x10000000000000001 init=0 refin=true refout=true xorout=0",
        "`0x10000000000000001` is no value for `poly`",
    ),
    (
        "width=8 poly= init=0 refin=true refout=true xorout=0",
        "`` is no value for `poly`",
    ),
    (
        "width=8 poly=7 init=0x100 refin=true refout=true xorout=0",
        "init 0x100 does not fit a width of 8 bits",
    ),
    (
        "width=8 poly=7 init=0 refin=true refout=true xorout=0x100",
        "xorout 0x100 does not fit a width of 8 bits",
    ),
    (
        "width=8 poly=7 init=0 refin=true refout=true xorout=0 residue=0x100",
        "residue 0x100 does not fit a width of 8 bits",
    ),
    (
        "width=8 poly=7 init=0 refin=false refout=false xorout=0 residue=1",
        "residue 0x1 contradicts the other parameters, which imply 0x0",
    ),
    (
        "width=8 poly=7 init=0 refin=true refout=true xorout=0 name=a\"b",
        "has white space or quotation marks",
    ),
];

#[test]
fn what_is_wrong_with_a_model_is_said() {
    let error = |text: &str| Model::find(text).expect_err(text).to_string();
    for &(text, part) in NO_MODELS {
        let said = error(text);
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn a_given_check_and_residue_must_be_the_implied_ones() {
    let base = "width=8 poly=0x07 init=0x00 refin=false refout=false xorout=0x00";
    assert!(Model::parse(base).is_ok());
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
fn combining_with_nothing_is_the_identity() {
    for model in catalogue::all() {
        let nothing = model.initial_checksum();
        let some = 0x0123_4567_89ab_cdef & model.mask();
        assert_eq!(advance::combine(model, some, nothing, 0), some);
        for len_b in [0, 1, 1000, u64::MAX] {
            assert_eq!(advance::combine(model, nothing, some, len_b), some);
        }
        let dirty = some | !model.mask();
        assert_eq!(
            advance::combine(model, dirty, dirty, 0),
            advance::combine(model, some, some, 0)
        );
    }
}

#[test]
fn combining_is_associative_at_huge_lengths() {
    for model in catalogue::all() {
        let [a, b, c] = [
            0x0123_4567_89ab_cdef,
            0xfedc_ba98_7654_3210,
            0x0f1e_2d3c_4b5a_6978,
        ]
        .map(|word: u64| word & model.mask());
        for (len_b, len_c) in [(1, 1 << 32), (1 << 63, u64::MAX >> 1), (0, u64::MAX)] {
            let left = advance::combine(model, advance::combine(model, a, b, len_b), c, len_c);
            let right = advance::combine(model, b, c, len_c);
            let right = advance::combine(model, a, right, len_b + len_c);
            assert_eq!(left, right, "{} {len_b} {len_c}", model.name);
        }
    }
}

/// Ignores the message, so that no prefix reaches another checksum.
#[derive(Debug)]
struct Deaf;

impl Judge for Deaf {
    fn id(&self) -> &'static str {
        "deaf"
    }

    fn update(&self, checksum: u64, _message: &[u8]) -> u64 {
        checksum
    }
}

#[test]
fn what_no_prefix_reaches_is_not_forged() {
    let model = Model::CRC_32_ISO_HDLC;
    let mut prefix = *b"as it was";
    assert!(!advance::forge(&model, &Deaf, 1, &mut prefix, 2));
    assert!(advance::forge(&model, &Deaf, 1, &mut prefix, 1));
    assert_eq!(&prefix, b"as it was");
}

/// Affine on one bit at a time only. It misleads the elimination, which must notice.
#[derive(Debug)]
struct Misleading(ByteTable);

impl Judge for Misleading {
    fn id(&self) -> &'static str {
        "misleading"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let bits: u32 = message.iter().map(|byte| byte.count_ones()).sum();
        self.0.update(checksum, message) ^ u64::from(bits > 1)
    }
}

#[test]
fn a_judge_that_is_not_affine_is_not_forged() {
    let model = Model::CRC_32_ISO_HDLC;
    let judge = Misleading(ByteTable::new(&model));
    let mut prefix = [0; 4];
    assert!(!advance::forge(&model, &judge, 0, &mut prefix, 0x1234_5678));
    assert_eq!(prefix, [0; 4]);
}

#[test]
fn a_forged_prefix_keeps_its_head() {
    let text: Vec<u8> = (0..20).collect();
    for model in catalogue::all() {
        let judge = ByteTable::new(model);
        let len_bytes = usize::from(model.width).div_ceil(8);
        let mut exact = text[..len_bytes].to_vec();
        assert!(
            advance::forge(model, &judge, 0, &mut exact, !0),
            "{}",
            model.name
        );
        let mut longer = text.clone();
        assert!(
            advance::forge(model, &judge, 0, &mut longer, !0),
            "{}",
            model.name
        );
        assert_eq!(judge.update(0, &longer), model.mask());
        assert_eq!(longer[..20 - len_bytes], text[..20 - len_bytes]);
        let mut shorter = text[..len_bytes - 1].to_vec();
        assert!(!advance::forge(model, &judge, 0, &mut shorter, !0));
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
        let advanced = |checksum, len_bytes| Advance::new(&model, len_bytes).checksum(checksum);
        let checksum = checksum.into();
        advanced(checksum, a + b) == advanced(advanced(checksum, a), b)
    }

    fn a_forged_prefix_has_the_checksum_wanted(
        prefix: Vec<u8>,
        start: u64,
        wanted: u64,
        pick: usize
    ) -> bool {
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

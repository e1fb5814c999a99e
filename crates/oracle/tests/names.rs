//! The names that people write, and the polynomials that they write in another notation.
#![allow(missing_docs)]

use crcheck_oracle::catalogue;
use crcheck_oracle::model::{Model, ModelError};
use std::collections::BTreeMap;

/// Every name, with the entry that it stands for.
fn every_name() -> Vec<(&'static str, &'static str)> {
    let entries = catalogue::all().iter().map(|entry| (entry, &*entry.name));
    let named = entries.flat_map(|(entry, own)| {
        let others = catalogue::aliases(entry)
            .iter()
            .chain(catalogue::other_names(entry));
        std::iter::once((own, own)).chain(others.map(move |other| (*other, own)))
    });
    named.collect()
}

#[test]
fn no_two_entries_share_a_name() {
    let mut known = BTreeMap::new();
    for (name, entry) in every_name() {
        let before = known.insert(catalogue::bare(name), (name, entry));
        assert_eq!(before, None, "{name}");
    }
    assert!(known.len() > 170, "{}", known.len());
}

#[test]
fn every_name_finds_its_entry_however_it_is_written() {
    for (name, entry) in every_name() {
        let spellings = [
            name.to_owned(),
            name.to_lowercase(),
            name.replace('/', "_"),
            name.replace(['-', '/'], ""),
            name.replace(['-', '/'], " "),
        ];
        for spelling in spellings {
            let found = Model::find(&spelling).expect(&spelling);
            assert_eq!(found.name, entry, "{spelling}");
        }
    }
}

/// As <https://reveng.sourceforge.io/crc-catalogue/> lists them.
#[test]
fn the_catalogues_aliases_are_those_published() {
    for (alias, entry) in [
        ("CRC-32", "CRC-32/ISO-HDLC"),
        ("PKZIP", "CRC-32/ISO-HDLC"),
        ("CRC-32C", "CRC-32/ISCSI"),
        ("crc32c", "CRC-32/ISCSI"),
        ("CRC-32Q", "CRC-32/AIXM"),
        ("B-CRC-32", "CRC-32/BZIP2"),
        ("CKSUM", "CRC-32/CKSUM"),
        ("X-25", "CRC-16/IBM-SDLC"),
        ("crc16_x25", "CRC-16/IBM-SDLC"),
        ("CRC-16", "CRC-16/ARC"),
        ("CRC-CCITT", "CRC-16/KERMIT"),
        ("CRC-16/CCITT-FALSE", "CRC-16/IBM-3740"),
        ("XMODEM", "CRC-16/XMODEM"),
        ("CRC-8", "CRC-8/SMBUS"),
        ("CRC-24", "CRC-24/OPENPGP"),
        ("CRC-64", "CRC-64/ECMA-182"),
        ("CRC-64/ECMA", "CRC-64/ECMA-182"),
        ("CRC-64/GO-ECMA", "CRC-64/XZ"),
    ] {
        assert_eq!(Model::find(alias).expect(alias).name, entry);
    }
}

#[test]
fn an_alias_says_which_entry_it_is_and_who_else_is_called_so() {
    let remark = |text| catalogue::remark(text, &Model::find(text).expect(text));
    assert_eq!(remark("CRC-32/ISCSI"), None);
    assert_eq!(remark("crc-32_iscsi"), None);
    let said = remark("crc32c").expect("a remark");
    assert_eq!(said, "model crc32c is CRC-32/ISCSI");
    let said = remark("CRC-CCITT").expect("a remark");
    assert!(
        said.contains("CRC-16/KERMIT") && said.contains("CRC-16/XMODEM"),
        "{said}"
    );
}

#[test]
fn every_ambiguous_name_names_other_entries() {
    let named = |name: &str| catalogue::named(name).expect("an entry");
    let ambiguous = every_name()
        .into_iter()
        .map(|(name, _)| named(name))
        .filter(|named| !named.others().is_empty());
    let mut count = 0;
    for one in ambiguous {
        for &other in one.others() {
            let entry = catalogue::find(other).expect(other);
            assert_ne!(entry, one.model, "{}", one.name);
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn a_wrong_name_means_the_nearest_of_its_width() {
    for (wrong, meant) in [
        ("CRC-32/ISCSl", "did you mean `CRC-32/ISCSI`?"),
        ("CRC-32/CASTAGNOLY", "`CRC-32/CASTAGNOLI` (CRC-32/ISCSI)"),
        ("CRC-16/CITT", "`CRC-16/CCITT` (CRC-16/KERMIT)"),
        ("CRC-3/ISO-HDLC", "`CRC-32/ISO-HDLC`"),
        ("X-52", "`X-25` (CRC-16/IBM-SDLC)"),
        ("MODBSU", "`MODBUS` (CRC-16/MODBUS)"),
    ] {
        let said = Model::find(wrong).expect_err(wrong).to_string();
        assert!(said.contains(meant), "{wrong}: {said}");
    }
    for nonsense in ["CRC-82", "CRC-33", "CRC-32/FOO", "CRC-16/QUUX", "", "/"] {
        let found = Model::find(nonsense);
        assert_eq!(found, Err(ModelError::Unknown(nonsense.to_owned(), None)));
    }
}

fn with_poly(width: u8, poly: &str) -> Result<Model, ModelError> {
    let text = format!("width={width} poly={poly} init=0 refin=true refout=true xorout=0");
    Model::find(&text)
}

#[test]
fn an_even_polynomial_says_what_it_is_in_another_notation() {
    for (width, poly, said) in [
        (
            32,
            "0xedb88320",
            "it is 0x04c11db7 with its bits reversed; write poly=0x04c11db7",
        ),
        (32, "0x82f63b78", "write poly=0x1edc6f41"),
        (32, "0x04c11db6", "it is 0x04c11db7 without its lowest term"),
        (16, "0x8408", "write poly=0x1021"),
        (
            16,
            "0x8810",
            "it is 0x1021 with its highest term and without",
        ),
        (8, "0x8c", "write poly=0x31"),
        (64, "0xc96c5795d7870f42", "write poly=0x42f0e1eba9ea3693"),
        (
            32,
            "0xc0000000",
            "if its bits are reversed, write poly=0x00000003",
        ),
    ] {
        let error = with_poly(width, poly).expect_err(poly).to_string();
        assert!(error.contains(said), "{poly}: {error}");
        assert!(error.contains("lacks the term 1"), "{poly}: {error}");
    }
    let error = with_poly(32, "0x12345678").expect_err("even").to_string();
    assert_eq!(
        error,
        "poly 0x12345678 lacks the term 1, which every CRC has"
    );
}

#[test]
fn an_odd_polynomial_in_another_notation_is_taken_with_a_remark() {
    for (width, poly, meant) in [(16, "0xa001", "0x8005"), (32, "0x82608edb", "0x04c11db7")] {
        let text = format!("width={width} poly={poly} init=0 refin=true refout=true xorout=0");
        let model = Model::find(&text).expect("odd");
        let said = catalogue::remark(&text, &model).expect("a remark");
        assert!(said.ends_with(&format!("write poly={meant}")), "{said}");
    }
    for entry in catalogue::all() {
        assert_eq!(catalogue::remark(&entry.to_string(), entry), None);
    }
}

#[test]
fn a_search_finds_names_aliases_and_polynomials_in_any_notation() {
    let found = |text: &str| -> Vec<String> {
        let matches = catalogue::search(text).into_iter();
        let shown = matches.map(|one| match one.notation {
            Some(notation) => format!("{} {}", one.model.name, notation.name()),
            None => one.model.name.to_string(),
        });
        shown.collect()
    };
    assert_eq!(found("").len(), catalogue::all().len());
    assert_eq!(found("castagnoli"), ["CRC-32/ISCSI"]);
    assert_eq!(found("crc32")[0], "CRC-32/ISO-HDLC");
    assert_eq!(found("0x1edc6f41"), ["CRC-32/ISCSI"]);
    assert_eq!(found("1EDC6F41"), ["CRC-32/ISCSI"]);
    assert_eq!(found("0x82F63B78"), ["CRC-32/ISCSI reflected"]);
    assert_eq!(found("11edc6f41"), ["CRC-32/ISCSI full"]);
    assert_eq!(found("0x8f6e37a0"), ["CRC-32/ISCSI koopman"]);
    let family = found("0xedb88320");
    assert!(family.contains(&"CRC-32/ISO-HDLC reflected".to_owned()));
    assert!(family.contains(&"CRC-32/MPEG-2 reflected".to_owned()));
    assert_eq!(found("bbc"), ["CRC-13/BBC"], "digits of another width");
    assert!(found("quux").is_empty() && found("0x12345678").is_empty());
}

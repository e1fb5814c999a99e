//! Judges with a fault, which may not judge.
#![allow(missing_docs)]

use crcheck_oracle::Judge;
use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::byte_table::ByteTable;
use crcheck_oracle::catalogue;
use crcheck_oracle::model::{Model, ModelError};
use crcheck_oracle::panel::{Disqualified, Panel};
use crcheck_oracle::slicing_16::Slicing16;

const MODEL: Model = Model::CRC_32_ISO_HDLC;

/// A byte table of CRC-32/ISO-HDLC with one bit of one entry wrong.
#[derive(Debug)]
struct WrongEntry {
    table: Vec<u64>,
}

impl WrongEntry {
    fn new(wrong: usize) -> Self {
        let honest = ByteTable::new(&MODEL);
        let entry = |byte| MODEL.register_of(honest.update(MODEL.checksum_of(0), &[byte]));
        let mut table: Vec<u64> = (0..=255).map(entry).collect();
        if let Some(entry) = table.get_mut(wrong) {
            *entry ^= 1 << 9;
        }
        Self { table }
    }
}

impl Judge for WrongEntry {
    fn id(&self) -> &'static str {
        "wrong-entry"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let end = message
            .iter()
            .fold(MODEL.register_of(checksum), |register, byte| {
                (register >> 8) ^ self.table[usize::from(register as u8 ^ byte)]
            });
        MODEL.checksum_of(end)
    }
}

fn beside_the_definition(judge: impl Judge + 'static) -> Result<Panel, Disqualified> {
    Panel::qualify_judges(
        &MODEL,
        vec![Box::new(Bitwise::new(&MODEL)), Box::new(judge)],
    )
}

#[test]
fn one_wrong_bit_in_any_table_entry_disqualifies() {
    assert!(beside_the_definition(WrongEntry::new(256)).is_ok());
    for wrong in 0..256 {
        let refused = beside_the_definition(WrongEntry::new(wrong));
        assert!(refused.is_err(), "entry {wrong}");
    }
}

/// Slicing by sixteen of CRC-32/ISO-HDLC with one bit of one entry wrong.
#[derive(Debug)]
struct WrongRow {
    rows: Vec<Vec<u64>>,
}

impl WrongRow {
    /// Row k: what a byte becomes when k zero bytes follow it.
    fn honest() -> Vec<Vec<u64>> {
        let judge = ByteTable::new(&MODEL);
        let entry = |byte, row: usize| {
            let message = [vec![byte], vec![0; row]].concat();
            MODEL.register_of(judge.update(MODEL.checksum_of(0), &message))
        };
        let row = |row| (0..=255).map(|byte| entry(byte, row)).collect();
        (0..16).map(row).collect()
    }
}

impl Judge for WrongRow {
    fn id(&self) -> &'static str {
        "wrong-row"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let (blocks, rest) = message.as_chunks::<16>();
        let mut register = MODEL.register_of(checksum);
        for block in blocks {
            let word = u128::from_le_bytes(*block) ^ u128::from(register);
            let entries = word.to_le_bytes().into_iter().zip(self.rows.iter().rev());
            register = entries.fold(0, |sum, (byte, row)| sum ^ row[usize::from(byte)]);
        }
        let end = rest.iter().fold(register, |register, byte| {
            (register >> 8) ^ self.rows[0][usize::from(register as u8 ^ byte)]
        });
        MODEL.checksum_of(end)
    }
}

#[test]
fn one_wrong_bit_in_any_entry_of_sixteen_rows_disqualifies() {
    let beside_a_table = |rows| {
        let judges: Vec<Box<dyn Judge>> = vec![
            Box::new(ByteTable::new(&MODEL)),
            Box::new(WrongRow { rows }),
        ];
        Panel::qualify_judges(&MODEL, judges)
    };
    let honest = WrongRow::honest();
    assert!(beside_a_table(honest.clone()).is_ok());
    for (row, byte) in (0..16).flat_map(|row| (0..256).map(move |byte| (row, byte))) {
        let mut rows = honest.clone();
        rows[row][byte] ^= 1 << 9;
        assert!(beside_a_table(rows).is_err(), "row {row} entry {byte}");
    }
}

/// Starts longer messages from the model's initial register and ignores the checksum before them.
#[derive(Debug)]
struct Forgetful(ByteTable);

impl Judge for Forgetful {
    fn id(&self) -> &'static str {
        "forgetful"
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let is_long = message.len() > 64;
        let start = if is_long {
            MODEL.initial_checksum()
        } else {
            checksum
        };
        self.0.update(start, message)
    }
}

#[test]
fn a_checksum_ignored_beyond_a_length_disqualifies() {
    let refused = beside_the_definition(Forgetful(ByteTable::new(&MODEL)));
    let Err(Disqualified::Disagreement(disagreement)) = refused else {
        panic!("qualified");
    };
    assert_eq!(disagreement.length, 65);
    assert_ne!(disagreement.checksum, MODEL.initial_checksum());
}

/// Right but for its faults: `update` is off by one bit beyond a length, `prefixes` is off at one
/// entry or lacks the last one.
#[derive(Debug)]
struct Faulty {
    inner: ByteTable,
    id: &'static str,
    right_to_bytes: usize,
    wrong_prefix: Option<usize>,
    is_short: bool,
}

impl Faulty {
    fn new() -> Self {
        Self {
            inner: ByteTable::new(&MODEL),
            id: "faulty",
            right_to_bytes: usize::MAX,
            wrong_prefix: None,
            is_short: false,
        }
    }

    fn beyond(right_to_bytes: usize) -> Self {
        Self {
            right_to_bytes,
            ..Self::new()
        }
    }
}

impl Judge for Faulty {
    fn id(&self) -> &'static str {
        self.id
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.inner.update(checksum, message) ^ u64::from(message.len() > self.right_to_bytes)
    }

    fn prefixes(&self, checksum: u64, message: &[u8], out: &mut Vec<u64>) {
        self.inner.prefixes(checksum, message, out);
        if let Some(entry) = self.wrong_prefix.and_then(|at| out.get_mut(at)) {
            *entry ^= 1;
        }
        if self.is_short {
            out.pop();
        }
    }
}

fn slicing() -> Box<dyn Judge> {
    Box::new(Slicing16::new(&MODEL))
}

fn bitwise() -> Box<dyn Judge> {
    Box::new(Bitwise::new(&MODEL))
}

#[test]
fn a_wrong_check_disqualifies() {
    let refused = beside_the_definition(Faulty::beyond(8)).expect_err("9 bytes are wrong");
    let said = "judge faulty gives check 0xcbf43927 where the model has 0xcbf43926";
    assert_eq!(refused.to_string(), said);
}

#[test]
fn the_shortest_disagreement_is_named() {
    let refused = beside_the_definition(Faulty::beyond(100)).expect_err("101 bytes are wrong");
    let Disqualified::Disagreement(disagreement) = &refused else {
        panic!("{refused}");
    };
    assert_eq!((disagreement.length, disagreement.checksum), (101, 0));
    let ids: Vec<_> = disagreement.checksums.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["faulty", "bitwise"]);
    assert!(
        refused
            .to_string()
            .starts_with("the judges differ on 101 bytes after 0x0: faulty 0x")
    );
}

#[test]
fn lengths_to_300_are_examined() {
    assert!(beside_the_definition(Faulty::beyond(299)).is_err());
    assert!(beside_the_definition(Faulty::beyond(300)).is_ok());
}

#[test]
fn a_wrong_prefix_disqualifies() {
    for at in [0, 1, 150, 300] {
        let wrong = Some(at);
        let refused = beside_the_definition(Faulty {
            wrong_prefix: wrong,
            ..Faulty::new()
        });
        let Err(Disqualified::Disagreement(disagreement)) = refused else {
            panic!("qualified with a wrong entry {at}");
        };
        assert_eq!(disagreement.length, at);
    }
}

#[test]
fn a_missing_prefix_disqualifies_wherever_the_judge_sits() {
    let short = || {
        Box::new(Faulty {
            is_short: true,
            ..Faulty::new()
        })
    };
    let panels: [Vec<Box<dyn Judge>>; 3] = [
        vec![short(), slicing()],
        vec![slicing(), short()],
        vec![short(), short()],
    ];
    for judges in panels {
        assert!(Panel::qualify_judges(&MODEL, judges).is_err());
    }
}

/// A judge that is alone can differ from itself only.
#[test]
fn prefixes_that_are_no_updates_disqualify_even_alone() {
    let wrong = Faulty {
        wrong_prefix: Some(40),
        ..Faulty::new()
    };
    let refused = Panel::qualify_judges(&MODEL, vec![Box::new(wrong)]).expect_err("entry 40");
    let said = refused.to_string();
    assert!(
        said.contains("differ on 40 bytes after 0x0: as a prefix 0x"),
        "{said}"
    );
    assert!(said.contains(" as a whole 0x"), "{said}");
}

#[test]
fn a_wrong_check_or_residue_of_any_model_disqualifies() {
    for model in catalogue::all() {
        for bit in [0, model.width - 1] {
            let check = Model {
                check: model.check ^ (1 << bit),
                ..model.clone()
            };
            let refused = Panel::qualify(&check).expect_err("wrong check");
            assert!(
                matches!(refused, Disqualified::Check { .. }),
                "{}: {refused}",
                model.name
            );
            let residue = Model {
                residue: model.residue ^ (1 << bit),
                ..model.clone()
            };
            let refused = Panel::qualify(&residue).expect_err("wrong residue");
            assert!(
                matches!(refused, Disqualified::Residue { .. }),
                "{}: {refused}",
                model.name
            );
        }
    }
}

#[test]
fn a_wrong_residue_is_said() {
    let model = Model {
        residue: 0xdebb_20e2,
        ..MODEL
    };
    let said = Panel::qualify(&model)
        .expect_err("wrong residue")
        .to_string();
    let expected = "judge slicing-16 gives residue 0xdebb20e3 where the model has 0xdebb20e2";
    assert_eq!(said, expected);
}

#[test]
fn what_is_no_model_has_no_panel() {
    for width in [0, 2, 65, 255] {
        let refused = Panel::qualify(&Model { width, ..MODEL }).expect_err("no width");
        assert_eq!(
            refused,
            Disqualified::Model(ModelError::Width(width.into()))
        );
        assert!(refused.to_string().contains("is outside 3 to 64"));
    }
}

#[test]
#[should_panic(expected = "a panel has judges")]
fn a_panel_has_judges() {
    let _ = Panel::qualify_judges(&MODEL, Vec::new());
}

#[test]
fn judges_that_differ_give_no_checksum() {
    let judges = vec![bitwise(), Box::new(Faulty::beyond(1000)), slicing()];
    let panel = Panel::qualify_judges(&MODEL, judges).expect("right up to 1000 bytes");
    let text = vec![0x5a; 1500];
    assert!(panel.update(0, &text[..1000]).is_ok());
    assert_eq!(
        panel.update(0, &text).expect_err("differ").checksums.len(),
        3
    );
    let fast = panel
        .update_fast(0, &text)
        .expect_err("two of three are fast");
    let ids: Vec<_> = fast.checksums.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["faulty", "slicing-16"]);
    let prefixes = panel
        .prefixes(0, &text)
        .expect_err("the whole message is wrong");
    assert_eq!(prefixes.length, 1500);
}

#[test]
fn prefixes_that_differ_name_the_shortest_and_every_judge() {
    let wrong = Faulty {
        wrong_prefix: Some(777),
        ..Faulty::new()
    };
    let judges = vec![bitwise(), Box::new(wrong), slicing()];
    let panel = Panel::qualify_judges(&MODEL, judges).expect("right up to 776 bytes");
    assert!(panel.prefixes(5, &[1; 776]).is_ok());
    let disagreement = panel
        .prefixes(5, &[1; 900])
        .expect_err("entry 777 is wrong");
    assert_eq!((disagreement.length, disagreement.checksum), (777, 5));
    let honest = Bitwise::new(&MODEL).update(5, &[1; 777]);
    let expected = [
        ("faulty", honest ^ 1),
        ("slicing-16", honest),
        ("bitwise", honest),
    ];
    assert_eq!(disagreement.checksums, expected);
}

#[test]
fn the_fast_update_leaves_the_definition_out() {
    let definition = Faulty {
        id: "bitwise",
        ..Faulty::beyond(1000)
    };
    let judges = vec![Box::new(definition) as Box<dyn Judge>, slicing()];
    let panel = Panel::qualify_judges(&MODEL, judges).expect("right up to 1000 bytes");
    let text = vec![0x5a; 1500];
    assert!(panel.update(0, &text).is_err());
    let honest = Slicing16::new(&MODEL).update(0, &text);
    assert_eq!(panel.update_fast(0, &text), Ok(honest));
}

#[test]
fn the_definition_alone_is_asked_after_all() {
    let panel = Panel::qualify_judges(&MODEL, vec![bitwise()]).expect("qualified");
    assert_eq!(panel.update_fast(0, b"123456789"), Ok(MODEL.check));
}

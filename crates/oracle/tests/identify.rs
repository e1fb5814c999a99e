//! Laws of `identify`: it knows every model by its value, however the message comes.

use crcheck_oracle::bitwise::Bitwise;
use crcheck_oracle::catalogue;
use crcheck_oracle::identify::identifier::{Identified, Identifier};
use crcheck_oracle::identify::slip::Slip;
use crcheck_oracle::identify::value::{ByteOrder, readings};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use quickcheck::QuickCheck;

fn identify(message: &[u8], value: &str) -> Vec<Identified> {
    let mut identifier = Identifier::new();
    identifier.update(message);
    identifier.identify(&readings(value).expect("a value"))
}

fn checksum(model: &Model, message: &[u8]) -> u64 {
    Bitwise::new(model).update(model.initial_checksum(), message)
}

fn hex(model: &Model, value: u64) -> String {
    let digits = 2 + usize::from(model.width).div_ceil(4);
    format!("{value:#0digits$x}")
}

#[test]
fn every_model_is_known_by_its_check() {
    for model in catalogue::all() {
        let found = identify(b"123456789", &hex(model, model.check));
        let own = found.iter().find(|one| one.model == model);
        let own = own.unwrap_or_else(|| panic!("{}: {found:?}", model.name));
        assert_eq!((own.order, own.slip), (ByteOrder::Big, None));
    }
}

#[test]
fn every_model_is_known_on_any_message_in_any_pieces() {
    fn holds(message: Vec<u8>, cut: usize) -> bool {
        let (first, second) = message.split_at(cut % (message.len() + 1));
        let mut identifier = Identifier::new();
        identifier.update(first);
        identifier.update(second);
        catalogue::all().iter().all(|model| {
            let value = hex(model, checksum(model, &message));
            let found = identifier.identify(&readings(&value).expect("a value"));
            found
                .iter()
                .any(|one| one.model == model && one.slip.is_none())
        })
    }
    QuickCheck::new()
        .tests(8)
        .quickcheck(holds as fn(Vec<u8>, usize) -> bool);
}

/// Long pieces go to threads.
#[test]
fn a_long_message_is_as_a_short_one() {
    let message: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 3) as u8)
        .collect();
    for name in [
        "CRC-3/GSM",
        "CRC-16/XMODEM",
        "CRC-24/BLE",
        "CRC-32/ISCSI",
        "CRC-64/XZ",
    ] {
        let model = catalogue::find(name).expect("an entry");
        let found = identify(&message, &hex(model, checksum(model, &message)));
        assert!(found.iter().any(|one| one.model == model), "{name}");
    }
}

#[test]
fn a_value_of_no_model_is_known_by_its_slip() {
    let model = |name: &str| catalogue::find(name).expect("an entry");
    let message = b"a message of some length\n";
    let without = &message[..message.len() - 1];
    let xz = model("CRC-64/XZ");
    let cksum = model("CRC-32/CKSUM");
    let nrsc = model("CRC-16/IBM-3740");
    let with = |parameters: Model, message: &[u8]| {
        let bare = Model {
            name: "".into(),
            ..parameters
        };
        hex(&bare, checksum(&bare, message))
    };
    for (value, expected, slip) in [
        (
            with(
                Model {
                    xorout: 0,
                    ..xz.clone()
                },
                message,
            ),
            xz,
            Slip::Register,
        ),
        (
            with(
                Model {
                    init: 0,
                    ..xz.clone()
                },
                message,
            ),
            xz,
            Slip::InitZero,
        ),
        (
            with(
                Model {
                    refout: false,
                    ..xz.clone()
                },
                message,
            ),
            xz,
            Slip::Reversed,
        ),
        (with(xz.clone(), without), xz, Slip::WithoutLineFeed),
        (
            with(xz.clone(), &[message, &b"\n"[..]].concat()),
            xz,
            Slip::WithLineFeed,
        ),
        (
            with(cksum.clone(), &[message, &[25][..]].concat()),
            cksum,
            Slip::WithLength,
        ),
        (with(nrsc.clone(), without), nrsc, Slip::WithoutLineFeed),
    ] {
        let found = identify(message, &value);
        let own = found.iter().find(|one| one.model == expected);
        let own = own.unwrap_or_else(|| panic!("{slip:?}: {found:?}"));
        assert_eq!(own.slip, Some(slip), "{found:?}");
    }
    // What POSIX cksum prints of the nine digits.
    let posix = identify(b"123456789", "930766865");
    assert_eq!(
        posix.first().map(|one| one.slip),
        Some(Some(Slip::WithLength))
    );
}

#[test]
fn a_value_of_nothing_is_of_nothing() {
    assert_eq!(identify(b"123456789", "0x0123456789abcdef"), []);
    assert!(identify(b"", "0x123456").is_empty());
}

//! A worker takes only descriptors that it has inherited.

use crcheck_subject::worker::{Assignment, Inherited, become_program, serve};
use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

fn assignment() -> Assignment {
    Assignment {
        path: "/nonexistent.so".into(),
        symbol: "crc32".to_owned(),
        interface: Default::default(),
        xor: 0,
        survives_faults: false,
    }
}

fn refusal(number: RawFd) -> String {
    let inherited = Inherited {
        block: number,
        messages: number,
        bell: number,
    };
    let error = serve(inherited, &assignment()).expect_err("a refusal");
    error.to_string()
}

#[test]
fn a_number_that_is_no_descriptor_is_refused() {
    assert_eq!(refusal(-1), "descriptor -1 is not passed by a parent");
    assert_eq!(refusal(1), "descriptor 1 is not passed by a parent");
    assert_eq!(refusal(123_456), "descriptor 123456 is not open");
}

#[test]
fn a_descriptor_that_has_an_owner_is_refused() {
    let file = File::open("/dev/null").expect("a file");
    let number = file.as_raw_fd();
    assert_eq!(
        refusal(number),
        format!("descriptor {number} is not inherited")
    );
    assert!(file.metadata().is_ok(), "its owner still has it");
}

#[test]
fn a_program_is_not_started_without_a_way_to_report() {
    let error = become_program(Path::new("/bin/true"), &[], 123_456);
    assert_eq!(error.to_string(), "descriptor 123456 is not open");
}

//! Calls of loaded libraries.

use super::{Loaded, SHARED, answering, bare, build, crc32, folder, message};
use crcheck_machine::loader::{Library, Problem};
use crcheck_machine::{Fault, Machine};
use std::fs;

/// CPUID says that the CPU has PCLMULQDQ.
const PCLMUL: u32 = 1 << 1;

#[test]
fn checksums_are_right_however_the_code_moves_its_bytes() {
    let mut loaded = Loaded::new("KERNELS", SHARED, bare());
    for len in [0, 1, 64, 300] {
        let message = message(len);
        for name in ["lazy", "copies", "allocates", "by_rep_movsb"] {
            let got = loaded.checksum(name, &message);
            assert_eq!(got, crc32(&message), "{name} of {len} bytes");
        }
    }
}

#[test]
fn a_table_stays_until_stores_are_dropped() {
    let mut loaded = Loaded::new("KERNELS", SHARED, bare());
    let address = loaded.library.symbol("builds").expect("data");
    let builds = |loaded: &mut Loaded| {
        let word = loaded.machine.memory().read_array(address);
        u32::from_le_bytes(word.expect("data"))
    };
    let steps = |loaded: &mut Loaded| {
        let before = loaded.machine.steps();
        loaded.checksum("lazy", b"123456789");
        loaded.machine.steps() - before
    };
    let first = steps(&mut loaded);
    let second = steps(&mut loaded);
    assert!(second < first, "{second} of {first}");
    assert_eq!(builds(&mut loaded), 1);
    loaded.machine.memory().drop_stores();
    assert_eq!(builds(&mut loaded), 0);
    assert_eq!(steps(&mut loaded), first);
}

#[test]
fn choices_are_those_of_the_interpreted_cpu() {
    for (features, expected) in [(PCLMUL, 1), (0, 2)] {
        let mut loaded = Loaded::new("CHOOSES", SHARED, answering(features));
        for name in ["chosen", "through_plt", "through_word", "constructed"] {
            assert_eq!(loaded.call(name), expected, "{name}");
        }
        loaded.machine.memory().drop_stores();
        assert_eq!(
            loaded.call("constructed"),
            expected,
            "what a constructor stored is kept"
        );
    }
}

#[test]
fn memory_of_a_thread_is_there_once() {
    for dialect in ["gnu", "gnu2"] {
        let options = format!("{SHARED} -mtls-dialect={dialect}");
        let mut loaded = Loaded::new("KERNELS", &options, bare());
        assert_eq!(
            [loaded.call("counts"), loaded.call("counts")],
            [8, 9],
            "{dialect}"
        );
    }
}

#[test]
fn a_stripped_library_has_its_exports() {
    let mut loaded = Loaded::new(
        "KERNELS",
        &format!("{SHARED} -s -Wl,-z,pack-relative-relocs"),
        bare(),
    );
    assert_eq!(loaded.checksum("lazy", b"123456789"), 0xcbf4_3926);
    let place = loaded
        .library
        .symbol("lazy")
        .and_then(|at| loaded.library.place(at));
    assert!(place.expect("a place").contains("(lazy+0x0)"));
}

#[test]
fn what_is_not_modelled_stops_the_call_where_it_stands() {
    let mut loaded = Loaded::new("KERNELS", SHARED, bare());
    for (name, fault) in [
        ("system_call", Fault::SystemCall),
        ("endless", Fault::OutOfSteps),
        ("x87", Fault::NotModelled),
        ("leaves", Fault::Interrupt),
    ] {
        let (found, place) = loaded.try_call(name, [0; 6]).expect_err(name);
        assert_eq!(found, fault, "{name}");
        let function = if name == "leaves" { "the end of" } else { name };
        assert!(place.contains(function), "{name}: {place}");
    }
    let (found, _) = loaded.try_call("aes", [0; 6]).expect_err("aes");
    assert_eq!(found, Fault::Lacks(vec!["aes".to_owned()]));
}

#[test]
fn code_that_writes_itself_is_not_executed() {
    let mut loaded = Loaded::new("SELF_MODIFYING", SHARED, bare());
    let (found, place) = loaded
        .try_call("modifies", [0; 6])
        .expect_err("written code");
    assert_eq!(found, Fault::WrittenCode, "{place}");
}

#[test]
fn needed_libraries_are_found_beside_and_code_of_both_is_judged() {
    let folder = folder();
    let helper = build(folder.path(), "HELPER", SHARED);
    let options = format!(
        "{SHARED} -L{} -lhelper -Wl,-rpath,$ORIGIN",
        folder.path().display()
    );
    let path = build(folder.path(), "NEEDS", &options);
    let mut machine = Machine::new(bare()).expect("the mappings of this process");
    let library = Library::load(&path, &mut machine).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(library.code().len(), 2);
    let call = crate::bench::call_of(library.symbol("f").expect("f"), [0; 6]);
    let returned = machine.call(&call).expect("a return");
    assert_eq!(returned.state.general[0] as u32, 42);
    fs::remove_file(&helper).expect("the helper");
    let error = super::error_of(&path);
    assert!(
        matches!(error.problem, Problem::MissingLibrary(..)),
        "{error}"
    );
    assert!(error.to_string().contains("libhelper.so"), "{error}");
}

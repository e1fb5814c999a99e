//! libFuzzer's side of the fuzz targets: its macros, its process, its environment.

pub use crcheck_harness::check::fuzz::Target;

use crcheck_faults::{resolve, resolve_env};
use crcheck_harness::check::fuzz::{Driver, FuzzFinding, FuzzProgress, Taken};
use crcheck_harness::check::fuzz::{announce, default_subjects};
use crcheck_harness::check::input;
use crcheck_harness::check::input::mutate::Mutator;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::{asan, signal};
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::Subject;
use libfuzzer_sys::Corpus;
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use std::cell::RefCell;
use std::ffi::{CStr, c_char};
use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

thread_local! {
    /// libFuzzer calls the target on one thread. The driver is never dropped: at the end the leak
    /// detector searches for memory that nothing refers to.
    static DRIVER: RefCell<Option<&'static mut Driver<'static>>> = const { RefCell::new(None) };

    /// It knows the subjects as soon as there is a driver.
    static MUTATOR: RefCell<Mutator> = RefCell::default();
}

static SUBJECTS: OnceLock<Vec<Box<dyn Subject>>> = OnceLock::new();

static PROGRESS: FuzzProgress = FuzzProgress::new();

/// The sanitizer's fake stack would cost an eighth of the speed, and kernels return no addresses.
#[unsafe(no_mangle)]
pub extern "C" fn __asan_default_options() -> *const c_char {
    c"detect_stack_use_after_return=0".as_ptr()
}

/// A target whose inputs are cases: libFuzzer prints them as such, and mutates them as such.
#[macro_export]
macro_rules! case_target {
    ($target:expr) => {
        libfuzzer_sys::fuzz_target!(|input: $crate::CaseInput<'_>| -> libfuzzer_sys::Corpus {
            $crate::judge($target, input.0)
        });
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate(data, size, max_size, seed)
        });
    };
}

/// A target whose inputs are bytes.
#[macro_export]
macro_rules! bytes_target {
    ($target:expr) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| -> libfuzzer_sys::Corpus {
            $crate::judge($target, data)
        });
    };
}

/// An input that is a case, with the `Debug` of the case.
pub struct CaseInput<'a>(pub &'a [u8]);

impl<'a> Arbitrary<'a> for CaseInput<'a> {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        input.bytes(input.len()).map(Self)
    }
}

impl fmt::Debug for CaseInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects = SUBJECTS.get().and_then(|subjects| subjects.first());
        let model = subjects.map_or(Model::CRC_32_ISO_HDLC, |subject| subject.model());
        match input::decode(self.0, &model) {
            Some(case) => case.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

/// Judges one input. A finding is written to an artifact and printed, and ends the process.
pub fn judge(target: Target, data: &[u8]) -> Corpus {
    DRIVER.with_borrow_mut(|driver| {
        let driver = driver.get_or_insert_with(|| Box::leak(Box::new(start(target))));
        match driver.judge(data, &mut report_and_abort) {
            Taken::Judged => Corpus::Keep,
            Taken::Rejected => Corpus::Reject,
        }
    })
}

/// Mutates the header of an input by the harness, and its body by libFuzzer.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    MUTATOR.with_borrow_mut(|mutator| {
        mutator.mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
    })
}

fn start(target: Target) -> Driver<'static> {
    PROGRESS.begin(target);
    // libFuzzer's hook aborts at every panic. A panic of a subject must become a finding instead.
    signal::silence_caught_panics();
    asan::on_report(report_sanitizer);
    // SAFETY: `print_summary` is a function without arguments that does not unwind.
    unsafe { libc::atexit(print_summary) };
    let subjects = SUBJECTS.get_or_init(|| select_subjects(target));
    MUTATOR.set(Mutator::for_subjects(subjects));
    for line in announce(target, subjects) {
        eprintln!("crcheck: {line}");
    }
    Driver::start(target, subjects, &PROGRESS, &mut report_and_abort)
        .unwrap_or_else(|error| exit(&error, ExitCode::Io))
}

fn select_subjects(target: Target) -> Vec<Box<dyn Subject>> {
    if target == Target::Canary {
        let canary = resolve("fault:canary");
        return vec![canary.unwrap_or_else(|error| exit(&error, error.exit_code()))];
    }
    let chosen = resolve_env().unwrap_or_else(|error| exit(&error, error.exit_code()));
    let Some(subject) = chosen else {
        return default_subjects(target);
    };
    let subjects = vec![subject];
    if let Some(reason) = target.unsuited(&subjects) {
        exit(&reason, ExitCode::Unavailable);
    }
    subjects
}

fn exit(error: &dyn fmt::Display, code: ExitCode) -> ! {
    eprintln!("error: {error}");
    // libFuzzer takes an ordinary exit for a crash, and ends with a code of its own.
    // SAFETY: ends the process, which holds nothing that must be written back.
    unsafe { libc::_exit(code as i32) }
}

fn artifact_folder() -> PathBuf {
    std::env::var_os("CRCHECK_ARTIFACTS").map_or_else(|| "crcheck-artifacts".into(), PathBuf::from)
}

fn report_and_abort(found: FuzzFinding) {
    eprintln!("{}", report::save_fuzz_finding(&found, &artifact_folder()));
    std::process::abort()
}

/// Writes the case on which AddressSanitizer sees an access out of bounds. The process then ends.
extern "C" fn report_sanitizer(text: *const c_char) {
    // SAFETY: the runtime passes a string that ends with a zero and lives during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    if let Some(found) = PROGRESS.take_sanitizer_finding(&text) {
        let text = report::save_sanitizer_finding(&found, &artifact_folder());
        eprintln!("{text}");
    }
}

extern "C" fn print_summary() {
    if let Some(summary) = PROGRESS.take_summary() {
        eprintln!("crcheck: {summary}");
    }
}

//! From libFuzzer to the harness, and from a finding to an artifact and a crash.

pub use crcheck_harness::check::fuzz::Target;

use crcheck_faults::{resolve, resolve_env};
use crcheck_harness::check::artifact::Artifact;
use crcheck_harness::platform::signal;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::{FuzzRunner, FuzzTally, Taken};
use crcheck_harness::check::input;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report;
use crcheck_harness::subject::Subject;
use crcheck_harness::report::verdict::ExitCode;
use libfuzzer_sys::Corpus;
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use std::cell::RefCell;
use std::ffi::{CStr, c_char};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

thread_local! {
    /// libFuzzer calls the target on one thread. The judge is never dropped: at the end the leak
    /// detector searches for memory that nothing refers to.
    static JUDGE: RefCell<Option<&'static mut FuzzRunner<'static>>> = const { RefCell::new(None) };
}

/// What the last line prints, and the input that a sanitizer's report belongs to.
struct Run {
    target: Target,
    began: Instant,
    tally: FuzzTally,
    input: Vec<u8>,
}

static SUBJECTS: OnceLock<Vec<Box<dyn Subject>>> = OnceLock::new();

static RUN: Mutex<Option<Run>> = Mutex::new(None);

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
        match input::decode(self.0, &Model::CRC_32_ISO_HDLC) {
            Some(case) => case.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

/// Judges one input. A finding is written to an artifact and printed, and ends the process.
pub fn judge(target: Target, data: &[u8]) -> Corpus {
    JUDGE.with_borrow_mut(|judge| {
        let judge = judge.get_or_insert_with(|| Box::leak(Box::new(start(target))));
        if let Some(run) = RUN.lock().expect("no panic while held").as_mut() {
            run.tally = judge.tally();
            run.input.clear();
            run.input.extend_from_slice(data);
        }
        match judge.judge(data, &mut |finding| report_and_abort(target, &finding)) {
            Taken::Judged => Corpus::Keep,
            Taken::Rejected => Corpus::Reject,
        }
    })
}

/// Mutates the header of an input by the harness, and its body by libFuzzer.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    input::mutate::mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
}

fn start(target: Target) -> FuzzRunner<'static> {
    *RUN.lock().expect("no panic while held") = Some(Run {
        target,
        began: Instant::now(),
        tally: FuzzTally::default(),
        input: Vec::new(),
    });
    // libFuzzer's hook aborts at every panic. A panic of a subject must become a finding instead.
    signal::silence_caught_panics();
    crcheck_harness::platform::asan::on_report(report_sanitizer);
    // SAFETY: `print_tally` is a function without arguments that does not unwind.
    unsafe { libc::atexit(print_tally) };
    let subjects = SUBJECTS.get_or_init(|| select_subjects(target));
    eprintln!("crcheck: {target} on {}", names(subjects).join(", "));
    let mut judge = FuzzRunner::new(target, subjects).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(ExitCode::Io as i32)
    });
    judge.once(&mut |finding| report_and_abort(target, &finding));
    if let Some(run) = RUN.lock().expect("no panic while held").as_mut() {
        run.began = Instant::now();
    }
    judge
}

fn select_subjects(target: Target) -> Vec<Box<dyn Subject>> {
    let selected = if target == Target::Canary {
        resolve("fault:canary").map(|canary| vec![canary])
    } else {
        resolve_env()
    };
    selected.unwrap_or_else(|error| {
        eprintln!("error: CRCHECK_SUBJECT: {error}");
        std::process::exit(error.exit_code() as i32)
    })
}

fn names(subjects: &[Box<dyn Subject>]) -> Vec<String> {
    subjects.iter().map(|subject| subject.name()).collect()
}

fn artifact_folder() -> PathBuf {
    std::env::var_os("CRCHECK_ARTIFACTS").map_or_else(|| "crcheck-artifacts".into(), PathBuf::from)
}

fn report_and_abort(target: Target, finding: &Finding) -> ! {
    let model = Model::CRC_32_ISO_HDLC;
    let artifact = Artifact::of(finding, &model, &format!("fuzz target {target}"));
    match artifact.write(&artifact_folder()) {
        Ok(path) => eprintln!("{}", report::found(finding, Some(&path), &model)),
        Err(error) => eprintln!(
            "{}cannot write the artifact: {error}. The artifact:\n{}",
            report::found(finding, None, &model),
            artifact.to_text()
        ),
    }
    std::process::abort()
}

/// Writes the case on which AddressSanitizer sees an access out of bounds. The process then ends.
extern "C" fn report_sanitizer(text: *const c_char) {
    // SAFETY: the runtime passes a string that ends with a zero and lives during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let Ok(Some(run)) = RUN.try_lock().map(|mut run| run.take()) else {
        return;
    };
    let names = SUBJECTS.get().map_or(Vec::new(), |all| names(all));
    let summary = text
        .lines()
        .find_map(|line| line.split_once("ERROR: "))
        .map_or(String::new(), |(_, error)| error.to_owned());
    eprintln!("FINDING over-read: {} {summary}", names.join(", "));
    let Some(case) = input::decode(&run.input, &Model::CRC_32_ISO_HDLC) else {
        eprintln!("  in a call before the first input");
        return;
    };
    // Of several subjects the sanitizer does not name the one that was called.
    let subject = match names.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    let artifact = Artifact {
        model: Model::CRC_32_ISO_HDLC,
        subject,
        check: None,
        summary,
        found_by: format!("fuzz target {}, by AddressSanitizer", run.target),
        story: String::new(),
        case,
    };
    match artifact.write(&artifact_folder()) {
        Ok(path) => eprintln!(
            "{}",
            report::Footer {
                artifact: path,
                subject: String::new(),
            }
        ),
        Err(error) => eprintln!(
            "cannot write the artifact: {error}. The artifact:\n{}",
            artifact.to_text()
        ),
    }
}

extern "C" fn print_tally() {
    let Ok(Some(run)) = RUN.try_lock().map(|mut run| run.take()) else {
        return;
    };
    let FuzzTally {
        inputs,
        bytes,
        long,
        skipped,
    } = run.tally;
    let seconds = run.began.elapsed().as_secs_f64();
    eprintln!(
        "crcheck: {inputs} inputs judged, {:.0} a second, mean length {:.0} bytes, \
         {long} longer than 4096, {skipped} skipped",
        inputs as f64 / seconds,
        bytes as f64 / inputs.max(1) as f64,
    );
}

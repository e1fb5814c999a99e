//! From libFuzzer to the harness, and from a finding to a crash that people can use.

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
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

thread_local! {
    /// libFuzzer calls the target on one thread. Never dropped: at the end the leak detector looks
    /// for what is still referred to.
    static HUNTER: RefCell<Option<&'static mut FuzzRunner<'static>>> = const { RefCell::new(None) };
}

/// What is told at the end, and the input that an abrupt end belongs to.
struct State {
    target: Target,
    began: Instant,
    tally: FuzzTally,
    input: Vec<u8>,
}

static SUBJECTS: OnceLock<Vec<Box<dyn Subject>>> = OnceLock::new();

static STATE: Mutex<Option<State>> = Mutex::new(None);

/// The sanitizer's fake stack would cost an eighth of the speed, and kernels return no addresses.
#[unsafe(no_mangle)]
pub extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_stack_use_after_return=0".as_ptr()
}

/// An input that is a case, shown as a person would write it.
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

/// Judges one input. A fault is written, told, and ends the process.
pub fn judge(target: Target, data: &[u8]) -> Corpus {
    HUNTER.with_borrow_mut(|hunter| {
        let hunter = hunter.get_or_insert_with(|| Box::leak(Box::new(begin(target))));
        if let Some(state) = STATE.lock().expect("no panic while held").as_mut() {
            state.tally = hunter.tally();
            state.input.clear();
            state.input.extend_from_slice(data);
        }
        match hunter.judge(data, &mut |finding| fail(target, &finding)) {
            Taken::Judged => Corpus::Keep,
            Taken::Rejected => Corpus::Reject,
        }
    })
}

/// The harness's mutator, with libFuzzer's own for the body's bytes.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    input::mutate::mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
}

fn begin(target: Target) -> FuzzRunner<'static> {
    *STATE.lock().expect("no panic while held") = Some(State {
        target,
        began: Instant::now(),
        tally: FuzzTally::default(),
        input: Vec::new(),
    });
    // libFuzzer's hook aborts at every panic; one of the code under test is to be a finding.
    signal::silence_caught_panics();
    crcheck_harness::platform::asan::on_report(tell_of_sanitizer);
    // SAFETY: `tell_tally` is a function without arguments that does not unwind.
    unsafe { libc::atexit(tell_tally) };
    let subjects = SUBJECTS.get_or_init(|| subjects(target));
    let names: Vec<String> = subjects.iter().map(|subject| subject.name()).collect();
    eprintln!("crcheck: {target} on {}", names.join(", "));
    let mut hunter = FuzzRunner::new(target, subjects).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(ExitCode::Io as i32)
    });
    hunter.once(&mut |finding| fail(target, &finding));
    if let Some(state) = STATE.lock().expect("no panic while held").as_mut() {
        state.began = Instant::now();
    }
    hunter
}

fn subjects(target: Target) -> Vec<Box<dyn Subject>> {
    let chosen = if target == Target::Canary {
        resolve("fault:canary").map(|canary| vec![canary])
    } else {
        resolve_env()
    };
    chosen.unwrap_or_else(|error| {
        eprintln!("error: CRCHECK_SUBJECT: {error}");
        std::process::exit(error.exit_code() as i32)
    })
}

fn folder() -> PathBuf {
    std::env::var_os("CRCHECK_ARTIFACTS").map_or_else(|| "crcheck-artifacts".into(), PathBuf::from)
}

fn fail(target: Target, finding: &Finding) -> ! {
    let artifact = Artifact::of(
        finding,
        &Model::CRC_32_ISO_HDLC,
        &format!("fuzz target {target}"),
    );
    match artifact.write(&folder()) {
        Ok(path) => eprintln!(
            "{}",
            report::found(finding, Some(&path), &Model::CRC_32_ISO_HDLC)
        ),
        Err(error) => eprintln!(
            "{}cannot write the artifact: {error}; it would be:\n{}",
            report::found(finding, None, &Model::CRC_32_ISO_HDLC),
            artifact.to_text()
        ),
    }
    std::process::abort()
}

/// AddressSanitizer has seen an access of its own: the case is written before the process ends.
extern "C" fn tell_of_sanitizer(text: *const std::ffi::c_char) {
    // SAFETY: the runtime passes a string that ends with a zero and lives while the call lasts.
    let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy();
    let Ok(Some(state)) = STATE.try_lock().map(|mut state| state.take()) else {
        return;
    };
    let names: Vec<String> = SUBJECTS
        .get()
        .into_iter()
        .flatten()
        .map(|s| s.name())
        .collect();
    let summary = text
        .lines()
        .find_map(|line| line.split_once("ERROR: "))
        .map_or(String::new(), |(_, error)| error.to_owned());
    eprintln!("FAULT over-read: {} {summary}", names.join(", "));
    let Some(case) = input::decode(&state.input, &Model::CRC_32_ISO_HDLC) else {
        eprintln!("  in the calls that are made before the first input");
        return;
    };
    // Of several subjects the sanitizer does not say which.
    let subject = match names.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    let artifact = Artifact {
        model: Model::CRC_32_ISO_HDLC,
        subject,
        check: None,
        summary,
        found_by: format!("fuzz target {}, by AddressSanitizer", state.target),
        story: String::new(),
        case,
    };
    match artifact.write(&folder()) {
        Ok(path) => eprintln!(
            "{}",
            report::Footer {
                artifact: path,
                subject: String::new(),
            }
        ),
        Err(error) => eprintln!("cannot write the artifact: {error}; {}", artifact.to_text()),
    }
}

extern "C" fn tell_tally() {
    let Ok(Some(state)) = STATE.try_lock().map(|mut state| state.take()) else {
        return;
    };
    let FuzzTally {
        inputs,
        bytes,
        long,
        skipped,
    } = state.tally;
    let seconds = state.began.elapsed().as_secs_f64();
    eprintln!(
        "crcheck: {inputs} inputs judged, {:.0} a second, mean length {:.0} bytes, {long} longer than 4096, {skipped} skipped",
        inputs as f64 / seconds,
        bytes as f64 / inputs.max(1) as f64,
    );
}

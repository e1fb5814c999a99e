//! A test of your own kernel.

use crate::again::Again;
use crate::environment::Environment;
use crate::first_panic::FirstPanic;
use crate::function::{AnyKernel, Function, Kernel};
use crate::regressions::Regressions;
use crate::test_run::TestRun;
use crate::values;
use crcheck_check::checks::CheckSet;
use crcheck_check::depth::{Depth, DepthName};
use crcheck_check::plan::Plan;
use crcheck_oracle::model::Model;
use crcheck_platform::process_end::{LastWords, Trial};
use crcheck_platform::signal::silence_caught_panics;
use crcheck_report::{Allow, Report, shell_words};
use crcheck_subject::SubjectName;
use crcheck_subject::c_function::Convention;
use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The folder that keeps the cases of failures, in that of the package.
pub const FOLDER: &str = "crcheck-regressions";

/// A test of your own kernel: what it claims to compute, how far the test goes, and what it keeps.
/// [`test!`](crate::test) makes one in a line.
///
/// `CRCHECK_DEPTH`, `CRCHECK_SEED`, `CRCHECK_CHECK` and `CRCHECK_ARTIFACTS` beat the methods of the
/// same names.
///
/// ```
/// use crcheck_harness::kernel;
/// let mine = |crc: u32, buf: &[u8]| kernel::update(crc, buf);
/// let test = crcheck_harness::Test::new("mine", mine);
/// test.checks(["agree", "guard"]).seed(1).run().assert_passed();
/// ```
pub struct Test {
    name: String,
    kernel: AnyKernel,
    model: Model,
    convention: Convention,
    depth: DepthName,
    checks: CheckSet,
    allows: Vec<(Allow, String)>,
    seed: Option<u64>,
    /// Where the folders of tests are; none are kept if it is empty.
    artifacts: PathBuf,
    /// The folder of this test in `artifacts`.
    folder: String,
    place: Place,
}

/// Where a test stands.
struct Place {
    /// The package, if it is known.
    package: Option<String>,
    /// The folder of the package.
    root: PathBuf,
    /// The file in the folder `tests` that is the program of the test, if it is known.
    program: Option<String>,
    /// The test's name with its modules, as `cargo test` takes it.
    filter: String,
}

impl Test {
    /// A test of CRC-32/ISO-HDLC at depth quick. `kernel` is `|crc, buf| ...`, which goes on from a
    /// checksum, or `|buf| ...`, which begins anew in each call. Their types must be written out:
    /// the checksum is a `u8`, `u16`, `u32` or `u64`, and the message a `&[u8]`.
    pub fn new<Form>(name: impl Into<String>, kernel: impl Kernel<Form>) -> Self {
        let name = name.into();
        let thread = std::thread::current();
        // libtest names the thread of a test after it, if it has one of its own.
        let of_test = thread.name().filter(|&thread| thread != "main");
        Self {
            kernel: AnyKernel::new(kernel),
            model: Model::CRC_32_ISO_HDLC,
            convention: Convention::default(),
            depth: DepthName::Quick,
            checks: CheckSet::all(),
            allows: Vec::new(),
            seed: None,
            artifacts: FOLDER.into(),
            folder: folder_name(&name),
            place: Place {
                package: env::var("CARGO_PKG_NAME").ok(),
                root: env::var_os("CARGO_MANIFEST_DIR").map_or(PathBuf::new(), PathBuf::from),
                program: None,
                filter: of_test.unwrap_or_default().to_owned(),
            },
            name,
        }
    }

    /// What only a macro knows: the package, its folder, the module of the test, and whether its
    /// program is no part of the package's crates.
    #[doc(hidden)]
    #[must_use]
    pub fn in_module(self, package: &str, root: &str, module: &str, is_apart: bool) -> Self {
        let name = &self.name;
        let (program, inner) = match module.split_once("::") {
            Some((program, inner)) => (program, Some(inner)),
            None => (module, None),
        };
        Self {
            folder: folder_name(&format!("{module}::{name}")),
            place: Place {
                package: Some(package.to_owned()),
                root: root.into(),
                program: (is_apart && is_in_tests(Path::new(root), program))
                    .then(|| program.to_owned()),
                filter: inner.map_or(name.clone(), |inner| format!("{inner}::{name}")),
            },
            ..self
        }
    }

    /// The model that the kernel claims to compute: a name of the catalogue, an alias, or a
    /// Rocksoft string, as the option `--model` takes it.
    ///
    /// # Panics
    /// If there is no such model.
    #[must_use]
    #[track_caller]
    pub fn model(self, model: &str) -> Self {
        let model = stated("model", model, Model::find);
        Self { model, ..self }
    }

    /// `zlib` for a kernel that takes and returns checksums, `register` for one that takes and
    /// returns the register, before xorout.
    ///
    /// # Panics
    /// If there is no such convention.
    #[must_use]
    #[track_caller]
    pub fn convention(self, convention: &str) -> Self {
        let convention = stated("convention", convention, str::parse::<Convention>);
        Self { convention, ..self }
    }

    /// How far the test goes: `quick`, `default` or `deep`.
    ///
    /// # Panics
    /// If there is no such depth.
    #[must_use]
    #[track_caller]
    pub fn depth(self, depth: &str) -> Self {
        let depth = stated("depth", depth, values::depth);
        Self { depth, ..self }
    }

    /// Only these checks.
    ///
    /// # Panics
    /// If there is no such check.
    #[must_use]
    #[track_caller]
    pub fn checks<'c>(self, checks: impl IntoIterator<Item = &'c str>) -> Self {
        let mut on = CheckSet::none();
        for check in checks {
            on = on.with(stated("checks", check, values::check));
        }
        Self { checks: on, ..self }
    }

    /// Accepts the findings of a kind, such as `under-read`, for a reason. Reports list them, and
    /// the test passes.
    ///
    /// # Panics
    /// If there is no such kind, or no reason.
    #[must_use]
    #[track_caller]
    pub fn allow(mut self, kind: &str, because: &str) -> Self {
        assert!(!because.is_empty(), "`allow = {kind}` needs a reason");
        let allow = stated("allow", kind, str::parse::<Allow>);
        self.allows.push((allow, because.to_owned()));
        self
    }

    /// The seed of everything random. Without it, each run has a new one.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        let seed = Some(seed);
        Self { seed, ..self }
    }

    /// Where the cases of failures are kept; relative to the package's folder. If it is empty, the
    /// test keeps none and judges none first.
    #[must_use]
    pub fn artifacts(self, folder: impl Into<PathBuf>) -> Self {
        let artifacts = folder.into();
        Self { artifacts, ..self }
    }

    /// Judges the cases that were saved by earlier runs, then, if they pass, the kernel by the plan
    /// and by the seeds of the corpora. It saves the smallest case of each finding that is not
    /// accepted.
    ///
    /// # Panics
    /// If a variable of the environment has a bad value, if a saved file is no case, if the model
    /// is too wide for the kernel's result, or if the operating system refuses memory.
    #[track_caller]
    pub fn run(self) -> Report {
        static SILENCED: Once = Once::new();
        SILENCED.call_once(silence_caught_panics);
        match self.judge() {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }

    fn judge(mut self) -> Result<Report, String> {
        let environment = Environment::read()?;
        self.require_width()?;
        let seed = environment.seed.or(self.seed);
        let plan = Plan {
            depth: Depth::of(environment.depth.unwrap_or(self.depth)),
            is_scaled: false,
            checks: environment.checks.unwrap_or(self.checks),
            seed: seed.unwrap_or_else(values::fresh_seed),
            max_stack_bytes: None,
        };
        let kept_in = environment.artifacts;
        if let Some(artifacts) = &kept_in {
            self.artifacts.clone_from(artifacts);
        }
        let command = self.place.command(&environment.assignments);
        let again = Again {
            seed: plan.seed,
            command,
            kept_in: kept_in.map(|folder| format!("CRCHECK_ARTIFACTS={}", shell_words(&[folder]))),
        };
        let trial = Trial::begin(LastWords {
            test: self.name.clone(),
            command: Some(again.with_seed()),
        });
        TestRun {
            regressions: Regressions(self.kept()),
            subjects: [Box::new(Function {
                name: SubjectName::Own(self.name),
                kernel: self.kernel,
                model: self.model.clone(),
                convention: self.convention,
                words: trial.words(),
                first_panic: FirstPanic::default(),
            })],
            model: self.model,
            allows: self.allows,
            plan,
            again,
        }
        .judge()
    }

    fn require_width(&self) -> Result<(), String> {
        let (width, bits) = (self.model.width, self.kernel.bits);
        let model = self.model.label();
        match width <= bits {
            true => Ok(()),
            false => Err(format!(
                "{}: the kernel returns {bits} bits, and {model} has {width}; \
                 state the model that it computes, as `model = \"{}\"`, or return more bits",
                self.name,
                example(bits)
            )),
        }
    }

    /// The folder of this test.
    fn kept(&self) -> Option<PathBuf> {
        let is_kept = !self.artifacts.as_os_str().is_empty();
        let path = || self.place.root.join(&self.artifacts).join(&self.folder);
        is_kept.then(path)
    }
}

impl Place {
    /// The command that runs the test again.
    fn command(&self, assignments: &[String]) -> String {
        let mut words = assignments.to_vec();
        words.push("cargo test".to_owned());
        words.extend(self.package.iter().map(|package| format!("-p {package}")));
        words.extend(
            self.program
                .iter()
                .map(|program| format!("--test {program}")),
        );
        let mut of_program = Vec::new();
        if !self.filter.is_empty() {
            words.push(self.filter.clone());
            of_program.push("--exact");
        }
        if env::args().any(|word| word == "--ignored" || word == "--include-ignored") {
            of_program.push("--include-ignored");
        }
        if !of_program.is_empty() {
            words.push(format!("-- {}", of_program.join(" ")));
        }
        words.join(" ")
    }
}

/// A model whose checksums have this many bits.
fn example(bits: u8) -> &'static str {
    match bits {
        8 => "CRC-8/SMBUS",
        16 => "CRC-16/KERMIT",
        _ => "CRC-32/ISCSI",
    }
}

/// The value that the code states.
#[track_caller]
fn stated<T, E: Display>(option: &str, text: &str, parse: fn(&str) -> Result<T, E>) -> T {
    match parse(text) {
        Ok(value) => value,
        Err(error) => panic!("{option} = {text:?}: {error}"),
    }
}

/// Whether Cargo makes the test program of this name from the folder `tests` of the package.
fn is_in_tests(root: &Path, program: &str) -> bool {
    let tests = root.join("tests");
    let files = [format!("{program}.rs"), format!("{program}/main.rs")];
    files.iter().any(|file| tests.join(file).is_file())
}

/// The name of a test as that of a folder. Two paths of Rust never have the same.
fn folder_name(name: &str) -> String {
    let is_kept = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = name.replace("::", "-");
    let kept = name.chars();
    kept.map(|letter| if is_kept(letter) { letter } else { '-' })
        .collect()
}

//! Exhibits in C, in a shared library that is built when it is needed, and called in a worker process:
//! what takes a process with it could not be shown otherwise.

use crate::base;
use crate::exhibit::Necessity;
use crate::expect::Expect;
use crate::family::Draw;
use crcheck_harness::check::CheckId;
use crcheck_harness::diagnose::{Outcome, Rewrite};
use crcheck_harness::finding::Kind;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::library::{Convention, LibrarySpec, LibrarySubject, Signature};
use crcheck_harness::subject::{ForeignError, Subject};
use crcheck_harness::worker::{DEADLINE, Launch};
use std::io;
use std::process::Command;
use std::time::Duration;

/// A faulty function of the library. Its numbers are drawn.
pub(crate) struct Function {
    /// The name: `library-NAME`.
    pub(crate) name: &'static str,
    symbol: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) source: &'static str,
    pub(crate) caught_by: CheckId,
    pub(crate) kinds: &'static [Kind],
    pub(crate) needs: fn() -> Option<&'static str>,
    /// Draws the macros' values, and says what a right diagnosis is.
    draw: fn(&mut Draw) -> (Macros, Expect),
}

type Macros = Vec<(&'static str, usize)>;

/// Why none of these is needed for its fault alone.
pub(crate) const NECESSITY: Necessity =
    Necessity::Shared("whatever check makes the call meets what it does");

/// How long a call may take, for the one that never returns.
const PATIENCE: Duration = Duration::from_millis(500);

impl Function {
    /// The numbers of a seed, and what a right diagnosis is.
    pub(crate) fn drawn(&self, seed: u64) -> (Macros, Expect) {
        (self.draw)(&mut Draw::labelled(seed, self.name))
    }

    /// The function, called in a process of its own.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub(crate) fn subject(&self, library: &Library) -> Result<Box<dyn Subject>, ForeignError> {
        let is_endless = self.kinds == [Kind::Hang];
        library.subject(self.symbol, if is_endless { PATIENCE } else { DEADLINE })
    }
}

const ANYWHERE: fn() -> Option<&'static str> = || None;

const X86_64: fn() -> Option<&'static str> =
    || (!cfg!(target_arch = "x86_64")).then_some("assembly of x86-64");

const fn lost(
    name: &'static str,
    symbol: &'static str,
    summary: &'static str,
    draw: fn(&mut Draw) -> (Macros, Expect),
) -> Function {
    Function {
        name,
        symbol,
        summary,
        source: "made for worker processes: what a library may do to the process that it is in",
        caught_by: CheckId::Agree,
        kinds: &[Kind::Crash],
        needs: ANYWHERE,
        draw,
    }
}

fn said(words: impl Into<String>) -> Expect {
    Expect::Said(words.into())
}

pub(crate) const FUNCTIONS: &[Function] = &[
    Function {
        name: "library-wrong",
        symbol: "crc32_wrong",
        summary: "changes a bit of the register at one length",
        source: "zlib-ng 215: wrong at one short length only",
        caught_by: CheckId::Agree,
        kinds: &[Kind::WrongValue],
        needs: ANYWHERE,
        draw: |draw| {
            let length = draw.number(1, 300);
            let ends = Expect::Ends {
                xor_in: Some(0xffff_fffe),
                xor_out: 0xffff_ffff,
            };
            // At one length a bit of the register is a word of the result.
            let word = base::register(1, &vec![0; length]);
            let result = Expect::Outcome(Outcome::Xor(word.into()));
            (
                vec![("WRONG_AT", length)],
                Expect::AnyOf(vec![ends, result]),
            )
        },
    },
    Function {
        name: "library-short-length",
        symbol: "crc32_short_length",
        summary: "takes the length modulo a power of two",
        source: "dlang/phobos 2476: a size_t cast to a shorter type",
        caught_by: CheckId::Agree,
        kinds: &[Kind::WrongValue],
        needs: ANYWHERE,
        draw: |draw| {
            let bits = draw.one(&[8, 12, 16]);
            let expect = Expect::Message(Rewrite::TruncateLength { bits });
            (vec![("LENGTH_BITS", bits as usize)], expect)
        },
    },
    Function {
        name: "library-unsaid",
        symbol: "crc32_unsaid",
        summary: "has assembly that reads memory without saying so, and reads it before it is written",
        source: "madler/brotli 5, julia 52326: no memory operand, so stores are reordered",
        caught_by: CheckId::Agree,
        kinds: &[Kind::WrongValue],
        needs: X86_64,
        draw: |_| {
            // What lies on the stack may be the same in each call, or not.
            let either = vec![Expect::Contradiction, Expect::Unexplained];
            (Vec::new(), Expect::AnyOf(either))
        },
    },
    Function {
        name: "library-over-read",
        symbol: "crc32_over_read",
        summary: "reads behind messages of one residue",
        source: "pgmoneta 730: eight bytes read of a buffer of six",
        caught_by: CheckId::Guard,
        kinds: &[Kind::OverRead],
        needs: ANYWHERE,
        draw: |draw| {
            let (residue, bytes) = (draw.number(1, 15), draw.number(1, 63));
            let macros = vec![("OVER_READ_AT", residue), ("OVER_READ_BYTES", bytes)];
            (macros, said(format!("reads {bytes} byte")))
        },
    },
    Function {
        name: "library-writes",
        symbol: "crc32_writes",
        summary: "stores what it has loaded back into the message",
        source: "the article, its skeleton loop (\"optional\")",
        caught_by: CheckId::Guard,
        kinds: &[Kind::WriteToMessage],
        needs: ANYWHERE,
        draw: |draw| {
            let from = draw.number(4, 200);
            (vec![("WRITES_FROM", from)], said(format!("length {from}")))
        },
    },
    Function {
        name: "library-aligned",
        symbol: "crc32_aligned",
        summary: "loads with movdqa behind a prologue that does not care for the address",
        source: "comdb2 5541, blazingmq 688: a prologue breaks the alignment that the loop assumes",
        caught_by: CheckId::Agree,
        kinds: &[Kind::MisalignedAccess],
        needs: X86_64,
        draw: |_| (Vec::new(), said("aligned")),
    },
    lost(
        "library-crash",
        "crc32_crash",
        "reads an address that there is none of",
        |draw| (vec![("CRASH_AT", draw.number(1, 300))], Expect::Observed),
    ),
    lost("library-exit", "crc32_exit", "calls exit()", |draw| {
        let (length, code) = (draw.number(1, 300), draw.number(0, 99));
        let macros = vec![("EXIT_AT", length), ("EXIT_CODE", code)];
        (macros, said(format!("exit({code})")))
    }),
    lost("library-abort", "crc32_abort", "calls abort()", |draw| {
        (vec![("ABORT_FROM", draw.number(1, 300))], said("aborts"))
    }),
    lost(
        "library-closes",
        "crc32_closes",
        "closes every file of its process",
        |draw| (vec![("CLOSES_AT", draw.number(1, 300))], Expect::Observed),
    ),
    lost(
        "library-heap",
        "crc32_heap",
        "writes behind a block of the heap",
        |draw| (vec![("HEAP_AT", draw.number(1, 300))], Expect::Observed),
    ),
    Function {
        kinds: &[Kind::Hang],
        ..lost("library-hang", "crc32_hang", "never returns", |draw| {
            (
                vec![("HANG_AT", draw.number(1, 300))],
                said("does not return"),
            )
        })
    },
];

/// What is right in the library: its name as an exhibit, and as a symbol.
pub(crate) const GOOD: (&str, &str) = ("good:library", "crc32_by_eight");

const SOURCE: &str = include_str!("kernels.c");

/// The library, built from the numbers of a seed.
pub(crate) struct Library {
    folder: tempfile::TempDir,
    launch: Launch,
}

impl Library {
    /// Has `cc` build it.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn build(seed: u64, launch: Option<&Launch>) -> Result<Self, String> {
        let launch = launch.ok_or("a worker process, which only the program has")?;
        let folder = tempfile::tempdir();
        let folder = folder.map_err(|error| format!("a folder for a library: {error}"))?;
        let source = folder.path().join("kernels.c");
        std::fs::write(&source, SOURCE).map_err(|error| format!("a file of C: {error}"))?;
        let macros = FUNCTIONS.iter().flat_map(|function| function.drawn(seed).0);
        let output = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-w"])
            .args(macros.map(|(name, value)| format!("-D{name}={value}")))
            .arg(&source)
            .arg("-o")
            .arg(folder.path().join("kernels.so"))
            .output();
        match output {
            Ok(output) if output.status.success() => Ok(Self {
                folder,
                launch: launch.clone(),
            }),
            Ok(output) => Err(format!(
                "a C compiler that takes it (`cc` said: {})",
                String::from_utf8_lossy(&output.stderr).trim()
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err("a C compiler called `cc`".to_owned())
            }
            Err(error) => Err(format!("a C compiler: {error}")),
        }
    }

    /// One of its functions.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub(crate) fn subject(
        &self,
        symbol: &str,
        deadline: Duration,
    ) -> Result<Box<dyn Subject>, ForeignError> {
        let spec = LibrarySpec {
            path: self.folder.path().join("kernels.so"),
            symbol: symbol.to_owned(),
            convention: Convention::default(),
            signature: Signature::default(),
        };
        let launch = Launch {
            deadline,
            ..self.launch.clone()
        };
        let subject = LibrarySubject::new(spec, Model::CRC_32_ISO_HDLC, launch)?;
        Ok(Box::new(subject))
    }
}

//! Builds libraries and makes subjects of their functions.

use crate::spec::Macros;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::leftovers::{RunningGroup, ScratchFolder};
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::library::{LibrarySpec, LibrarySubject};
use crcheck_harness::subject::worker::Launch;
use std::collections::HashMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The sources, each under its name in the folder.
const SOURCES: [(&str, &str); 2] = [
    ("kernels.c", include_str!("kernels.c")),
    ("awkward.c", include_str!("awkward.c")),
];

/// How a library is built of one of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Build {
    source: &'static str,
    compiler: &'static str,
    level: &'static str,
}

impl Build {
    /// The kernels that are fast or faulty.
    pub(crate) const KERNELS: Self = Self {
        source: "kernels.c",
        compiler: "cc",
        level: "-O2",
    };

    /// The awkward kernels, by this compiler at this level of optimization.
    pub(crate) const fn awkward(compiler: &'static str, level: &'static str) -> Self {
        Self {
            source: "awkward.c",
            compiler,
            level,
        }
    }

    fn file(self) -> String {
        let Self {
            source,
            compiler,
            level,
        } = self;
        format!("{source}-{compiler}{level}.so")
    }
}

/// A function of a library.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    /// How its library is built.
    pub(crate) build: Build,
    pub(crate) symbol: &'static str,
    /// How it is called, as [`Interface`](crcheck_harness::subject::library::Interface) is written.
    pub(crate) interface: &'static str,
    /// The name of the model that it claims to compute.
    pub(crate) model: &'static str,
}

impl Function {
    /// A function of [`Build::KERNELS`]: CRC-32 as zlib has it.
    pub(crate) const fn of_kernels(symbol: &'static str) -> Self {
        Self {
            build: Build::KERNELS,
            symbol,
            interface: "",
            model: "CRC-32/ISO-HDLC",
        }
    }
}

/// The libraries, built with the macros of one seed when a function of them is needed.
pub(crate) struct Library {
    folder: ScratchFolder,
    launch: Launch,
    macros: Macros,
    /// What became of each build.
    built: Mutex<HashMap<Build, Result<PathBuf, String>>>,
}

impl Library {
    /// Has `cc` build the kernels. `launch` starts the processes that call functions.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn build(macros: Macros, launch: Option<&Launch>) -> Result<Self, String> {
        let launch = launch.ok_or("a worker process, which only the program has")?;
        let folder = ScratchFolder::new();
        let folder = folder.map_err(|error| format!("a folder for a library: {error}"))?;
        for (name, text) in SOURCES {
            let written = std::fs::write(folder.path().join(name), text);
            written.map_err(|error| format!("a file of C: {error}"))?;
        }
        let library = Self {
            folder,
            launch: launch.clone(),
            macros,
            built: Mutex::default(),
        };
        library.file(Build::KERNELS)?;
        Ok(library)
    }

    /// One of the functions, under its name in the library.
    ///
    /// # Errors
    /// What it needs and is missing, or why it cannot be called.
    pub(crate) fn subject(
        &self,
        function: &Function,
        deadline: Duration,
    ) -> Result<Box<dyn Subject>, String> {
        let path = self.file(function.build);
        let spec = LibrarySpec {
            path: path.map_err(|needed| format!("it needs {needed}"))?,
            symbol: function.symbol.to_owned(),
            interface: function.interface.parse()?,
        };
        let launch = Launch {
            deadline,
            ..self.launch.clone()
        };
        let model = Model::find(function.model).map_err(|error| error.to_string())?;
        let subject = LibrarySubject::new(spec, model, launch);
        Ok(Box::new(subject.map_err(|error| error.to_string())?))
    }

    fn file(&self, build: Build) -> Result<PathBuf, String> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        built
            .entry(build)
            .or_insert_with(|| self.compile(build))
            .clone()
    }

    fn compile(&self, build: Build) -> Result<PathBuf, String> {
        let to = self.folder.path().join(build.file());
        let compiler = build.compiler;
        let macros = self.macros.iter();
        let mut command = Command::new(compiler);
        command
            .args([build.level, "-shared", "-fPIC", "-pthread", "-w"])
            .args(macros.map(|(name, value)| format!("-D{name}={value}")))
            .arg(self.folder.path().join(build.source))
            .arg("-o")
            .arg(&to)
            // What it leaves behind if it is killed goes with the folder.
            .env("TMPDIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let output = RunningGroup::start(|| command.spawn())
            .and_then(|(compiler, _group)| compiler.wait_with_output());
        match output {
            Ok(output) if output.status.success() => Ok(to),
            Ok(output) => Err(format!(
                "a C compiler that takes it (`{compiler}` said: {})",
                String::from_utf8_lossy(&output.stderr).trim()
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format!("a C compiler called `{compiler}`"))
            }
            Err(error) => Err(format!("a C compiler: {error}")),
        }
    }
}

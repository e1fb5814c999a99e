//! Builds the library and makes subjects of its functions.

use crate::spec::Macros;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::leftovers::{RunningGroup, ScratchFolder};
use crcheck_harness::subject::library::{Interface, LibrarySpec, LibrarySubject};
use crcheck_harness::subject::worker::Launch;
use crcheck_harness::subject::{ForeignError, Subject};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const SOURCE: &str = include_str!("kernels.c");

/// The library, built with the macros of one seed.
pub(crate) struct Library {
    folder: ScratchFolder,
    launch: Launch,
}

impl Library {
    /// Has `cc` build it. `launch` starts the processes that call its functions.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn build(macros: Macros, launch: Option<&Launch>) -> Result<Self, String> {
        let launch = launch.ok_or("a worker process, which only the program has")?;
        let folder = ScratchFolder::new();
        let folder = folder.map_err(|error| format!("a folder for a library: {error}"))?;
        let source = folder.path().join("kernels.c");
        std::fs::write(&source, SOURCE).map_err(|error| format!("a file of C: {error}"))?;
        let library = Self {
            folder,
            launch: launch.clone(),
        };
        compile(&source, macros, &library)?;
        Ok(library)
    }

    /// One of its functions, under the name of the function.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub(crate) fn subject(
        &self,
        symbol: &str,
        deadline: Duration,
    ) -> Result<Box<dyn Subject>, ForeignError> {
        let spec = LibrarySpec {
            path: self.path(),
            symbol: symbol.to_owned(),
            interface: Interface::default(),
        };
        let launch = Launch {
            deadline,
            ..self.launch.clone()
        };
        let subject = LibrarySubject::new(spec, Model::CRC_32_ISO_HDLC, launch)?;
        Ok(Box::new(subject))
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("kernels.so")
    }
}

fn compile(source: &Path, macros: Macros, library: &Library) -> Result<(), String> {
    let macros = macros.into_iter();
    let mut command = Command::new("cc");
    command
        .args(["-O2", "-shared", "-fPIC", "-w"])
        .args(macros.map(|(name, value)| format!("-D{name}={value}")))
        .arg(source)
        .arg("-o")
        .arg(library.path())
        // What it leaves behind if it is killed goes with the folder.
        .env("TMPDIR", library.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    let output = RunningGroup::start(|| command.spawn())
        .and_then(|(compiler, _group)| compiler.wait_with_output());
    match output {
        Ok(output) if output.status.success() => Ok(()),
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

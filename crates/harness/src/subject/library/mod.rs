//! A function of a shared library under test: by a worker, which is where the library is loaded.

mod elf;
pub(crate) mod entry;
mod here;
mod signature;

pub use here::LibraryHere;
pub use signature::{Convention, Order, Signature};

use super::{Foreign, ForeignError, Subject};
use crate::check::CheckId;
use crate::memory::Placement;
use crate::mine::Mined;
use crate::probe::FILLS;
use crate::worker::{Assignment, Call, Elsewhere, Launch, Worker};
use crate::{fault, worker};
use crcheck_oracle::model::Model;
use elf::Exports;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;

/// Which function, and how it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibrarySpec {
    /// The shared object.
    pub path: PathBuf,
    /// The function.
    pub symbol: String,
    /// What its checksum is.
    pub convention: Convention,
    /// Its arguments.
    pub signature: Signature,
}

/// The file of a library: as given, or of a bare name that is no file here, where loaders look.
pub fn find(path: &Path) -> PathBuf {
    let is_bare = path
        .parent()
        .is_some_and(|folder| folder.as_os_str().is_empty());
    if !is_bare || path.exists() {
        return path.to_owned();
    }
    let own = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let multiarch = format!("{}-linux-gnu", std::env::consts::ARCH);
    let usual = ["/usr/local/lib", "/usr/lib", "/lib", "/usr/lib64", "/lib64"];
    let usual = usual.iter().flat_map(|&folder| {
        let folder = Path::new(folder);
        [folder.join(&multiarch), folder.to_owned()]
    });
    std::env::split_paths(&own)
        .chain(usual)
        .map(|folder| folder.join(path))
        .find(|file| file.is_file())
        .unwrap_or_else(|| path.to_owned())
}

impl LibrarySpec {
    /// The function as options of the command line.
    pub fn options(&self) -> Vec<String> {
        let path = self.path.display().to_string();
        let mut words = vec!["--lib".to_owned(), path, "--symbol".to_owned()];
        words.push(self.symbol.clone());
        if self.convention != Convention::default() {
            words.extend(["--convention".to_owned(), self.convention.name().to_owned()]);
        }
        if self.signature != Signature::default() {
            words.extend(["--signature".to_owned(), self.signature.to_string()]);
        }
        words
    }

    /// What the file says: that the function is there.
    ///
    /// # Errors
    /// Why it cannot be called.
    fn check(&self) -> Result<Exports, ForeignError> {
        let exports = Exports::read(&self.path)?;
        exports.require(&self.symbol)?;
        Ok(exports)
    }
}

/// The functions of a library that look like a CRC, for someone who has not said which.
///
/// # Errors
/// Why it is no library of this machine.
pub fn plausible(path: &Path) -> Result<String, ForeignError> {
    Ok(Exports::read(path)?.list())
}

/// `PATH:SYMBOL`, and behind it what is not usual of the convention and the signature.
impl fmt::Display for LibrarySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.symbol)?;
        if self.convention != Convention::default() {
            write!(f, ":{}", self.convention.name())?;
        }
        if self.signature != Signature::default() {
            write!(f, ":{}", self.signature)?;
        }
        Ok(())
    }
}

impl FromStr for LibrarySpec {
    type Err = String;

    /// Reads from the right, since a path may have colons in it.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut convention, mut signature) = (Convention::default(), Signature::default());
        let mut rest = text;
        loop {
            let no_symbol = || format!("`{text}` is not PATH:SYMBOL");
            let (before, last) = rest.rsplit_once(':').ok_or_else(no_symbol)?;
            if let Ok(found) = last.parse() {
                signature = found;
            } else if let Ok(found) = last.parse() {
                convention = found;
            } else if before.is_empty() || last.is_empty() {
                return Err(no_symbol());
            } else {
                return Ok(Self {
                    path: before.into(),
                    symbol: last.to_owned(),
                    convention,
                    signature,
                });
            }
            rest = before;
        }
    }
}

/// A function of a shared library, in a worker process.
#[derive(Debug)]
pub struct LibrarySubject {
    spec: LibrarySpec,
    model: Model,
    launch: Launch,
    assignment: Assignment,
    sandbox: String,
    mined: Mined,
    /// For calls that do not come through a probe.
    own: Mutex<Elsewhere>,
}

impl LibrarySubject {
    /// The function that `spec` names, which claims to compute `model`.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub fn new(spec: LibrarySpec, model: Model, launch: Launch) -> Result<Self, ForeignError> {
        let exports = spec.check()?;
        let assignment = Assignment {
            // A bare name would be looked for on the loader's own paths.
            path: std::path::absolute(&spec.path).unwrap_or_else(|_| spec.path.clone()),
            symbol: spec.symbol.clone(),
            signature: spec.signature.for_width(model.width),
            survives_faults: !exports.has_go_runtime,
        };
        let worker = begin(&assignment, &launch, OWN_BYTES)?;
        Ok(Self {
            sandbox: worker.sandbox().to_owned(),
            mined: exports.mined(&spec.symbol),
            own: Mutex::new(worker.into()),
            spec,
            model,
            launch,
            assignment,
        })
    }

    /// The function.
    pub fn spec(&self) -> &LibrarySpec {
        &self.spec
    }
}

/// Bytes of a message that does not come through a probe.
const OWN_BYTES: usize = 1 << 16;

fn begin(
    assignment: &Assignment,
    launch: &Launch,
    capacity_bytes: usize,
) -> Result<Worker, ForeignError> {
    let shown = assignment.path.display();
    let no_worker = |error: &dyn fmt::Display| {
        ForeignError::Start(format!("cannot start a worker for {shown}: {error}"))
    };
    match Worker::begin(launch, assignment, capacity_bytes) {
        Ok(Ok(worker)) => Ok(worker),
        Ok(Err(worker::StartError::Loader(text))) => Err(ForeignError::Unavailable(format!(
            "{shown} cannot be loaded: {text}"
        ))),
        Ok(Err(error)) => Err(no_worker(&error)),
        Err(error) => Err(no_worker(&error)),
    }
}

impl Subject for LibrarySubject {
    fn name(&self) -> String {
        format!("lib:{}", self.spec)
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        single_call(&self.own, self, checksum, message)
    }

    fn model(&self) -> Model {
        self.model.clone()
    }

    fn thresholds(&self) -> Vec<usize> {
        self.mined.lengths.clone()
    }

    fn mined(&self) -> Option<Mined> {
        Some(self.mined.clone())
    }

    fn length_max(&self) -> u64 {
        self.spec.signature.length_max()
    }

    fn takes_checksum(&self) -> bool {
        self.spec.signature.takes_checksum()
    }

    fn exempt_from(&self, check: CheckId) -> Option<String> {
        match check {
            CheckId::Split if !self.takes_checksum() => {
                Some("the function does not go on from a checksum".to_owned())
            }
            CheckId::Dispatch => Some("a library's dispatcher cannot be asked".to_owned()),
            _ => None,
        }
    }

    fn file(&self) -> Option<PathBuf> {
        std::path::absolute(&self.spec.path).ok()
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }
}

impl Foreign for LibrarySubject {
    fn open(&self, capacity_bytes: usize) -> io::Result<Elsewhere> {
        let worker = begin(&self.assignment, &self.launch, capacity_bytes);
        let worker = worker.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Elsewhere::from(worker).with_xor(self.xor()))
    }

    fn sandbox(&self) -> String {
        self.sandbox.clone()
    }

    fn xor(&self) -> u64 {
        match self.spec.convention {
            Convention::Zlib => 0,
            Convention::Register => self.model.xorout,
        }
    }
}

/// A call that does not come through a probe: the message is copied to where the other process sees it,
/// at the same alignment.
///
/// What stops it stops the caller, as [`fault::catch`] expects it.
pub(super) fn single_call(
    own: &Mutex<Elsewhere>,
    foreign: &dyn Foreign,
    checksum: u64,
    message: &[u8],
) -> u64 {
    let mut own = own
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if message.len() > own.capacity_bytes() {
        match foreign.open(message.len().next_power_of_two()) {
            Ok(larger) => *own = larger,
            Err(error) => panic!("{error}"),
        }
    }
    let placement = Placement::aligned(message.as_ptr() as usize);
    let offset = own.place(placement, message, FILLS[0]);
    let call = |_| Call {
        offset,
        len_bytes: message.len(),
        checksum: Some(checksum),
    };
    let (mut results, mut stopped) = ([0], None);
    own.run(call, &mut results, |_, stop| stopped = Some(stop));
    drop(own);
    match stopped {
        Some(stop) => fault::stop(stop),
        None => results[0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_it_was_written() {
        for text in [
            "libz.so.1:crc32",
            "/a:b/lib.so:crc:register",
            "lib.so:f:buf,len,crc",
            "lib.so:f:register:len,buf,crc64",
        ] {
            let spec: LibrarySpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        for bad in ["", "lib.so", ":f", "lib.so:", "lib.so:register"] {
            assert!(bad.parse::<LibrarySpec>().is_err(), "{bad}");
        }
    }
}

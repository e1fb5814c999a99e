//! What faulty and good kernels consist of.

use crate::checked_io::CheckedIo;
use crate::crc32;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Features;
use crcheck_harness::platform::abi_audit;
use crcheck_harness::platform::raw_entry::RawEntry;
use crcheck_harness::subject::{ByteStream, CheckedReader, CheckedWriter};
use crcheck_harness::subject::{Capabilities, MachineAnswers, Stream, Subject, SubjectName};

type Update = Box<dyn Fn(u32, &[u8]) -> u64 + Send + Sync>;

type Select = Box<dyn Fn(Features) -> Tier + Send + Sync>;

type Detect = Box<dyn Fn(&MachineAnswers) -> Features + Send + Sync>;

type Begin = Box<dyn Fn(u32) -> Box<dyn Stream> + Send + Sync>;

type Open = Box<dyn Fn(Box<dyn ByteStream>) -> CheckedIo + Send + Sync>;

type Combine = Box<dyn Fn(u32, u32, u64) -> u32 + Send + Sync>;

/// The functions of a kernel. `None` is a function that it does not have.
pub(crate) struct TestKernel {
    update: Update,
    stream: Option<Begin>,
    checked_io: Option<Open>,
    combine: Option<Combine>,
    detect: Option<Detect>,
    select: Option<Select>,
    /// Lengths in bytes from which it takes another path.
    thresholds: Vec<usize>,
    entry: Option<RawEntry>,
}

impl TestKernel {
    /// A kernel that has its update function alone.
    pub(crate) fn new(update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static) -> Self {
        Self::with_wide_result(move |checksum, message| update(checksum, message).into())
    }

    /// A kernel that has its update function alone, whose result has 64 bits.
    pub(crate) fn with_wide_result(
        update: impl Fn(u32, &[u8]) -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            update: Box::new(update),
            stream: None,
            checked_io: None,
            combine: None,
            detect: None,
            select: None,
            thresholds: Vec::new(),
            entry: None,
        }
    }

    /// The right update function alone.
    pub(crate) fn right() -> Self {
        Self::new(crc32::update)
    }

    /// A function of the C ABI. Plain calls have zeros in all registers and below the stack, so
    /// that only audited calls show what the function does wrong there.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "the functions are in the assembly of x86-64")
    )]
    pub(crate) fn from_entry(entry: RawEntry) -> Self {
        let update = move |checksum: u32, message: &[u8]| {
            abi_audit::call_forgiving(&entry, checksum.into(), message) as u32
        };
        Self {
            entry: Some(entry),
            ..Self::new(update)
        }
    }

    /// With a hasher: `begin` takes the checksum that it starts from.
    pub(crate) fn with_stream<S: Stream + 'static>(
        self,
        begin: impl Fn(u32) -> S + Send + Sync + 'static,
    ) -> Self {
        Self {
            stream: Some(Box::new(move |checksum| Box::new(begin(checksum)))),
            ..self
        }
    }

    /// With a reader and writer, which `open` puts around a stream.
    pub(crate) fn with_checked_io(
        self,
        open: impl Fn(Box<dyn ByteStream>) -> CheckedIo + Send + Sync + 'static,
    ) -> Self {
        Self {
            checked_io: Some(Box::new(open)),
            ..self
        }
    }

    /// With a `combine`, which takes the checksums of A and of B, and the length of B in bytes.
    pub(crate) fn with_combine(
        self,
        combine: impl Fn(u32, u32, u64) -> u32 + Send + Sync + 'static,
    ) -> Self {
        Self {
            combine: Some(Box::new(combine)),
            ..self
        }
    }

    /// With a detection of features.
    pub(crate) fn with_detect(
        self,
        detect: impl Fn(&MachineAnswers) -> Features + Send + Sync + 'static,
    ) -> Self {
        Self {
            detect: Some(Box::new(detect)),
            ..self
        }
    }

    /// With a dispatcher.
    pub(crate) fn with_select(
        self,
        select: impl Fn(Features) -> Tier + Send + Sync + 'static,
    ) -> Self {
        Self {
            select: Some(Box::new(select)),
            ..self
        }
    }

    /// Declares that it takes other paths from these lengths on.
    pub(crate) fn with_thresholds(self, lengths: impl Into<Vec<usize>>) -> Self {
        Self {
            thresholds: lengths.into(),
            ..self
        }
    }

    pub(crate) fn into_subject(self, name: String) -> Box<dyn Subject> {
        Box::new(NamedKernel {
            name: name.into(),
            kernel: self,
        })
    }
}

struct NamedKernel {
    name: SubjectName,
    kernel: TestKernel,
}

impl Subject for NamedKernel {
    fn name(&self) -> SubjectName {
        self.name.clone()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        (self.kernel.update)(checksum as u32, message)
    }

    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let begin = self.kernel.stream.as_ref()?;
        Some(begin(checksum as u32))
    }

    fn reader(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedReader>> {
        let open = self.kernel.checked_io.as_ref()?;
        Some(Box::new(open(stream)))
    }

    fn writer(&self, stream: Box<dyn ByteStream>) -> Option<Box<dyn CheckedWriter>> {
        let open = self.kernel.checked_io.as_ref()?;
        Some(Box::new(open(stream)))
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let combine = self.kernel.combine.as_ref()?;
        Some(combine(a as u32, b as u32, len_b).into())
    }

    fn detect(&self, answers: &MachineAnswers) -> Option<Features> {
        self.kernel.detect.as_ref().map(|detect| detect(answers))
    }

    fn select(&self, features: Features) -> Option<Tier> {
        self.kernel.select.as_ref().map(|select| select(features))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            thresholds: self.kernel.thresholds.clone(),
            ..Capabilities::default()
        }
    }

    fn entry(&self) -> Option<RawEntry> {
        self.kernel.entry
    }
}

//! Hashers that lose what is in their buffer, or keep it too long.

use crate::parts::buffered::Buffered;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::subject::Kind;
use crcheck_harness::subject::Stream;
use std::any::Any;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "buffer-full",
        "forgets its buffer when a later piece fills it to the last byte",
        "xxHash 378 and 222: streaming wrong when the buffer fills exactly",
        |draw| {
            let kernel = stream_with(draw.number(8, 64), Mistake::Full);
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(checks::split::ID, &[Kind::Split]),
    FaultSpec::drawn(
        "buffer-forgets-residue",
        "forgets pieces of one residue behind the first piece",
        "xxHash 378: streaming wrong for some sizes of pieces",
        |draw| {
            let modulus = draw.number(2, 16);
            let residue = draw.number(0, modulus - 1);
            let mistake = Mistake::Residue { modulus, residue };
            (
                stream_with(draw.number(8, 64), mistake),
                RightDiagnosis::Observed,
            )
        },
    )
    .caught_by(
        checks::split::ID,
        &[Kind::Split],
        "history gives streams in pieces as well",
    ),
    FaultSpec::drawn(
        "buffer-kept-over-reset",
        "keeps what is in its buffer over a reset",
        "hashers that reset the checksum alone",
        |draw| {
            let kernel = stream_with(draw.number(8, 64), Mistake::Reset);
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(checks::history::ID, &[Kind::HistoryDependent]),
];

/// What a hasher does wrong.
#[derive(Clone, Copy)]
enum Mistake {
    /// It forgets a buffer that is filled to the last byte.
    Full,
    /// It forgets pieces of this residue.
    Residue { modulus: usize, residue: usize },
    /// It resets the checksum alone.
    Reset,
}

/// A kernel whose hasher makes `mistake`.
fn stream_with(block_bytes: usize, mistake: Mistake) -> TestKernel {
    TestKernel::right().with_stream(move |checksum| FaultyHasher {
        inner: Buffered::with_block(block_bytes, checksum),
        mistake,
    })
}

#[derive(Clone)]
struct FaultyHasher {
    inner: Buffered,
    mistake: Mistake,
}

impl Stream for FaultyHasher {
    fn update(&mut self, message: &[u8]) {
        let (is_later, held) = (self.inner.len_bytes > 0, self.inner.buffer.len());
        match self.mistake {
            Mistake::Full
                if held > 0
                    && self.inner.len_bytes as usize > held
                    && held + message.len() == self.inner.block_bytes =>
            {
                self.inner.buffer.clear();
            }
            Mistake::Residue { modulus, residue }
                if is_later && !message.is_empty() && message.len() % modulus == residue => {}
            _ => self.inner.append(message),
        }
    }

    fn checksum(&self) -> u64 {
        self.inner.checksum()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        match self.mistake {
            Mistake::Reset => self.inner.checksum = 0,
            _ => self.inner.reset(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

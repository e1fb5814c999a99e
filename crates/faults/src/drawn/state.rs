//! Kernels and hashers that remember what they should not, or forget what they should remember.

use super::{Family, alone};
use crate::exhibit::{Exhibit, Necessity};
use crate::expect::Expect;
use crate::fault::{MET_BY_CHANCE, resumes, scratch};
use crate::good::Buffered;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::subject::Stream;
use std::any::Any;

const HISTORY: (CheckId, &[Kind]) = (CheckId::History, &[Kind::HistoryDependent]);
const RACE: (CheckId, &[Kind]) = (CheckId::Threads, &[Kind::DataRace]);
const SPLIT: (CheckId, &[Kind]) = (CheckId::Split, &[Kind::Split]);

pub(super) const FAMILIES: &[Family] = &[
    Family {
        necessity: MET_BY_CHANCE,
        ..alone(
            "resumes",
            "goes on from the register that it kept if a message begins where the last one ended",
            "made for `history`: a running state kept for a caller who has two",
            HISTORY,
            |draw| (resumes(draw.number(32, 128)), Expect::Observed),
        )
    },
    alone(
        "scratch-for-some",
        "has scratch for some threads, and gives the next one that of the first",
        "RetroArch 19278 and its kin: state that calls share, met by many threads only",
        RACE,
        |draw| (scratch(draw.number(1, 5)), Expect::Observed),
    ),
    alone(
        "buffer-full",
        "forgets its buffer when a later piece fills it to the last byte",
        "xxHash 378 and 222: streaming wrong when the buffer fills exactly",
        SPLIT,
        |draw| {
            let fault = OfStream::Full;
            (streaming(draw.number(8, 64), fault), Expect::Observed)
        },
    ),
    Family {
        necessity: Necessity::Shared("history gives streams in pieces as well"),
        ..alone(
            "buffer-forgets-residue",
            "forgets pieces of one residue behind the first piece",
            "xxHash 378: streaming wrong for some sizes of pieces",
            SPLIT,
            |draw| {
                let modulus = draw.number(2, 16);
                let residue = draw.number(0, modulus - 1);
                let fault = OfStream::Residue { modulus, residue };
                (streaming(draw.number(8, 64), fault), Expect::Observed)
            },
        )
    },
    alone(
        "buffer-kept-over-reset",
        "keeps what is in its buffer over a reset",
        "hashers that reset the checksum alone",
        HISTORY,
        |draw| {
            (
                streaming(draw.number(8, 64), OfStream::Reset),
                Expect::Observed,
            )
        },
    ),
];

/// What a hasher does wrong.
#[derive(Clone, Copy)]
enum OfStream {
    /// It forgets a buffer that is filled to the last byte.
    Full,
    /// It forgets pieces of this residue.
    Residue { modulus: usize, residue: usize },
    /// It resets the checksum alone.
    Reset,
}

fn streaming(buffer_bytes: usize, fault: OfStream) -> Exhibit {
    let stream = move |checksum| {
        let inner = Buffered::of(buffer_bytes, checksum);
        Box::new(Faulty { inner, fault }) as Box<dyn Stream>
    };
    Exhibit {
        stream: Some(Box::new(stream)),
        ..Exhibit::right()
    }
}

#[derive(Clone)]
struct Faulty {
    inner: Buffered,
    fault: OfStream,
}

impl Stream for Faulty {
    fn update(&mut self, message: &[u8]) {
        let (is_later, held) = (self.inner.len_bytes > 0, self.inner.buffer.len());
        match self.fault {
            OfStream::Full
                if held > 0
                    && self.inner.len_bytes as usize > held
                    && held + message.len() == self.inner.buffer_bytes =>
            {
                self.inner.buffer.clear();
            }
            OfStream::Residue { modulus, residue }
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
        match self.fault {
            OfStream::Reset => self.inner.checksum = 0,
            _ => self.inner.reset(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

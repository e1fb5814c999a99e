//! The message, and which models give a value for it.

use super::remainders::{Generator, Remainders};
use super::slip::{Extent, Slip};
use super::value::{ByteOrder, Reading, Written};
use crate::catalogue;
use crate::model::Model;

/// Near misses of narrower models would be chance.
const NEAR_WIDTH_MIN: u8 = 16;

/// A model that gives the value, as it is or with a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The model.
    pub model: &'static Model,
    /// How the value is read.
    pub written: Written,
    /// In which order its bytes come.
    pub order: ByteOrder,
    /// What is different; `None` if the model gives the value as it is.
    pub slip: Option<Slip>,
}

/// Takes a message piece by piece, in bounded memory, and knows what each model makes of it.
#[derive(Clone, Debug)]
pub struct Identifier {
    /// Of all but the last byte.
    remainders: Remainders,
    last: Option<u8>,
    len_bytes: u64,
}

impl Default for Identifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Identifier {
    /// Of the empty message.
    pub fn new() -> Self {
        Self {
            remainders: Remainders::new(),
            last: None,
            len_bytes: 0,
        }
    }

    /// How many bytes the message has.
    pub const fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, piece: &[u8]) {
        let Some((&last, others)) = piece.split_last() else {
            return;
        };
        if let Some(before) = self.last.replace(last) {
            self.remainders.update(&[before]);
        }
        self.remainders.update(others);
        self.len_bytes += piece.len() as u64;
    }

    /// The models that give the value, in the order of the catalogue. If there is none, the models
    /// of 16 bits and more that give it with a slip, the likeliest slips first.
    pub fn identify(&self, readings: &[Reading]) -> Vec<Identified> {
        let whole = self.registers(Extent::Whole);
        let models = catalogue::all().iter();
        let exact: Vec<_> = models
            .filter_map(|model| Identified::of(model, readings, whole.checksum(model)?, None))
            .collect();
        if !exact.is_empty() {
            return exact;
        }
        let near = Slip::ALL.into_iter().flat_map(|slip| {
            let registers = self.registers(slip.extent());
            let wide = catalogue::all().iter();
            let wide = wide.filter(|model| model.width >= NEAR_WIDTH_MIN);
            wide.filter_map(move |model| {
                let checksum = registers.checksum(&slip.model(model)?)?;
                Identified::of(model, readings, checksum, Some(slip))
            })
        });
        near.collect()
    }

    fn registers(&self, extent: Extent) -> Registers {
        let is_cut = extent == Extent::WithoutLineFeed;
        let last = self.last.filter(|_| !is_cut).into_iter();
        let more: Vec<u8> = match extent {
            Extent::Whole | Extent::WithoutLineFeed => last.collect(),
            Extent::WithLineFeed => last.chain([b'\n']).collect(),
            Extent::WithLength => {
                let zeros = self.len_bytes.leading_zeros() / 8;
                let bytes = self.len_bytes.to_le_bytes().into_iter();
                last.chain(bytes.take(8 - zeros as usize)).collect()
            }
        };
        let before = self.len_bytes.saturating_sub(1);
        if is_cut && self.last != Some(b'\n') {
            return Registers::default();
        }
        let with_more = |(generator, register): (Generator, u64)| {
            let step = |register, byte: &u8| generator.step(register, *byte);
            (generator, more.iter().fold(register, step))
        };
        Registers {
            all: self.remainders.all().map(with_more).collect(),
            len_bytes: before + more.len() as u64,
        }
    }
}

/// The registers of a message with init 0; none for a message that there is not.
#[derive(Default)]
struct Registers {
    all: Vec<(Generator, u64)>,
    len_bytes: u64,
}

impl Registers {
    /// What a model with a polynomial of the catalogue makes of the message.
    fn checksum(&self, model: &Model) -> Option<u64> {
        let own = Generator::of(model);
        let (generator, register) = self.all.iter().find(|(one, _)| *one == own)?;
        let init = generator.after_zeros(model.init, self.len_bytes);
        Some(model.checksum_of_polynomial(register ^ init))
    }
}

impl Identified {
    fn of(
        model: &'static Model,
        readings: &[Reading],
        checksum: u64,
        slip: Option<Slip>,
    ) -> Option<Self> {
        let mut orders = readings.iter().filter_map(|reading| {
            let order = reading.order_in(model, checksum)?;
            Some((reading.written, order))
        });
        let (written, order) = orders.next()?;
        Some(Self {
            model,
            written,
            order,
            slip,
        })
    }
}

/// How many models of this width a value fits by chance, if it is a checksum of none.
pub fn expected_by_chance(readings: &[Reading], width: u8) -> f64 {
    let models = catalogue::all().iter().filter(|model| model.width == width);
    let orders = if width > 8 { 2 } else { 1 };
    let tries = models.count() * readings.len() * orders;
    tries as f64 / 2_f64.powi(width.into())
}

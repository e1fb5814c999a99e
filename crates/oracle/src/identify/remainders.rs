//! What all models of the catalogue need of a message, in one pass.
//!
//! Models that differ only in init, refout and xorout share M(x) x^width mod G. And polynomials of
//! together 64 bits share a pass: for P = G1 G2 ... of degree W,
//!
//! ```text
//! M(x) x^W mod P  =  S    =>    M(x) x^width mod G  =  (S mod G) x^(width - W) mod G
//! ```
//!
//! G has the term 1, so x has an inverse. The init of a model adds init x^(8 n) mod G for a message
//! of n bytes. Here polynomials are words with the highest power in the highest of their bits.

use crate::catalogue;
use crate::judge::Judge;
use crate::model::Model;
use crate::slicing_16::Slicing16;
use std::borrow::Cow;
use std::thread;

/// A polynomial of the catalogue, and the order in which it reads the bits of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generator {
    width: u8,
    poly: u64,
    refin: bool,
}

impl Generator {
    /// Of a model.
    pub(super) const fn of(model: &Model) -> Self {
        Self {
            width: model.width,
            poly: model.poly,
            refin: model.refin,
        }
    }

    const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.width)
    }

    /// x times a remainder, plus this for each bit that leaves it.
    const fn shift(self, remainder: u64, bit: u64) -> u64 {
        let top = (remainder >> (self.width - 1) ^ bit) & 1;
        ((remainder << 1) & self.mask()) ^ (self.poly * top)
    }

    /// The register with init 0 after `byte`, from the one before it.
    pub(super) fn step(self, register: u64, byte: u8) -> u64 {
        let byte = if self.refin {
            byte.reverse_bits()
        } else {
            byte
        };
        let bits = (0..8).rev().map(|bit| u64::from(byte >> bit));
        bits.fold(register, |register, bit| self.shift(register, bit))
    }

    /// a b mod G.
    fn multiply(self, a: u64, b: u64) -> u64 {
        let bits = (0..self.width).rev();
        bits.fold(0, |sum, bit| self.shift(sum, 0) ^ (a * (b >> bit & 1)))
    }

    /// a x^(8 n) mod G: what a register becomes when n bytes of zeros follow.
    pub(super) fn after_zeros(self, register: u64, mut len_bytes: u64) -> u64 {
        let mut square = (0..8).fold(1, |power, _| self.shift(power, 0));
        let mut product = register;
        while len_bytes != 0 {
            if len_bytes & 1 == 1 {
                product = self.multiply(product, square);
            }
            square = self.multiply(square, square);
            len_bytes >>= 1;
        }
        product
    }

    /// S x^(width - W) mod G, for S of degree below W.
    fn factor(self, s: u64, w: u8) -> u64 {
        // S x^width mod G.
        let bits = (0..w).rev().map(|bit| s >> bit);
        let remainder = bits.fold(0, |sum, bit| self.shift(sum, bit));
        // W times divided by x.
        (0..w).fold(remainder, |sum, _| {
            let low = sum & 1;
            (sum ^ (self.poly * low)) >> 1 | low << (self.width - 1)
        })
    }
}

/// Polynomials that share a pass.
#[derive(Clone, Debug)]
struct Product {
    generators: Vec<Generator>,
    model: Model,
    table: Slicing16,
    checksum: u64,
}

impl Product {
    fn of(generators: Vec<Generator>) -> Self {
        let (mut poly, mut width) = (1_u128, 0);
        for generator in &generators {
            let full = 1_u128 << generator.width | u128::from(generator.poly);
            let bits = (0..=width).filter(|bit| poly >> bit & 1 == 1);
            poly = bits.fold(0, |sum, bit| sum ^ full << bit);
            width += generator.width;
        }
        let refin = generators[0].refin;
        let model = Model {
            name: Cow::Borrowed(""),
            width,
            poly: poly as u64 & (u64::MAX >> (64 - width)),
            init: 0,
            refin,
            refout: refin,
            xorout: 0,
            check: 0,
            residue: 0,
        };
        Self {
            table: Slicing16::new(&model),
            generators,
            model,
            checksum: 0,
        }
    }
}

/// The remainders of a message so far, by all polynomials of the catalogue.
#[derive(Clone, Debug)]
pub(super) struct Remainders(Vec<Product>);

/// Shorter pieces are not worth a thread.
const PIECE_BYTES_MIN: usize = 1 << 16;

impl Remainders {
    /// Of the empty message.
    pub(super) fn new() -> Self {
        let mut groups: Vec<Vec<Generator>> = Vec::new();
        for generator in catalogue::all().iter().map(Generator::of) {
            if groups.iter().flatten().any(|known| *known == generator) {
                continue;
            }
            let has_room = |group: &&mut Vec<Generator>| {
                let width: u32 = group.iter().map(|one| u32::from(one.width)).sum();
                group[0].refin == generator.refin && width + u32::from(generator.width) <= 64
            };
            match groups.iter_mut().find(has_room) {
                Some(group) => group.push(generator),
                None => groups.push(vec![generator]),
            }
        }
        Self(groups.into_iter().map(Product::of).collect())
    }

    /// Takes the next piece of the message. Long ones on as many threads as there are CPUs.
    pub(super) fn update(&mut self, piece: &[u8]) {
        let update = |products: &mut [Product]| {
            for product in products {
                product.checksum = product.table.update(product.checksum, piece);
            }
        };
        let threads = match piece.len() {
            ..PIECE_BYTES_MIN => 1,
            _ => thread::available_parallelism().map_or(1, usize::from),
        };
        if threads == 1 {
            return update(&mut self.0);
        }
        let share = self.0.len().div_ceil(threads);
        thread::scope(|scope| {
            for products in self.0.chunks_mut(share) {
                scope.spawn(move || update(products));
            }
        });
    }

    /// M(x) x^width mod G for each polynomial.
    pub(super) fn all(&self) -> impl Iterator<Item = (Generator, u64)> {
        self.0.iter().flat_map(|product| {
            let s = product.model.polynomial_of(product.checksum);
            let width = product.model.width;
            let generators = product.generators.iter();
            generators.map(move |generator| (*generator, generator.factor(s, width)))
        })
    }
}

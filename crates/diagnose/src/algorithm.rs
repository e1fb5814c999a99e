//! Another algorithm, by its Rocksoft parameters.
//!
//! With the checksum c and the message m, an algorithm is core(c ^ in, m) ^ out. The core is its
//! polynomial in its two bit orders. Flipping one bit of the message adds the weight of that bit.
//! The last bit in the order of reading has the weight x^w mod P, which is the polynomial. Each bit
//! before it has x times the weight of the next. Then `in` and `out` solve a linear system.

use crate::algebra::{Ring, solve};
use crate::call::Call;
use crate::experiment::{Experiment, Observation};
use crate::hypothesis::Hypothesis;
use crate::number_list::{digits, hex_of};
use crate::reference::Reference;
use crcheck_oracle::catalogue;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use std::fmt;
use std::sync::Arc;

/// An algorithm, and what it does with the checksum before the message.
#[derive(Clone, Debug)]
pub struct Algorithm {
    /// The algorithm for a message in one piece.
    pub model: Model,
    /// The register, in the order of output, is the checksum before the message XORed with this. If
    /// the subject ignores that checksum, this is the register.
    pub xor_in: u64,
    /// Whether the subject ignores the checksum before the message.
    pub ignores_register: bool,
    /// The model that the subject claims to compute.
    claimed: Model,
    core: Arc<Slicing16>,
}

impl PartialEq for Algorithm {
    fn eq(&self, other: &Self) -> bool {
        self.model == other.model
            && self.xor_in == other.xor_in
            && self.ignores_register == other.ignores_register
    }
}

impl Eq for Algorithm {}

/// A polynomial with its bit orders.
#[derive(Clone, Debug)]
struct Core {
    model: Model,
    judge: Arc<Slicing16>,
}

impl Core {
    fn new(width: u8, poly: u64, refin: bool, refout: bool) -> Option<Self> {
        let model = Model::new("", width, poly, 0, refin, refout, 0).ok()?;
        let judge = Arc::new(Slicing16::new(&model));
        Some(Self { model, judge })
    }
}

/// All bits of this many bytes must have the weights of one polynomial.
const WEIGHED_BYTES: usize = 3;

/// The only algorithm that can account for the wrong answers, if it is not the claimed one.
pub(crate) fn candidate(experiment: &mut Experiment<'_>) -> Option<Algorithm> {
    let length_min = experiment.reference.register_bytes() + WEIGHED_BYTES + 1;
    let base = experiment.wrong_call_from(length_min)?;
    let weights = weights(experiment, &base)?;
    let core = core(experiment, &weights)?;
    let ignores_register = ignores_register(experiment, &base)?;
    let (xor_in, xor_out) = ends(experiment, &core, ignores_register)?;
    let claimed = &experiment.reference.model;
    Algorithm::new(claimed, &core, xor_in, xor_out, ignores_register)
        .filter(|algorithm| !algorithm.is_claimed())
}

/// The change of the answer by each bit of the last bytes of `base`. Byte 0 is the earliest.
fn weights(experiment: &mut Experiment<'_>, base: &Call) -> Option<[[u64; 8]; WEIGHED_BYTES]> {
    let first = base.length().checked_sub(WEIGHED_BYTES)?;
    let before = experiment.measure(base)?;
    let mut weights = [[0; 8]; WEIGHED_BYTES];
    for (byte, weights) in weights.iter_mut().enumerate() {
        for (bit, weight) in (0..).zip(weights) {
            *weight = experiment.measure(&base.with_flipped_bit(first + byte, bit))? ^ before;
        }
    }
    Some(weights)
}

/// The only polynomial and bit orders that can have these weights.
fn core(experiment: &Experiment<'_>, weights: &[[u64; 8]; WEIGHED_BYTES]) -> Option<Core> {
    let claimed = &experiment.reference.model;
    let widest = experiment
        .wrong()
        .iter()
        .fold(0, |all, seen| all | seen.got);
    let narrower = [24, 16, 8]
        .into_iter()
        .filter(|&width| width < claimed.width);
    let widths = [claimed.width].into_iter().chain(narrower);
    for width in widths.filter(|&width| widest >> (width - 1) <= 1) {
        // The claimed orders come first: two orders fit a palindrome, and the claimed ones are
        // meant.
        let orders = [
            (claimed.refin, claimed.refout),
            (!claimed.refin, !claimed.refout),
            (claimed.refin, !claimed.refout),
            (!claimed.refin, claimed.refout),
        ];
        for (refin, refout) in orders {
            if let Some(core) = core_of(width, refin, refout, weights) {
                return Some(core);
            }
        }
    }
    None
}

fn core_of(
    width: u8,
    refin: bool,
    refout: bool,
    weights: &[[u64; 8]; WEIGHED_BYTES],
) -> Option<Core> {
    let turn = |word: u64| {
        if refout {
            word.reverse_bits() >> (64 - width)
        } else {
            word
        }
    };
    let mut read = Vec::with_capacity(8 * WEIGHED_BYTES);
    for byte in weights {
        let bit = |i: usize| turn(byte[if refin { i } else { 7 - i }]);
        read.extend((0..8).map(bit));
    }
    let poly = *read.last()?;
    if poly & 1 == 0 {
        return None;
    }
    let mask = u64::MAX >> (64 - width);
    let times_x = |a: u64| ((a << 1) & mask) ^ (poly * (a >> (width - 1) & 1));
    let follows = read.windows(2).all(|pair| pair[0] == times_x(pair[1]));
    if follows {
        Core::new(width, poly, refin, refout)
    } else {
        None
    }
}

/// Longer messages are no part of the linear system: they take too long.
const SOLVED_BYTES_MAX: usize = 1 << 14;

/// Whether no bit of the checksum before the message changes the answer to `base`.
fn ignores_register(experiment: &mut Experiment<'_>, base: &Call) -> Option<bool> {
    if !experiment.takes_checksum() {
        return Some(true);
    }
    let before = experiment.measure(base)?;
    for bit in 0..experiment.reference.model.width {
        let mut call = base.clone();
        call.checksum ^= 1 << bit;
        if experiment.measure(&call)? != before {
            return Some(false);
        }
    }
    Some(true)
}

/// `in` and `out` that explain the wrong answers: usual words if they do, or else one usual word
/// with the other that it leaves, or else the solution of the linear system. Where the wrong
/// answers have few lengths there are many solutions: that with the claimed `xorout` is meant.
fn ends(experiment: &Experiment<'_>, core: &Core, ignores_register: bool) -> Option<(u64, u64)> {
    let wrong = experiment.wrong();
    let checksum = |seen: &Observation| {
        if ignores_register {
            0
        } else {
            seen.call.checksum
        }
    };
    let fits = |xor_in: u64, xor_out: u64| {
        wrong.iter().all(|seen| {
            let register = checksum(seen) ^ xor_in;
            seen.got == core.judge.update(register, &seen.call.message) ^ xor_out
        })
    };
    let reference = &experiment.reference;
    let mask = core.model.mask();
    let xorout = reference.model.xorout & mask;
    let usual_out = [xorout, 0, mask];
    let first_in = if ignores_register {
        reference.initial_register()
    } else {
        xorout
    };
    let usual_in = [first_in & mask, 0, mask];
    let pairs = usual_in
        .iter()
        .flat_map(|xor_in| usual_out.map(|xor_out| (*xor_in, xor_out)));
    let shortest = wrong.first()?;
    let before = |xor_out: u64| {
        let zero = core.judge.update(0, &shortest.call.message);
        let difference = (shortest.got ^ xor_out ^ zero) & mask;
        let register = Ring::of(&core.model).before(difference, shortest.call.length());
        (register ^ checksum(shortest), xor_out)
    };
    let after = |xor_in: u64| {
        let register = checksum(shortest) ^ xor_in;
        let end = core.judge.update(register, &shortest.call.message);
        (xor_in, (shortest.got ^ end) & mask)
    };
    let mut likely = pairs.chain([before(xorout)]).chain(usual_in.map(after));
    if let Some(found) = likely.find(|&(xor_in, xor_out)| fits(xor_in, xor_out)) {
        return Some(found);
    }
    // A few answers at different lengths determine the solution. It must fit the others too.
    let mut rows = Vec::new();
    let step = (wrong.len() / 6).max(1);
    for seen in wrong.iter().step_by(step).take(8) {
        if seen.call.length() <= SOLVED_BYTES_MAX {
            rows.extend(equations(core, seen, checksum(seen)));
        }
    }
    let solution = solve(rows)?;
    let (xor_in, xor_out) = (solution as u64 & mask, (solution >> 64) as u64 & mask);
    fits(xor_in, xor_out).then_some((xor_in, xor_out))
}

/// got = core(checksum, m) ^ core(in, zeros) ^ out, bit by bit. `in` stands in the low half of the
/// unknowns, `out` in the high half.
fn equations(core: &Core, seen: &Observation, checksum: u64) -> Vec<(u128, bool)> {
    let zeros = vec![0; seen.call.length()];
    let constant = seen.got ^ core.judge.update(checksum, &seen.call.message);
    let images: Vec<u64> = (0..core.model.width)
        .map(|bit| core.judge.update(1 << bit, &zeros))
        .collect();
    let row = |bit: u8| {
        let of_in = images
            .iter()
            .enumerate()
            .fold(0, |row, (i, image)| row | u128::from(image >> bit & 1) << i);
        (of_in | 1 << (64 + bit), constant >> bit & 1 == 1)
    };
    (0..core.model.width).map(row).collect()
}

impl Algorithm {
    fn new(
        claimed: &Model,
        core: &Core,
        xor_in: u64,
        xor_out: u64,
        ignores_register: bool,
    ) -> Option<Self> {
        let Model {
            width,
            poly,
            refin,
            refout,
            ..
        } = core.model;
        let first = if ignores_register {
            0
        } else {
            claimed.initial_checksum() & core.model.mask()
        };
        let register = first ^ xor_in;
        let init = if refout {
            core.model.reflect(register)
        } else {
            register
        };
        let mut model = Model::new("", width, poly, init, refin, refout, xor_out).ok()?;
        let same = |entry: &&Model| {
            let named = Model {
                name: entry.name.clone(),
                ..model.clone()
            };
            **entry == named
        };
        if let Some(entry) = catalogue::all().iter().find(same) {
            model.name = entry.name.clone();
        }
        Some(Self {
            model,
            xor_in,
            ignores_register,
            claimed: claimed.clone(),
            core: Arc::clone(&core.judge),
        })
    }

    /// Whether the polynomial and the bit orders are the claimed ones.
    pub fn has_claimed_core(&self) -> bool {
        let core = |model: &Model| (model.width, model.poly, model.refin, model.refout);
        core(&self.model) == core(&self.claimed)
    }

    /// The entry of the catalogue that has the claimed core and these words at its ends.
    pub(crate) fn namesake(&self) -> Option<&str> {
        let name = self.model.name.as_ref();
        let is_other = !name.is_empty() && name != self.claimed.name;
        (is_other && self.has_claimed_core()).then_some(name)
    }

    /// Whether it is the claimed algorithm. Then it explains nothing.
    fn is_claimed(&self) -> bool {
        self.has_claimed_core()
            && !self.ignores_register
            && self.xor_in == self.claimed.xorout
            && self.model.xorout == self.claimed.xorout
    }

    /// The register that a right subject starts from if nobody gives it one.
    fn initial_register(&self) -> u64 {
        self.claimed.register_of(self.claimed.initial_checksum())
    }

    /// The register that it starts from, whatever it is given.
    fn own_start(&self, hex: &dyn Fn(u64) -> String) -> String {
        let (register, xorout) = (self.xor_in, self.claimed.xorout);
        if register == self.initial_register() {
            "the initial one".to_owned()
        } else if xorout == 0 {
            hex(register)
        } else {
            // People pass the checksum, and the code may hold the register.
            format!("{} (register {})", hex(register ^ xorout), hex(register))
        }
    }

    /// What is wrong at the ends of the claimed algorithm. `is_given` says whether the subject is
    /// given a register.
    fn ends(&self, is_given: bool) -> String {
        let claimed = &self.claimed;
        let hex = |word: u64| hex_of(digits(claimed.width), word);
        let mut wrong = Vec::new();
        if !is_given {
            let (start, right) = (self.xor_in, self.initial_register());
            if start != right {
                wrong.push(format!("starts from {}, not {}", hex(start), hex(right)));
            }
        } else if self.ignores_register {
            wrong.push(format!(
                "ignores the register that it is given and starts from {}",
                self.own_start(&hex)
            ));
        } else if self.xor_in != claimed.xorout {
            wrong.push(end("at its start", self.xor_in, claimed.xorout, &hex));
        }
        if self.model.xorout != claimed.xorout {
            wrong.push(end("at its end", self.model.xorout, claimed.xorout, &hex));
        }
        wrong.join(" and ")
    }
}

impl Hypothesis for Algorithm {
    fn predict(&self, _reference: &Reference, call: &Call, _expected: u64) -> u64 {
        let register = if self.ignores_register {
            self.xor_in
        } else {
            call.checksum ^ self.xor_in
        };
        self.core.update(register, &call.message) ^ self.model.xorout
    }

    fn text_of_one_shot(&self, _digits: usize) -> String {
        self.text(false)
    }
}

fn end(place: &str, got: u64, claimed: u64, hex: &dyn Fn(u64) -> String) -> String {
    if got == 0 {
        format!("lacks the XOR with {} {place}", hex(claimed))
    } else {
        format!("XORs with {} {place}, not {}", hex(got), hex(claimed))
    }
}

impl Algorithm {
    fn text(&self, is_given: bool) -> String {
        let name = &self.model.name;
        if self.has_claimed_core() {
            return self.ends(is_given);
        }
        let computes = match name.is_empty() {
            true => format!("computes an algorithm of no catalogue: {}", self.model),
            false => format!("computes {name}"),
        };
        let (xor_in, xor_out) = (self.xor_in, self.model.xorout);
        if !is_given {
            computes
        } else if self.ignores_register {
            format!("{computes}, and ignores the register that it is given")
        } else if xor_in != xor_out {
            format!(
                "{computes}, and XORs with {xor_in:#x} at its start but {xor_out:#x} at its end"
            )
        } else {
            computes
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(true))
    }
}

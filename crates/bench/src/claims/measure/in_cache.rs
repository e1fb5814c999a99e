//! The loops and the kernel, on a message that the innermost caches hold.

use super::control::MeasureControl;
use super::rates::{self, scenario};
use crate::claims::answer::Missing;
use crate::claims::loops::{checksum_by_bits, checksum_by_bytes, checksum_by_words, table};
use crate::claims::measured::Loops;
use crate::contender::{Contender, ContenderKind, TABLE};
use crate::memory::Memory;
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::Feature;
use crcheck_oracle::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use std::sync::Mutex;
use std::time::Duration;

/// The message: no more than any innermost cache but one.
const MESSAGE_BYTES: usize = 32 << 10;

const BUDGET: Duration = Duration::from_secs(4);

/// The contenders before the tiers, by their place.
const BITS: usize = 0;
const BYTE_TABLE: usize = 1;
const WORDS: usize = 2;
const SLICING: usize = 3;
const KERNEL: usize = 4;
const COPY: usize = 5;

pub(super) fn measure(
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<Loops, Missing> {
    let mut contenders = loops();
    let tiers: Vec<Tier> = Tier::available()
        .filter(|tier| has_256_bits(*tier))
        .collect();
    let first_tier = contenders.len();
    contenders.extend(tiers.iter().copied().filter_map(Contender::tier));
    let scenarios = [scenario(MESSAGE_BYTES, 0), scenario(MESSAGE_BYTES, 1)];
    let compared_off_pages = compare_off_pages(control, wrong)?;
    let rates = rates::measure(&contenders, &scenarios, BUDGET, control, wrong)?;
    let [aligned, unaligned] = rates.as_slice() else {
        return Err(Missing::Unfinished);
    };
    let of = |row: &[Option<f64>], place: usize| row[place].ok_or(Missing::Unfinished);
    let names = contenders[first_tier..].iter().map(|one| one.name.clone());
    let of_tiers = aligned[first_tier..].iter().copied().flatten();
    Ok(Loops {
        message_bytes: MESSAGE_BYTES,
        bits: of(aligned, BITS)?,
        byte_table: of(aligned, BYTE_TABLE)?,
        aligned_words: of(aligned, WORDS)?,
        slicing: of(aligned, SLICING)?,
        kernel: of(aligned, KERNEL)?,
        kernel_unaligned: of(unaligned, KERNEL)?,
        kernel_after_copy: of(unaligned, COPY)?,
        tiers_of_256_bits: names.zip(of_tiers).collect(),
        compared_off_pages,
    })
}

/// The loops in the order of their places, and the kernel without and with a copy before it.
fn loops() -> Vec<Contender> {
    let (bytes, words) = (table(), table());
    let slicing = Slicing16::new(&Model::CRC_32_ISO_HDLC);
    let copy = Mutex::new(Vec::with_capacity(MESSAGE_BYTES));
    let after_copy = move |message: &[u8]| {
        let mut copy = copy.lock().expect("no panic while held");
        copy.clear();
        copy.extend_from_slice(message);
        crcheck_kernel::checksum(&copy)
    };
    let named = |name: &str, checksum| Contender::new(name, ContenderKind::Table, checksum);
    let ours = |name: &str, checksum| Contender::new(name, ContenderKind::Subject, checksum);
    vec![
        named("bits", Box::new(checksum_by_bits)),
        named(
            "byte-table",
            Box::new(move |message| checksum_by_bytes(&bytes, message)),
        ),
        named(
            "aligned-words",
            Box::new(move |message| checksum_by_words(&words, message)),
        ),
        named(
            TABLE,
            Box::new(move |message| slicing.update(0, message) as u32),
        ),
        ours("checksum()", Box::new(crcheck_kernel::checksum)),
        ours("copy, then checksum()", Box::new(after_copy)),
    ]
}

fn has_256_bits(tier: Tier) -> bool {
    let required = tier.required();
    required.contains(Feature::Avx2) && !required.contains(Feature::Avx512f)
}

/// Compares the kernel with a judge at many addresses that are no multiple of a page. Returns how
/// many.
fn compare_off_pages(
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<usize, Missing> {
    const LEN_BYTES: usize = 1000;
    let memory = Memory::new(LEN_BYTES + 4096, control.seed);
    let memory = memory.map_err(|error| Missing::refused("no memory for messages", &error))?;
    let judge = Slicing16::new(&Model::CRC_32_ISO_HDLC);
    let offsets = (1..4096).step_by(7);
    let mut right = 0;
    for offset in offsets {
        let message = &memory.bytes()[offset..][..LEN_BYTES];
        let (expected, got) = (judge.update(0, message), crcheck_kernel::checksum(message));
        if expected == u64::from(got) {
            right += 1;
        } else {
            wrong.push(format!(
                "checksum() at offset {offset}: expected {expected:#010x}, got {got:#010x}"
            ));
        }
    }
    Ok(right)
}

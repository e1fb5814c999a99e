//! Every message of zeros with one set bit, without writing each of them.
//!
//! Each window over one set bit in a field of zeros is such a message: a window of n bytes that
//! begins i bytes before the set byte is the message whose byte i has the bit. A window keeps its
//! alignment if the set byte lies i bytes behind that alignment, so 64 set bytes, one for each
//! residue, serve every i. They lie at least n bytes apart, so that a window holds only one of
//! them.

use super::shared_block::Call;

/// The residues that a start can have.
const ALIGNMENTS: usize = 64;

/// Where the set bytes lie in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitField {
    len_bytes: usize,
    spacing: usize,
    bits: usize,
}

impl UnitField {
    /// The field for messages of `len_bytes` in memory for `capacity_bytes`. It has all bits of a
    /// byte that fit at once, up to 8; `None` if none fits.
    pub(super) fn new(len_bytes: usize, capacity_bytes: usize) -> Option<Self> {
        let spacing = (len_bytes + ALIGNMENTS - 1).next_multiple_of(ALIGNMENTS);
        let room = capacity_bytes.checked_sub(2 * spacing)?;
        let bits = (room / (ALIGNMENTS * spacing).max(1)).min(8);
        (bits > 0 && len_bytes > 0).then_some(Self {
            len_bytes,
            spacing,
            bits,
        })
    }

    /// The bits of each pass. All passes together lay out all 8 bits.
    pub(super) fn passes(self) -> impl Iterator<Item = std::ops::Range<usize>> {
        (0..8)
            .step_by(self.bits)
            .map(move |first| first..(first + self.bits).min(8))
    }

    /// Where the field ends.
    pub(super) fn end(self) -> usize {
        self.spacing * (2 + ALIGNMENTS * self.bits)
    }

    /// The set bytes of one pass: offset and value.
    pub(super) fn marks(self, pass: std::ops::Range<usize>) -> impl Iterator<Item = (usize, u8)> {
        let first = pass.start;
        pass.flat_map(move |bit| {
            (0..ALIGNMENTS).map(move |residue| (self.at(bit - first, residue), 1 << bit))
        })
    }

    /// The call for byte `index` of a message at `alignment`, for the bit of this row in its pass.
    pub(super) fn window(self, row: usize, alignment: usize, index: usize, checksum: u64) -> Call {
        let residue = (alignment + index) % ALIGNMENTS;
        Call {
            offset: self.at(row, residue) - index,
            len_bytes: self.len_bytes,
            checksum: Some(checksum),
        }
    }

    fn at(self, row: usize, residue: usize) -> usize {
        self.spacing * (1 + row * ALIGNMENTS + residue) + residue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_its_unit_message() {
        for (len_bytes, capacity_bytes) in
            [(1, 1 << 20), (63, 1 << 16), (64, 1 << 20), (130, 1 << 15)]
        {
            let field = UnitField::new(len_bytes, capacity_bytes).expect("room");
            assert!(field.end() <= capacity_bytes);
            let mut seen = 0;
            for pass in field.passes() {
                let mut bytes = vec![0; field.end()];
                field
                    .marks(pass.clone())
                    .for_each(|(at, byte)| bytes[at] = byte);
                for (row, bit) in pass.enumerate() {
                    for alignment in [0, 1, 37, 63] {
                        for index in 0..len_bytes {
                            let call = field.window(row, alignment, index, 0);
                            assert_eq!(call.offset % 64, alignment);
                            let mut unit = vec![0; len_bytes];
                            unit[index] = 1 << bit;
                            assert_eq!(bytes[call.offset..][..len_bytes], unit);
                            seen += 1;
                        }
                    }
                }
            }
            assert_eq!(seen, 8 * 4 * len_bytes);
        }
    }

    #[test]
    fn messages_that_do_not_fit_have_no_field() {
        assert_eq!(UnitField::new(1 << 20, 1 << 21), None);
        assert_eq!(UnitField::new(0, 1 << 21), None);
    }
}

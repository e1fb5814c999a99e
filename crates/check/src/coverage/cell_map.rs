//! The cells that a check visited, and those with findings: a small map of lengths by alignments.

use crcheck_platform::message_memory::Placement;
use crcheck_subject::Kind;

/// The alignments of a start: each has one bit in a word.
pub const ALIGNMENTS: usize = 64;

/// Lengths up to this have a row of their own.
pub const SINGLE_TO: usize = 4096;

/// How many rows each further doubling of the length has.
pub const ROWS_PER_DOUBLING: usize = 32;

/// What is known about the cells of some lengths: one bit for each alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellRow {
    /// Where a message was placed.
    pub visited: u64,
    /// Where a result or a state was wrong.
    pub wrong: u64,
    /// Where a call did not return.
    pub stopped: u64,
    /// How many messages were placed at the alignments that have findings.
    pub messages: u32,
    /// How many findings these messages have. A message may have several.
    pub findings: u32,
}

impl CellRow {
    fn with(self, other: Self) -> Self {
        Self {
            visited: self.visited | other.visited,
            wrong: self.wrong | other.wrong,
            stopped: self.stopped | other.stopped,
            messages: self.messages.saturating_add(other.messages),
            findings: self.findings.saturating_add(other.findings),
        }
    }

    fn has_findings(self) -> bool {
        self.wrong | self.stopped != 0
    }

    /// The share of the messages with findings among those at the alignments that have findings.
    pub fn share_wrong(self) -> f64 {
        if self.messages == 0 {
            return 0.0;
        }
        (f64::from(self.findings) / f64::from(self.messages)).min(1.0)
    }
}

/// A map of lengths by alignments. Each length up to 4096 has its own row. Longer lengths share a
/// row with their neighbours, 32 rows per doubling: a bit then holds for one of them.
#[derive(Clone, Debug, Default)]
pub struct CellMap {
    rows: Vec<MapRow>,
}

/// What a map counts of some lengths.
#[derive(Clone, Copy, Debug)]
struct MapRow {
    visited: u64,
    wrong: u64,
    stopped: u64,
    findings: u32,
    /// How many messages were placed at each alignment.
    messages: [u16; ALIGNMENTS],
}

impl MapRow {
    const EMPTY: Self = Self {
        visited: 0,
        wrong: 0,
        stopped: 0,
        findings: 0,
        messages: [0; ALIGNMENTS],
    };

    fn place(&mut self, alignment: usize) {
        self.visited |= 1 << alignment;
        let count = &mut self.messages[alignment];
        *count = count.saturating_add(1);
    }

    fn known(&self) -> CellRow {
        let found = self.wrong | self.stopped;
        let at_found = (0..ALIGNMENTS).filter(|alignment| found >> alignment & 1 == 1);
        let messages = at_found.map(|alignment| u32::from(self.messages[alignment]));
        CellRow {
            visited: self.visited,
            wrong: self.wrong,
            stopped: self.stopped,
            messages: messages.sum(),
            findings: self.findings,
        }
    }
}

impl CellMap {
    /// Marks that a message of each of these lengths was placed at `placement`.
    pub(crate) fn visit(&mut self, lengths: &[usize], placement: Placement) {
        for &length in lengths {
            self.row(length).place(placement.alignment(length));
        }
    }

    /// Marks a finding of this kind, and counts it.
    pub(crate) fn mark(&mut self, kind: Kind, length: usize, placement: Placement) {
        self.show(kind, length, placement);
        let row = self.row(length);
        row.findings = row.findings.saturating_add(1);
    }

    /// Marks the smallest case of a finding, which the plan may not have visited.
    pub(crate) fn mark_smallest(&mut self, kind: Kind, length: usize, placement: Placement) {
        self.show(kind, length, placement);
        let row = self.row(length);
        // A case that the minimizer made is the only message of its cell.
        if row.messages[placement.alignment(length)] == 0 {
            row.place(placement.alignment(length));
            row.findings = row.findings.saturating_add(1);
        }
    }

    fn show(&mut self, kind: Kind, length: usize, placement: Placement) {
        let bit = 1 << placement.alignment(length);
        let row = self.row(length);
        row.visited |= bit;
        if kind.stops_the_call() {
            row.stopped |= bit;
        } else {
            row.wrong |= bit;
        }
    }

    fn row(&mut self, length: usize) -> &mut MapRow {
        let index = index_of(length) as usize;
        if index >= self.rows.len() {
            self.rows.resize(index + 1, MapRow::EMPTY);
        }
        &mut self.rows[index]
    }

    /// How many alignments of each length from 0 to 4096 were visited.
    pub(crate) fn alignments(&self) -> impl Iterator<Item = usize> {
        let single = self.rows.iter().take(SINGLE_TO + 1);
        single.map(|row| row.visited.count_ones() as usize)
    }

    /// The starts of each length from 0 to 4096 that were visited, a bit for each.
    pub(crate) fn visited_starts(&self) -> impl Iterator<Item = (usize, u64)> {
        let single = self.rows.iter().take(SINGLE_TO + 1).enumerate();
        single.map(|(length, row)| (length, row.visited))
    }

    /// The map with equal rows joined.
    pub(crate) fn runs(&self) -> Runs {
        let mut runs = Runs::default();
        for (index, row) in (0..).zip(&self.rows) {
            runs.push(index, index, row.known());
        }
        runs.shrink();
        runs
    }
}

/// A compressed map. Equal rows without findings that follow each other are one run; most maps have
/// no other rows. Only rows with findings keep their counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    visited: Vec<Run>,
    /// The rows with findings. Each is a run of its own.
    found: Vec<Found>,
}

/// Rows from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u32,
    last: u32,
    visited: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    index: u32,
    wrong: u64,
    stopped: u64,
    messages: u32,
    findings: u32,
}

impl Runs {
    /// Appends rows, unless they are empty.
    fn push(&mut self, first: u32, last: u32, row: CellRow) {
        let visited = row.visited;
        if visited == 0 {
            return;
        }
        if row.has_findings() {
            for index in first..=last {
                self.visited.push(Run {
                    first: index,
                    last: index,
                    visited,
                });
                self.found.push(Found {
                    index,
                    wrong: row.wrong,
                    stopped: row.stopped,
                    messages: row.messages,
                    findings: row.findings,
                });
            }
            return;
        }
        let is_found = |index| self.found.last().is_some_and(|found| found.index == index);
        match self.visited.last_mut() {
            Some(run) if run.visited == visited && run.last + 1 == first && !is_found(run.last) => {
                run.last = last;
            }
            _ => self.visited.push(Run {
                first,
                last,
                visited,
            }),
        }
    }

    fn shrink(&mut self) {
        self.visited.shrink_to_fit();
        self.found.shrink_to_fit();
    }

    /// Adds what another map knows.
    pub fn join(&mut self, other: &Self) {
        let rows = self.visited.iter().chain(&other.visited);
        let mut edges: Vec<u32> = rows.flat_map(|run| [run.first, run.last + 1]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut joined = Self::default();
        for pair in edges.windows(2) {
            let (first, last) = (pair[0], pair[1] - 1);
            joined.push(first, last, self.at(first).with(other.at(first)));
        }
        joined.shrink();
        *self = joined;
    }

    fn at(&self, index: u32) -> CellRow {
        let after = self.visited.partition_point(|run| run.first <= index);
        match after.checked_sub(1).map(|before| self.visited[before]) {
            Some(run) if index <= run.last => self.row(run),
            _ => CellRow::default(),
        }
    }

    fn row(&self, run: Run) -> CellRow {
        let found = self
            .found
            .binary_search_by_key(&run.first, |found| found.index);
        let found = found.ok().map(|position| self.found[position]);
        let Some(found) = found else {
            return CellRow {
                visited: run.visited,
                ..CellRow::default()
            };
        };
        CellRow {
            visited: run.visited,
            wrong: found.wrong,
            stopped: found.stopped,
            messages: found.messages,
            findings: found.findings,
        }
    }

    /// What is known about a length. The counts are 0 without a finding.
    pub fn of_length(&self, length: usize) -> CellRow {
        self.at(index_of(length))
    }

    /// The rows that are not empty, ascending: the first length, the last length, and what is known
    /// about these and those between.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, CellRow)> {
        let mut rest = self.visited.iter().copied().peekable();
        std::iter::from_fn(move || {
            let run = rest.next()?;
            let (mut last, row) = (run.last, self.row(run));
            while let Some(next) =
                rest.next_if(|next| next.first == last + 1 && self.row(*next) == row)
            {
                last = next.last;
            }
            Some((start_of(run.first), start_of(last + 1) - 1, row))
        })
    }

    /// Whether no cell was visited.
    pub fn is_empty(&self) -> bool {
        self.visited.is_empty()
    }
}

/// The row of a length. Row r of doubling d begins at 4096 * 2^d * (1 + r/32).
fn index_of(length: usize) -> u32 {
    if length <= SINGLE_TO {
        return length as u32;
    }
    let doubling = length.ilog2() as usize - SINGLE_TO.ilog2() as usize;
    let step = (SINGLE_TO << doubling) / ROWS_PER_DOUBLING;
    let row = (length - (SINGLE_TO << doubling)) / step;
    // There are at most 52 doublings.
    (SINGLE_TO + 1 + doubling * ROWS_PER_DOUBLING + row) as u32
}

/// The first length of a row.
fn start_of(index: u32) -> usize {
    let index = index as usize;
    if index <= SINGLE_TO {
        return index;
    }
    let (doubling, row) = (
        (index - SINGLE_TO - 1) / ROWS_PER_DOUBLING,
        (index - SINGLE_TO - 1) % ROWS_PER_DOUBLING,
    );
    let start = (SINGLE_TO << doubling) + row * ((SINGLE_TO << doubling) / ROWS_PER_DOUBLING);
    // 4096 itself has a row of its own.
    start.max(SINGLE_TO + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_platform::message_memory::GuardSide;

    #[test]
    fn every_length_lies_in_the_row_that_begins_at_or_before_it() {
        let near = [4095, 4096, 4097, 4223, 4224, 8191, 8192, 8193, 65_537];
        let far = (13..40).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1]);
        for length in (0..5000).chain(near).chain(far) {
            let index = index_of(length);
            assert!(start_of(index) <= length, "{length}");
            assert!(length < start_of(index + 1), "{length}");
        }
    }

    #[test]
    fn a_map_knows_what_was_found_where() {
        let mut map = CellMap::default();
        let lengths: Vec<usize> = (0..=640).collect();
        for offset in 0..64 {
            map.visit(&lengths, Placement::aligned(offset));
        }
        map.mark(Kind::WrongValue, 13, Placement::aligned(3));
        map.mark(Kind::OverRead, 13, Placement::flush(GuardSide::End));
        map.mark(Kind::Crash, 1 << 20, Placement::aligned(7));
        let runs = map.runs();
        assert_eq!(runs.iter().count(), 4, "equal rows are one");
        let row = runs.of_length(13);
        assert_eq!((row.visited, row.wrong, row.stopped), (!0, 1 << 3, 1 << 51));
        assert_eq!((row.messages, row.findings), (2, 2));
        assert_eq!(runs.of_length(12), runs.of_length(640));
        assert_eq!(runs.of_length(641), CellRow::default());
        assert_eq!(runs.of_length(1 << 20).stopped, 1 << 7);
        assert_eq!(runs.iter().next(), Some((0, 12, runs.of_length(0))));
    }

    /// Of four messages at each alignment, one is wrong at one of them, and then all are.
    #[test]
    fn the_share_is_that_of_the_wrong_alignments() {
        let mut map = CellMap::default();
        for offset in 0..64 {
            map.visit(&[13; 4], Placement::aligned(offset));
        }
        map.mark(Kind::WrongValue, 13, Placement::aligned(3));
        let share = |map: &CellMap| map.runs().of_length(13).share_wrong();
        assert_eq!(share(&map), 0.25);
        // The smallest case is one of those that were counted.
        map.mark_smallest(Kind::WrongValue, 13, Placement::aligned(3));
        assert_eq!(share(&map), 0.25);
        for _ in 0..9 {
            map.mark(Kind::DirtyVectorState, 13, Placement::aligned(3));
        }
        assert_eq!(share(&map), 1.0, "never more than all");
        map.mark_smallest(Kind::WrongValue, 5000, Placement::aligned(3));
        assert_eq!(map.runs().of_length(5000).share_wrong(), 1.0);
        assert_eq!(CellRow::default().share_wrong(), 0.0);
    }

    #[test]
    fn joining_loses_nothing() {
        let map = |lengths: &[usize], offset| {
            let mut map = CellMap::default();
            map.visit(lengths, Placement::aligned(offset));
            map.runs()
        };
        let (low, high) = (map(&[0, 1, 2, 9000], 1), map(&[2, 3, 500], 2));
        let mut joined = low.clone();
        joined.join(&high);
        for length in 0..10_000 {
            let expected = low.of_length(length).with(high.of_length(length));
            assert_eq!(joined.of_length(length), expected, "{length}");
        }
        let mut empty = Runs::default();
        empty.join(&low);
        assert_eq!(empty, low);
    }
}

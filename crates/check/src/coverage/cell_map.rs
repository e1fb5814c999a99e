//! Where a check was and what it met there: lengths by alignments, small enough to be kept.

use crcheck_platform::message_memory::Placement;
use crcheck_subject::Kind;

/// Alignments of a start, one bit each in a word.
pub const ALIGNMENTS: usize = 64;

/// Lengths to this have a row of their own.
pub const SINGLE_TO: usize = 4096;

/// Rows of each doubling of the length beyond.
pub const ROWS_PER_DOUBLING: usize = 32;

/// What is known of the cells of some lengths, a bit for each alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellRow {
    /// A message was laid here.
    pub visited: u64,
    /// A result or a state was wrong.
    pub wrong: u64,
    /// A call did not return.
    pub stopped: u64,
}

impl CellRow {
    fn with(self, other: Self) -> Self {
        Self {
            visited: self.visited | other.visited,
            wrong: self.wrong | other.wrong,
            stopped: self.stopped | other.stopped,
        }
    }
}

/// A map of lengths by alignments. Each length to 4096 has its row, and lengths beyond share one
/// with their neighbours, 32 rows to a doubling: then a bit says that it holds for one of them.
#[derive(Clone, Debug, Default)]
pub struct CellMap {
    rows: Vec<CellRow>,
}

impl CellMap {
    /// A message of each of these lengths lay at `placement`.
    pub(crate) fn visit(&mut self, lengths: &[usize], placement: Placement) {
        for &length in lengths {
            self.row(length).visited |= 1 << placement.alignment(length);
        }
    }

    /// A fault of this kind showed here.
    pub(crate) fn mark(&mut self, kind: Kind, length: usize, placement: Placement) {
        let bit = 1 << placement.alignment(length);
        let row = self.row(length);
        row.visited |= bit;
        if kind.stops_the_call() {
            row.stopped |= bit;
        } else {
            row.wrong |= bit;
        }
    }

    fn row(&mut self, length: usize) -> &mut CellRow {
        let index = index_of(length) as usize;
        if index >= self.rows.len() {
            self.rows.resize(index + 1, CellRow::default());
        }
        &mut self.rows[index]
    }

    /// The map with equal rows joined.
    pub(crate) fn runs(&self) -> Runs {
        let mut runs = Runs::default();
        for (index, &row) in (0..).zip(&self.rows) {
            runs.push(index, index, row);
        }
        runs.shrink();
        runs
    }
}

/// A map at rest. Rows where nothing was found are one if they are equal and follow each other:
/// most maps have no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    visited: Vec<Run>,
    /// The rows where something was found, each of which is a run of its own.
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
}

impl Runs {
    /// Takes rows behind the last ones; those that are empty are left out.
    fn push(&mut self, first: u32, last: u32, row: CellRow) {
        if row == CellRow::default() {
            return;
        }
        let visited = row.visited;
        if row.wrong | row.stopped != 0 {
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

    /// Takes what another map knows.
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
        CellRow {
            visited: run.visited,
            wrong: found.map_or(0, |found| found.wrong),
            stopped: found.map_or(0, |found| found.stopped),
        }
    }

    /// What is known of a length.
    pub fn of_length(&self, length: usize) -> CellRow {
        self.at(index_of(length))
    }

    /// The rows that are not empty, ascending: first length, last length, and what is known of both
    /// and of those between.
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

    /// Whether nothing was visited.
    pub fn is_empty(&self) -> bool {
        self.visited.is_empty()
    }
}

/// The row of a length: 4096 * 2^d * (1 + r/32) is where row r of doubling d begins.
fn index_of(length: usize) -> u32 {
    if length <= SINGLE_TO {
        return length as u32;
    }
    let doubling = length.ilog2() as usize - SINGLE_TO.ilog2() as usize;
    let step = (SINGLE_TO << doubling) / ROWS_PER_DOUBLING;
    let row = (length - (SINGLE_TO << doubling)) / step;
    // There are 52 doublings at most.
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
    fn a_map_says_what_was_met_where() {
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
        assert_eq!(runs.of_length(12), runs.of_length(640));
        assert_eq!(runs.of_length(641), CellRow::default());
        assert_eq!(runs.of_length(1 << 20).stopped, 1 << 7);
        assert_eq!(runs.iter().next(), Some((0, 12, runs.of_length(0))));
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

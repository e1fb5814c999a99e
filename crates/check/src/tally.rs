//! The result of the current check so far.

use crate::check_result::{BoundSource, Skip};
use crate::coverage::cell_map::CellMap;
use crate::coverage::cells::{CellSet, Cells};
use crate::coverage::visited::{Drawn, MessageCounts, Visited};
use crate::finding::check_of;
use crate::group::{At, Group};
use crate::halt::{Halt, LastCell, Sampled, Why};
use crate::length_rule::JudgedAt;
use crate::races::Races;
use crate::thinning::Thinning;
use crcheck_subject::{Blindness, Kind};
use std::collections::BTreeMap;

/// The result of the current check so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub(crate) cells: CellSet,
    pub(crate) map: CellMap,
    pub(crate) calls: u64,
    /// The bytes of the calls' messages.
    pub(crate) bytes: u64,
    /// How many stops and findings of single cases there were.
    pub findings: u64,
    pub bound: Option<BoundSource>,
    pub(crate) messages: MessageCounts,
    /// The drawn lengths that were visited.
    pub(crate) drawn: Option<Drawn>,
    pub(crate) stack: BTreeMap<usize, usize>,
    pub(crate) races: Option<Races>,
    pub(crate) left_out: Vec<(String, Skip)>,
    pub(crate) groups: Vec<Group>,
    pub(crate) skipped: Option<Skip>,
    /// Whether calls with a null pointer were made.
    pub(crate) null_pointer: bool,
    pub(crate) blindness: Blindness,
    /// Why the check gave up, if it did.
    pub(crate) halted: Option<Why>,
    /// What made the check go on with a sample, if it did.
    pub(crate) sampled: Option<Sampled>,
    /// What leaves out cases of the check, if anything does.
    pub(crate) thinning: Option<Thinning>,
    /// The last cell that was visited.
    last: Option<LastCell>,
}

impl Tally {
    pub(crate) fn visit(&mut self, cells: Cells<'_>) {
        self.visit_many(cells, cells.lengths.len() as u64);
    }

    /// Counts cells, and the `calls` that were made on them.
    pub(crate) fn visit_many(&mut self, cells: Cells<'_>, calls: u64) {
        self.calls += calls;
        let bytes: usize = cells.lengths.iter().sum();
        self.bytes += bytes as u64 * calls / cells.lengths.len().max(1) as u64;
        if let Some(&length) = cells.lengths.last() {
            self.last = Some(LastCell::new(length, cells.placement));
        }
        self.map.visit(cells.lengths, cells.placement);
        self.cells.insert(cells);
    }

    /// Notes that the check gives up. The first reason counts.
    pub(crate) fn give_up(&mut self, why: Why) {
        self.halted.get_or_insert(why);
    }

    /// Why the check gave up, and where.
    pub(crate) fn halt(&self) -> Option<Halt> {
        let last = self.last;
        self.halted.map(|why| Halt { why, last })
    }

    /// Whether cases of the check were left out.
    pub(crate) fn is_thinned(&self) -> bool {
        self.thinning.as_ref().is_some_and(Thinning::has_left_out)
    }

    /// Counts a call that was given up, as one more that hangs where others do.
    pub(crate) fn count_hang(&mut self, at: At) {
        self.findings += 1;
        self.map.mark(Kind::Hang, at.cell_length, at.placement);
        if let Some(group) = Group::of(&mut self.groups, check_of(Kind::Hang), Kind::Hang) {
            group.count(at);
        }
    }

    /// Counts a call with a null pointer. It has no cell, since its message lies nowhere.
    pub(crate) fn visit_null(&mut self) {
        self.calls += 1;
        self.null_pointer = true;
    }

    /// The cells that the check has judged so far.
    pub(crate) fn judged(&self) -> JudgedAt {
        let is_whole = self.halted.is_none() && self.sampled.is_none() && !self.is_thinned();
        JudgedAt::new(self.cells.every_length(), self.map.visited_starts()).whole_if(is_whole)
    }

    /// What the check has visited so far.
    pub(crate) fn visited(&self) -> Visited {
        Visited {
            null_pointer: self.null_pointer,
            ..Visited::new(&self.cells, &self.map, &self.messages, self.drawn)
        }
    }
}

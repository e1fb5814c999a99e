//! The cells that a check has visited.

pub mod cell_map;
pub mod cells;
pub mod visited;

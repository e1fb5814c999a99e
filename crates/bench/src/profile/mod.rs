//! Profiles: where the time of the chosen rows goes, as folded stacks and as a flame graph.

pub mod flame_graph;
pub mod row_loop;
pub mod sampler;
pub mod stacks;

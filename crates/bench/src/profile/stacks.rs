//! Stacks of functions, and how often each was seen.

use std::collections::BTreeMap;

/// How often each stack was seen. The outermost function comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stacks(BTreeMap<Vec<String>, u64>);

impl Stacks {
    /// Adds what was seen.
    pub fn add(&mut self, stack: Vec<String>, count: u64) {
        *self.0.entry(stack).or_default() += count;
    }

    /// The number of samples.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Each stack, in order, and how often it was seen.
    pub fn iter(&self) -> impl Iterator<Item = (&[String], u64)> {
        self.0
            .iter()
            .map(|(stack, &count)| (stack.as_slice(), count))
    }

    /// A line for each stack: its functions between semicolons, a blank, and how often it was seen.
    /// Tools for flame graphs read this format.
    pub fn folded(&self) -> String {
        let line = |(stack, count): (&[String], u64)| {
            // A semicolon is part of some names, such as that of an array's type.
            let frames: Vec<String> = stack.iter().map(|name| name.replace(';', ":")).collect();
            format!("{} {count}\n", frames.join(";"))
        };
        self.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stacks_are_one_line() {
        let mut stacks = Stacks::default();
        let stack = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        stacks.add(stack(&["a", "b"]), 2);
        stacks.add(stack(&["a"]), 1);
        stacks.add(stack(&["a", "b"]), 3);
        stacks.add(stack(&["a", "f<[u8; 4]>"]), 1);
        assert_eq!(stacks.folded(), "a 1\na;b 5\na;f<[u8: 4]> 1\n");
        assert_eq!(stacks.count(), 7);
    }
}

//! One way to read a file, with all its parameters: a row of the matrix.

use crate::io::method::IoMethod;
use crate::io::size::file_size_name;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setup {
    /// How the file is read.
    pub method: IoMethod,
    /// The size of a read, or of the window of a mapping, in bytes; `None`: the whole file.
    pub buffer_bytes: Option<usize>,
    /// How many threads read and compute.
    pub threads: usize,
    /// Whether a checksum is computed. What only reads is a bound.
    pub has_checksum: bool,
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.method)?;
        if let Some(bytes) = self.buffer_bytes {
            write!(f, " {}", file_size_name(bytes as u64))?;
        }
        if self.threads > 1 {
            write!(f, ", {} threads", self.threads)?;
        }
        if !self.has_checksum && !self.method.is_program() {
            write!(f, ", no checksum")?;
        }
        Ok(())
    }
}

/// What a user asks for; an empty list stands for the default.
#[derive(Clone, Debug, Default)]
pub struct SetupSelection {
    /// The methods; all if empty.
    pub methods: Vec<IoMethod>,
    /// The sizes of reads and windows in bytes; those of each method if empty.
    pub buffers_bytes: Vec<usize>,
    /// The numbers of threads; one, and as many as there are cores if empty.
    pub threads: Vec<usize>,
}

impl SetupSelection {
    /// The rows, in the order of reports.
    pub fn setups(&self) -> Vec<Setup> {
        let methods = IoMethod::ALL.into_iter();
        let is_asked = |method: &IoMethod| self.methods.is_empty() || self.methods.contains(method);
        methods
            .filter(is_asked)
            .flat_map(|method| self.setups_of(method))
            .collect()
    }

    fn setups_of(&self, method: IoMethod) -> Vec<Setup> {
        let mut setups = Vec::new();
        for threads in self.threads_of(method) {
            let buffers = self.buffers_of(method, threads).into_iter();
            setups.extend(buffers.map(|buffer_bytes| Setup {
                method,
                buffer_bytes,
                threads,
                has_checksum: !method.is_program(),
            }));
        }
        if method.takes_no_checksum() {
            setups.push(Setup {
                method,
                buffer_bytes: method.usual_buffer_bytes(),
                threads: 1,
                has_checksum: false,
            });
        }
        setups
    }

    fn threads_of(&self, method: IoMethod) -> Vec<usize> {
        if !method.takes_threads() {
            return vec![1];
        }
        if !self.threads.is_empty() {
            return self.threads.clone();
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut threads = vec![1, cores];
        threads.dedup();
        threads
    }

    fn buffers_of(&self, method: IoMethod, threads: usize) -> Vec<Option<usize>> {
        if method.takes_buffer() && !self.buffers_bytes.is_empty() {
            return self.buffers_bytes.iter().copied().map(Some).collect();
        }
        if threads > 1 {
            // What several threads do to each other, one size shows.
            return vec![method.usual_buffer_bytes()];
        }
        method.buffers_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_row_and_an_option_changes_its_own_methods_alone() {
        let all = SetupSelection::default().setups();
        for method in IoMethod::ALL {
            assert!(all.iter().any(|setup| setup.method == method), "{method}");
        }
        let selection = SetupSelection {
            methods: vec![IoMethod::Read, IoMethod::Mmap, IoMethod::Random],
            buffers_bytes: vec![1 << 16, 1 << 20],
            threads: vec![1, 3],
        };
        let names: Vec<String> = selection.setups().iter().map(Setup::to_string).collect();
        let expected = [
            "mmap 64K",
            "mmap 1M",
            "mmap 64K, 3 threads",
            "mmap 1M, 3 threads",
            "mmap 16M, no checksum",
            "read 64K",
            "read 1M",
            "read 64K, 3 threads",
            "read 1M, 3 threads",
            "read 1M, no checksum",
            "random 4K",
        ];
        assert_eq!(names, expected);
    }
}

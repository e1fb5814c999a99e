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
    /// The size of a read in bytes; `None`: the method has none.
    pub buffer_bytes: Option<usize>,
    /// How many threads read and compute.
    pub threads: usize,
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.method)?;
        if let Some(bytes) = self.buffer_bytes {
            write!(f, " {}", file_size_name(bytes as u64))?;
        }
        match self.threads {
            1 => Ok(()),
            threads => write!(f, ", {threads} threads"),
        }
    }
}

/// What a user asks for; an empty list stands for the default.
#[derive(Clone, Debug, Default)]
pub struct SetupSelection {
    /// The methods; all if empty.
    pub methods: Vec<IoMethod>,
    /// The sizes of reads in bytes; those of each method if empty.
    pub buffers_bytes: Vec<usize>,
    /// The numbers of threads; one, and as many as there are cores if empty.
    pub threads: Vec<usize>,
}

impl SetupSelection {
    /// The rows, in the order of reports.
    pub fn setups(&self) -> Vec<Setup> {
        let methods = IoMethod::ALL.into_iter();
        let is_asked = |method: &IoMethod| self.methods.is_empty() || self.methods.contains(method);
        let mut setups = Vec::new();
        for method in methods.filter(is_asked) {
            for threads in self.threads_of(method) {
                setups.extend(self.buffers_of(method, threads).into_iter().map(|buffer_bytes| {
                    Setup {
                        method,
                        buffer_bytes,
                        threads,
                    }
                }));
            }
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
        let own = method.buffers_bytes();
        let buffers: Vec<usize> = match method.shared_buffer_bytes() {
            _ if method.takes_buffer() && !self.buffers_bytes.is_empty() => {
                self.buffers_bytes.clone()
            }
            // What several threads do to each other, one size shows.
            Some(shared) if threads > 1 => vec![shared],
            _ => own.to_vec(),
        };
        if buffers.is_empty() {
            return vec![None];
        }
        buffers.into_iter().map(Some).collect()
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
            "mmap",
            "mmap, 3 threads",
            "read 64K",
            "read 1M",
            "read 64K, 3 threads",
            "read 1M, 3 threads",
            "random 4K",
        ];
        assert_eq!(names, expected);
    }
}

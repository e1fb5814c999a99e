//! The CPUs of a run, from what a user selects.

use crate::matrix::{Cpu, Matrix, MatrixError};
use crate::workers::Workers;

/// What a user selects. An empty list selects nothing by itself.
#[derive(Clone, Debug, Default)]
pub struct CpuSelection<'a> {
    /// CPUs by name; every CPU of the architectures if there are none.
    pub names: &'a [String],
    /// Architectures; those of the workers if there are none.
    pub archs: &'a [String],
    /// The CPUs without which the run fails. An empty list means all that are selected.
    pub required: Option<&'a [String]>,
}

/// Why nothing is selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// The matrix does not have the CPU.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The matrix has no CPU of the architecture.
    #[error("the matrix has no CPU of the architecture `{0}`")]
    Arch(String),
    /// The CPU is of an architecture that is not selected.
    #[error("{cpu} is a CPU of {arch}, but the worker is for {given}")]
    OtherWorker {
        /// The CPU.
        cpu: String,
        /// Its architecture.
        arch: String,
        /// The architectures of the workers.
        given: String,
    },
}

impl CpuSelection<'_> {
    /// The selected CPUs, in the order of the matrix.
    ///
    /// # Errors
    /// If a name or an architecture selects no CPU.
    pub fn select<'m>(
        &self,
        matrix: &'m Matrix,
        workers: &Workers,
    ) -> Result<Vec<&'m Cpu>, SelectionError> {
        let required = self.required.unwrap_or_default();
        for name in required.iter().chain(self.names) {
            matrix.named(name)?;
        }
        for arch in self.archs {
            if !matrix.cpus().iter().any(|cpu| cpu.arch == *arch) {
                return Err(SelectionError::Arch(arch.clone()));
            }
        }
        let is_named = |cpu: &Cpu| self.names.is_empty() || self.names.contains(&cpu.name);
        let is_of_arch = |cpu: &Cpu| {
            if self.archs.is_empty() {
                workers.by_arch().contains_key(&cpu.arch)
            } else {
                self.archs.contains(&cpu.arch)
            }
        };
        let is_selected =
            |cpu: &Cpu| required.contains(&cpu.name) || (is_named(cpu) && is_of_arch(cpu));
        for name in self.names {
            let cpu = matrix.named(name)?;
            if !is_selected(cpu) {
                let given: Vec<&str> = workers.by_arch().keys().map(String::as_str).collect();
                return Err(SelectionError::OtherWorker {
                    cpu: cpu.name.clone(),
                    arch: cpu.arch.clone(),
                    given: given.join(", "),
                });
            }
        }
        let cpus = matrix.cpus().iter();
        Ok(cpus.filter(|cpu| is_selected(cpu)).collect())
    }

    /// Whether the run fails without this CPU.
    pub fn is_required(&self, cpu: &str) -> bool {
        let required = self.required;
        required.is_some_and(|names| names.is_empty() || names.iter().any(|name| name == cpu))
    }
}

//! Planted faults: faulty CRC-32 kernels, and good ones. The harness is judged by them.
//!
//! [`faults`] is the one list of faults and [`good_kernels`] the one list of good kernels. A fault
//! is a mechanism that somebody reported of a real kernel, or one of the article that this project
//! starts from, or one that a check needs. Its row names the check that must catch it. Apart from
//! its fault each kernel is right. All of them claim to compute CRC-32/ISO-HDLC.
//! [`reader_faults`] is the list of faulty readers and writers of right kernels.

mod caught;
mod checked_io;
mod crc32;
mod draw;
mod drawn;
mod environment;
mod fixed;
mod good;
mod interpreted_fault;
mod kept_library;
mod library;
mod need;
mod parts;
mod planter;
mod reader_fault;
mod resolve;
mod right_diagnosis;
pub mod selftest;
#[cfg(test)]
mod sentences;
mod spec;
mod test_kernel;

pub use caught::{Caught, catch};
pub use environment::{EnvironmentError, resolve_env, resolve_from};
pub use good::{GoodSpec, good_kernels};
pub use planter::Planter;
pub use reader_fault::{ReaderFault, reader_faults};
pub use resolve::{ResolveError, add_seed, interpreted_fault, resolve, resolve_with};
pub use right_diagnosis::Judgement;
pub use spec::{FaultSpec, Necessity};

/// Every planted fault: those with fixed parameters, those whose parameters come from a seed, and
/// those in C.
pub fn faults() -> impl Iterator<Item = &'static FaultSpec> {
    let themes = fixed::THEMES.iter().chain(drawn::THEMES).copied();
    themes.flatten().chain(library::FAULTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// `--fault NAME` takes either.
    #[test]
    fn no_two_faults_or_good_kernels_have_one_name() {
        let names = || {
            let good = good_kernels().map(|good| good.name);
            let of_readers = reader_faults().iter().map(|fault| fault.name);
            let of_kernels = faults().map(|fault| fault.name);
            of_kernels.chain(of_readers).chain(good)
        };
        assert_eq!(names().collect::<BTreeSet<_>>().len(), names().count());
    }

    /// Those whose interface or build is awkward are the ones that checks are prone to accuse.
    #[test]
    fn many_good_kernels_are_awkward() {
        let in_library = good_kernels().filter(|good| good.is_in_library());
        assert_eq!(in_library.count(), 1 + 32);
        for level in ["O0", "O1", "O2", "O3"] {
            for narrow in ["crc8-gcc", "crc16-gcc", "crc8-clang", "crc16-clang"] {
                let name = format!("{narrow}-{level}");
                assert!(good_kernels().any(|good| good.name == name), "{name}");
            }
        }
    }
}

//! The checksums of many files, several at once. Most of the time of a small file is the system's,
//! to open it and to look at it, and that grows with the number of processors.

use crate::sum::{Sum, SumError, SumOptions, Summer};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, available_parallelism};

/// How many names a thread takes at once.
const BATCH: usize = 16;

/// The sums of a batch, behind the index of its first name.
type Batch = (usize, Vec<Result<Sum, SumError>>);

/// Sums the files of these names, and gives each result to `take` in the order of the names, with
/// the index of its name, until `take` returns `false`. Returns whether it took all of them.
///
/// As many files are read at once as `options.threads` says, or as there are processors; each by
/// one thread.
pub fn sum_many<P: AsRef<Path> + Sync>(
    paths: &[P],
    options: &SumOptions<'_>,
    take: &mut dyn FnMut(usize, Result<Sum, SumError>) -> bool,
) -> bool {
    let wanted = options
        .threads
        .or_else(|| available_parallelism().ok().map(usize::from));
    let threads = wanted.unwrap_or(1).min(paths.len().div_ceil(BATCH));
    let options = SumOptions {
        threads: Some(1),
        ..*options
    };
    if threads <= 1 {
        let mut summer = Summer::new(options);
        let mut sums = paths.iter().map(|path| summer.sum_path(path.as_ref()));
        return sums
            .by_ref()
            .enumerate()
            .all(|(index, sum)| take(index, sum));
    }
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = |sender: Sender<Batch>| {
        let mut summer = Summer::new(options);
        while !is_over.load(Ordering::Relaxed) {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(names) = paths.get(first..(first + BATCH).min(paths.len())) else {
                return;
            };
            let sums = names.iter().map(|path| summer.sum_path(path.as_ref()));
            if names.is_empty() || sender.send((first, sums.collect())).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let is_all = in_order(receiver.iter(), take);
        is_over.store(true, Ordering::Relaxed);
        is_all
    })
}

/// Gives the sums of `batches`, which come in any order, to `take` in order.
fn in_order(
    batches: impl Iterator<Item = Batch>,
    take: &mut dyn FnMut(usize, Result<Sum, SumError>) -> bool,
) -> bool {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (first, sums) in batches {
        waiting.insert(first, sums);
        while let Some(sums) = waiting.remove(&next) {
            for sum in sums {
                if !take(next, sum) {
                    return false;
                }
                next += 1;
            }
        }
    }
    true
}

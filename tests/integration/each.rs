//! Runs something for each of many, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `f` gives for each of `items`, in their order.
///
/// The analysis has worker threads of its own. Were it called from those of rayon, these would
/// begin with the next item while they wait for it, and the next, until their stack is full.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else {
                        return;
                    };
                    let result = f(item);
                    found
                        .lock()
                        .expect("no thread panics in between")
                        .push((at, result));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no thread panics in between");
    found.sort_by_key(|&(at, _)| at);
    found.into_iter().map(|(_, result)| result).collect()
}

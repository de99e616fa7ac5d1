//! A sign of life on long runs.

use std::io::{IsTerminal as _, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A spinner on standard error from the second second on, gone when dropped.
pub(super) struct Spinner {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Spinner {
    /// Starts waiting if it is wanted and standard error is a terminal.
    pub(super) fn start(is_wanted: bool) -> Self {
        if !is_wanted || !stderr().is_terminal() {
            return Self { running: None };
        }
        let (done, waiting) = channel();
        let thread = std::thread::Builder::new().spawn(move || {
            if waiting.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} analysing, {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            // Ends when the sender is dropped.
            let _ = waiting.recv();
            bar.finish_and_clear();
        });
        Self {
            running: thread.ok().map(|thread| (done, thread)),
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.running.take() {
            drop(done);
            let _ = thread.join();
        }
    }
}

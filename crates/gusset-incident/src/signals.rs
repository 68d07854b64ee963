//! Signals, on a thread: a signal handler itself does nothing but wake it.

use std::io;
use std::thread;

use signal_hook::consts::{SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::{Incidents, Trigger};

/// What happens after the report of a SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterTerminate {
    /// The process goes on: something else handles the signal too, such as the graceful shutdown of gusset-health.
    GoOn,
    /// The process ends, as it does without a handler.
    Exit,
}

// === impl Incidents ===

impl Incidents {
    /// Makes a report at each SIGQUIT (`kill -QUIT`, Ctrl-\ in a terminal), and the process goes on.
    ///
    /// # Errors
    /// If the system has no thread, or no handler.
    pub fn capture_on_sigquit(&self) -> io::Result<()> {
        self.on_signal(SIGQUIT, |incidents| {
            let _ = incidents.capture(Trigger::Quit, "the process received SIGQUIT");
        })
    }

    /// Makes a report at SIGTERM, and flushes telemetry, within the [`budget`](crate::IncidentsBuilder::budget).
    ///
    /// Every deployment sends it, so it is for services in which the end itself is the trouble.
    ///
    /// # Errors
    /// If the system has no thread, or no handler.
    pub fn capture_on_sigterm(&self, then: AfterTerminate) -> io::Result<()> {
        self.on_signal(SIGTERM, move |incidents| {
            let detail = "the process received SIGTERM";
            match then {
                // What ends the process flushes.
                AfterTerminate::GoOn => {
                    let _ = incidents.capture(Trigger::Terminate, detail);
                }
                AfterTerminate::Exit => {
                    let _ = incidents.capture_and_flush(Trigger::Terminate, detail);
                    let _ = emulate_default_handler(SIGTERM);
                }
            }
        })
    }

    fn on_signal(&self, signal: i32, react: impl Fn(&Self) + Send + 'static) -> io::Result<()> {
        let mut signals = Signals::new([signal])?;
        let incidents = self.clone();
        // It waits until the end of the process, as the handler does.
        let wait = move || signals.forever().for_each(|_| react(&incidents));
        thread::Builder::new()
            .name("gusset-incident-signal".to_owned())
            .spawn(wait)?;
        Ok(())
    }
}

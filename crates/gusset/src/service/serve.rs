//! The run of a server, and the end of the process.

use std::future::{Future, IntoFuture};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::instrument::WithSubscriber as _;

use super::{Error, Gusset, ServerOutput};
use crate::ShutdownReport;

/// The least time that telemetry gets at the end, whatever the functions took that flush before it.
const MIN_TELEMETRY_DEADLINE: Duration = Duration::from_millis(200);

// === impl Gusset ===

impl Gusset {
    /// Runs a server until it has stopped, and then ends everything.
    ///
    /// 1. Marks the start as complete, so that the service becomes ready.
    /// 2. Runs the server. SIGTERM or Ctrl-C makes `/readyz` fail; after the drain delay, the
    ///    [`shutdown_signal`](Self::shutdown_signal) completes and the server closes its listener.
    /// 3. Waits for the calls in flight, at most until the deadline.
    /// 4. Flushes, within the [`flush_deadline`](crate::GussetBuilder::flush_deadline): functions of the
    ///    health builder, then telemetry. Then the management server closes.
    ///
    /// `server` is a future or can become one: `axum::serve(..).with_graceful_shutdown(..)`, tonic's
    /// `serve_with_shutdown(..)`, a loop of yours over a listener, or `tokio::join!` of several in an
    /// `async` block. A server without the signal is stopped at the deadline.
    ///
    /// The result can be that of `main`: the exit code is 0 after a clean end, and otherwise 1. Telemetry
    /// that could not be exported is logged, and does not count: an outage of a collector must not make
    /// each deployment fail.
    ///
    /// In editions 2021 and 2024:
    ///
    /// ```edition2021
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder().health(|health| health.handle_signals(false)).build()?;
    /// # gusset.health().lifecycle().begin_shutdown();
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let app = axum::Router::new().layer(gusset.http());
    /// gusset
    ///     .serve(axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal()))
    ///     .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server failed, calls were still in flight at the deadline, or a function that flushes
    /// panicked or was not complete in time. Everything is flushed and closed in each case.
    pub async fn serve<S>(&self, server: S) -> Result<(), Error>
    where
        S: IntoFuture,
        S::Output: ServerOutput,
    {
        let run = self.run(server.into_future());
        let result = match &self.0.dispatch {
            Some(dispatch) => run.with_subscriber(dispatch.clone()).await,
            None => run.await,
        };
        let now = self.0.clock.now();
        let started = self.0.flush_started.get();
        let spent = started.map_or(Duration::ZERO, |started| {
            now.saturating_duration_since(*started)
        });
        let deadline = self.0.flush_deadline.saturating_sub(spent);
        let _ = self
            .shutdown_async(deadline.max(MIN_TELEMETRY_DEADLINE))
            .await;
        result
    }

    async fn run<F>(&self, server: F) -> Result<(), Error>
    where
        F: Future,
        F::Output: ServerOutput,
    {
        self.0.health.lifecycle().mark_started();
        let Some(runtime) = &self.0.runtime else {
            return server_result(server.await);
        };
        let report = runtime.serve(server).await;
        let (is_flushed, unfinished) = (report.is_flushed(), report.unfinished_requests().to_vec());
        if let Some(output) = report.into_server_output() {
            server_result(output)?;
        }
        if !unfinished.is_empty() {
            return Err(Error::unfinished(unfinished));
        }
        match is_flushed {
            true => Ok(()),
            false => Err(Error::not_flushed()),
        }
    }

    /// Exports what is queued and writes the log. Returns whether both were complete before the
    /// deadline.
    ///
    /// For a process that is frozen between two calls (AWS Lambda), and for jobs. Blocks this thread, at
    /// most until the deadline; [`flush_async`](Self::flush_async) does not.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// fn main() -> Result<(), gusset::Error> {
    ///     // A job that ends by itself needs no probes and no runtime.
    ///     let gusset = gusset::builder().without_health().without_management().init()?;
    ///     tracing::info!("done");
    ///     assert!(gusset.flush(Duration::from_secs(5)));
    ///     Ok(())
    /// }
    /// ```
    pub fn flush(&self, deadline: Duration) -> bool {
        self.0.telemetry.flush(deadline)
    }

    /// Flushes as [`flush`](Self::flush), without blocking the thread. If the future is dropped, the
    /// flush goes on.
    pub async fn flush_async(&self, deadline: Duration) -> bool {
        let gusset = self.clone();
        on_thread(move || gusset.flush(deadline)).await == Some(true)
    }

    /// Ends telemetry by the deadline and closes the management server. Returns `None` if it has ended.
    ///
    /// For a process without [`serve`](Self::serve), which does this. Blocks this thread, at most until the
    /// deadline; [`shutdown_async`](Self::shutdown_async) does not. What is logged later may be lost.
    pub fn shutdown(&self, deadline: Duration) -> Option<ShutdownReport> {
        // Its thread ends by itself after a reading in progress.
        #[cfg(feature = "history")]
        drop(
            self.0
                .history
                .as_ref()
                .map(|parts| lock(&parts.sampler).take()),
        );
        let report = self.0.telemetry.shutdown_once(deadline);
        #[cfg(all(unix, feature = "incident"))]
        if let Some(incidents) = self.0.incidents.get() {
            incidents.end_cleanly();
        }
        // Dropped rather than awaited: nothing is left that a client of it could wait for.
        drop(lock(&self.0.management).take());
        report
    }

    /// Shuts down as [`shutdown`](Self::shutdown), without blocking the thread. If the future is dropped,
    /// the shutdown goes on.
    pub async fn shutdown_async(&self, deadline: Duration) -> Option<ShutdownReport> {
        let gusset = self.clone();
        match on_thread(move || gusset.shutdown(deadline)).await {
            Some(report) => report,
            None => self.shutdown(deadline),
        }
    }
}

/// Logs the error of a server, and returns it.
fn server_result(output: impl ServerOutput) -> Result<(), Error> {
    output.into_result().map_err(|error| {
        tracing::error!(target: "gusset", error = &*error as &dyn std::error::Error, "the server failed");
        Error::server(error)
    })
}

/// Calls a function on a thread of its own. Returns `None` if the system has no thread, or it panicked.
async fn on_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        // An error means that the future was dropped.
        let _ = sender.send(f());
    };
    thread::Builder::new()
        .name("gusset-flush".to_owned())
        .spawn(run)
        .ok()?;
    receiver.await.ok()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The history of a service's metrics.

use gusset_history::{History, HistoryBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures the history: its memory, how long readings are kept, and their interval.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .history(|history| history.interval(Duration::from_secs(5)).memory_limit(8 << 20))
    ///     .without_health()
    ///     .without_management()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(
        mut self,
        configure: impl FnOnce(HistoryBuilder) -> HistoryBuilder + 'static,
    ) -> Self {
        self.parts.history = Some(Box::new(configure));
        self
    }

    /// Leaves the history out, and everything that reads it.
    pub fn without_history(mut self) -> Self {
        self.parts.history = None;
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns the last hour of every series, or `None` without it or without metrics of gusset's registry.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset::history::{Selector, Window};
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let requests = Selector::new("http.server.request.duration").label("http.route", "/orders");
    /// if let Some(history) = gusset.history() {
    ///     let now = gusset::Clock::system().now();
    ///     let last_minute = history.select(&requests, Window::new(now, Duration::from_secs(60)));
    ///     let p99 = last_minute.and_then(|requests| requests.quantile(0.99));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self) -> Option<&History> {
        self.0.history.as_ref().map(|parts| &parts.history)
    }
}

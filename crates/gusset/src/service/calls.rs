//! What the calls of servers do with their time.

use gusset_system::{CallMonitor, CallMonitorBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures the observer of what the calls of servers do with their time: from which length a poll is reported.
    ///
    /// It divides the time of each route into polled, scheduled and waiting, names the routes that block a thread of the
    /// runtime, and shows the oldest call in flight ([`CallMonitor`]). Its metrics are beside the readings of the system,
    /// and the diagnosis reads it. Without these readings it is left out.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .calls(|calls| calls.long_poll(Duration::from_millis(20)))
    ///     .without_health()
    ///     .without_management()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn calls(
        mut self,
        configure: impl FnOnce(CallMonitorBuilder) -> CallMonitorBuilder + 'static,
    ) -> Self {
        self.parts.calls = Some(Box::new(configure));
        self
    }

    /// Leaves out the observer of what calls do with their time.
    pub fn without_calls(mut self) -> Self {
        self.parts.calls = None;
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns what the calls of servers do: of each route, the oldest call in flight and the longest poll in progress.
    /// `None` if it is left out.
    ///
    /// It can be read while all threads of the runtime are stuck.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// for route in gusset.calls().into_iter().flat_map(|calls| calls.in_flight()) {
    ///     println!("{}: {} calls, the oldest for {:?}", route.route, route.calls, route.oldest);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn calls(&self) -> Option<&CallMonitor> {
        self.0.calls.as_deref()
    }
}

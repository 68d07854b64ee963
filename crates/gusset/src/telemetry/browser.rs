//! What the users of a website wait for.

use gusset_browser::{BrowserMonitor, BrowserMonitorBuilder};
use gusset_data::SharedStr;

use super::Telemetry;

// === impl Telemetry ===

impl Telemetry {
    /// Configures what browsers report of these pages, with the metrics and the spans of this process.
    ///
    /// A page's load joins the trace of its request if the response has it: add
    /// [`ServerTimingLayer`](gusset_trace::ServerTimingLayer) inside of the observers.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// # let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// let browser = telemetry.browser_monitor(["/", "/orders/{id}"]).sampling_ratio(0.1).build()?;
    /// let script = browser.script_element("/browser.js", "/orders/{id}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn browser_monitor<I>(&self, pages: I) -> BrowserMonitorBuilder
    where
        I: IntoIterator<Item: Into<SharedStr>>,
    {
        let builder = BrowserMonitor::builder(pages).recorder(self.recorder());
        match self.signals.traces {
            true => builder.spans(self.spans.clone()),
            false => builder,
        }
    }
}

//! What the users of a website wait for.

use gusset_browser::BrowserMonitorBuilder;
use gusset_data::SharedStr;

use super::Gusset;

// === impl Gusset ===

impl Gusset {
    /// Configures what browsers report of these pages. See
    /// [`Telemetry::browser_monitor`](crate::Telemetry::browser_monitor).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let browser = gusset.browser_monitor(["/"]).build()?;
    /// # let router: axum::Router =
    /// axum::Router::new().route_service("/browser.js", browser.service());
    /// # Ok(())
    /// # }
    /// ```
    pub fn browser_monitor<I>(&self, pages: I) -> BrowserMonitorBuilder
    where
        I: IntoIterator<Item: Into<SharedStr>>,
    {
        self.telemetry().browser_monitor(pages)
    }
}

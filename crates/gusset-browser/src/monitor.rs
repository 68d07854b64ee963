//! The pages of a service, and their metrics.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use gusset_core::{Clock, RateLimiter};
use gusset_data::{SharedRecorder, SpanSink};
use metrics::Counter;

use crate::beacon::Beacon;
use crate::page::Page;
use crate::{BeaconOutcome, script, span};

/// The W3C trace flag of sampled spans.
const SAMPLED: u8 = 1;

/// The pages of a website, and what browsers report of them. A clone is the same.
///
/// [`service`](Self::service) is mounted on the router of the pages, and serves the script by `GET` and takes its beacons
/// by `POST` at one path. [`script_element`](Self::script_element) is what a page has to load it.
///
/// ```
/// use gusset_browser::BrowserMonitor;
///
/// # fn main() -> Result<(), gusset_browser::ConfigError> {
/// let browser = BrowserMonitor::builder(["/", "/orders/{id}"]).build()?;
/// assert_eq!(
///     browser.script_element("/browser.js", "/orders/{id}").as_deref(),
///     Some(r#"<script defer src="/browser.js" data-page="/orders/{id}"></script>"#),
/// );
/// assert_eq!(browser.script_element("/browser.js", "/unknown"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BrowserMonitor(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) script: Bytes,
    pub(crate) ratio: f64,
    pub(crate) pages: Box<[Page]>,
    pub(crate) limiter: RateLimiter,
    pub(crate) recorder: SharedRecorder,
    pub(crate) outcomes: [Counter; BeaconOutcome::ALL.len()],
    pub(crate) spans: Option<Box<dyn SpanSink>>,
    pub(crate) clock: Clock,
}

// === impl BrowserMonitor ===

impl BrowserMonitor {
    /// The longest beacon in bytes. The script's own has some 300.
    pub const MAX_BEACON_BYTES: usize = 2048;

    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Returns the HTML element that loads the script from `src` for a page, or `None` if the page is not registered.
    pub fn script_element(&self, src: &str, page: &str) -> Option<String> {
        let page = self.page(page)?;
        Some(script::element(src, &page.name))
    }

    /// Returns the names of the pages.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_browser::ConfigError> {
    /// let browser = gusset_browser::BrowserMonitor::builder(["/"]).build()?;
    /// assert!(browser.pages().eq(["/"]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(&self) -> impl Iterator<Item = &str> {
        self.0.pages.iter().map(|page| &*page.name)
    }

    pub(crate) fn script(&self) -> Bytes {
        self.0.script.clone()
    }

    /// Returns whether a beacon may be read, which is counted.
    pub(crate) fn try_acquire(&self) -> bool {
        self.0.limiter.try_acquire(self.0.clock.now())
    }

    pub(crate) fn count(&self, outcome: BeaconOutcome) {
        self.0.outcomes[outcome as usize].increment(1);
    }

    /// Records a beacon that was read to its end, and returns its outcome.
    pub(crate) fn record(&self, bytes: &[u8]) -> BeaconOutcome {
        let Some(beacon) = Beacon::parse(bytes) else {
            return BeaconOutcome::Malformed;
        };
        let Some(page) = self.page(&beacon.page) else {
            return BeaconOutcome::UnknownPage;
        };
        // A script in the cache of a browser may have an older ratio.
        if beacon.ratio > self.0.ratio && fastrand::f64() * beacon.ratio >= self.0.ratio {
            return BeaconOutcome::SampledOut;
        }
        page.record(&self.0.recorder, &beacon);
        self.export(page, &beacon);
        BeaconOutcome::Accepted
    }

    fn export(&self, page: &Page, beacon: &Beacon<'_>) {
        let Some((spans, server)) = self.0.spans.as_ref().zip(beacon.span) else {
            return;
        };
        // The decision is that of the request.
        if server.flags & SAMPLED == 0 && !spans.takes_unsampled() {
            return;
        }
        match spans.has_capacity() {
            true => spans.export(span::of_page(page, beacon, server, SystemTime::now())),
            false => spans.count_dropped(),
        }
    }

    /// Returns a registered page. There are few, so a list is searched.
    fn page(&self, name: &str) -> Option<&Page> {
        self.0.pages.iter().find(|page| *page.name == *name)
    }
}

impl fmt::Debug for BrowserMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserMonitor")
            .field("pages", &self.pages().collect::<Vec<_>>())
            .field("ratio", &self.0.ratio)
            .finish_non_exhaustive()
    }
}

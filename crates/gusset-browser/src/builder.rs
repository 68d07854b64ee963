//! The settings of a monitor.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use gusset_core::{Clock, ConfigError, RateLimiter};
use gusset_data::{ContainedSink, SharedRecorder, SharedStr, SpanSink, contain_recorder};
use metrics::Label;

use crate::monitor::Shared;
use crate::page::Page;
use crate::{BeaconOutcome, BrowserMonitor, TARGET, names, script};

const MAX_PAGES: usize = 256;
const MAX_PAGE_BYTES: usize = 200;
const DEFAULT_BEACONS_PER_SECOND: u32 = 100;

/// Configures a [`BrowserMonitor`]. Created by [`BrowserMonitor::builder`].
#[must_use = "does nothing until `build` is called"]
pub struct BrowserMonitorBuilder {
    pages: Vec<SharedStr>,
    ratio: f64,
    beacons_per_second: u32,
    recorder: Option<SharedRecorder>,
    spans: Option<Box<dyn SpanSink>>,
    clock: Clock,
}

// === impl BrowserMonitor ===

impl BrowserMonitor {
    /// Returns a builder for these pages: route templates, or other names that the service gives. They are labels.
    pub fn builder<I>(pages: I) -> BrowserMonitorBuilder
    where
        I: IntoIterator<Item: Into<SharedStr>>,
    {
        BrowserMonitorBuilder {
            pages: pages.into_iter().map(Into::into).collect(),
            ratio: 1.0,
            beacons_per_second: DEFAULT_BEACONS_PER_SECOND,
            recorder: None,
            spans: None,
            clock: Clock::system(),
        }
    }
}

// === impl BrowserMonitorBuilder ===

impl BrowserMonitorBuilder {
    /// Sets the part of page views that is reported, from 0 to 1, to a millionth. Defaults to all.
    ///
    /// The script decides, so the others send nothing. Distributions stay as they are; counts are smaller by this part.
    ///
    /// ```
    /// use gusset_browser::BrowserMonitor;
    ///
    /// let browser = BrowserMonitor::builder(["/"]).sampling_ratio(0.1).build();
    /// assert!(browser.is_ok());
    /// let error = BrowserMonitor::builder(["/"]).sampling_ratio(10.0).build().unwrap_err();
    /// assert_eq!(error.to_string(), "`sampling_ratio`: not from 0 to 1");
    /// ```
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// Sets how many beacons are read in a second. Defaults to 100. Further ones are counted and not read.
    ///
    /// The limit is one for all clients, because a limit for each would need to tell them apart.
    pub fn max_beacons_per_second(mut self, beacons: u32) -> Self {
        self.beacons_per_second = beacons;
        self
    }

    /// Sets the recorder of metrics. Without one, none are recorded.
    ///
    /// ```
    /// use gusset_browser::BrowserMonitor;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_browser::ConfigError> {
    /// let recorder = Arc::new(metrics::NoopRecorder);
    /// let browser = BrowserMonitor::builder(["/"]).recorder(recorder).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Exports a span for each page load whose response had its own span in `Server-Timing`, in the same trace.
    pub fn spans(mut self, sink: impl SpanSink) -> Self {
        self.spans = Some(Box::new(ContainedSink::new(sink, report)));
        self
    }

    /// Sets the clock of the rate limit. Defaults to the monotonic clock of the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the monitor.
    ///
    /// # Errors
    /// If there are no pages or more than 256, a page is empty, longer than 200 bytes, has a control character or occurs
    /// twice, the ratio is not from 0 to 1, or no beacon is allowed.
    pub fn build(self) -> Result<BrowserMonitor, ConfigError> {
        check_pages(&self.pages)?;
        if !(0.0..=1.0).contains(&self.ratio) {
            return Err(ConfigError::new("sampling_ratio", "not from 0 to 1"));
        }
        let Some(beacons) = NonZeroU32::new(self.beacons_per_second) else {
            return Err(ConfigError::new("max_beacons_per_second", "zero"));
        };
        let recorder = self
            .recorder
            .unwrap_or_else(|| Arc::new(metrics::NoopRecorder));
        // It is the user's code, and runs in a request.
        let recorder = contain_recorder(recorder);
        for metric in names::ALL {
            metric.describe(&*recorder);
        }
        // A short number, as the script writes it into its beacons.
        let ratio = (self.ratio * 1e6).round() / 1e6;
        Ok(BrowserMonitor::new(Shared {
            script: script::with_ratio(ratio),
            ratio,
            pages: self.pages.into_iter().map(Page::new).collect(),
            limiter: RateLimiter::per_second(beacons),
            outcomes: BeaconOutcome::ALL.map(|outcome| {
                let label = Label::from_static_parts(names::BEACON_OUTCOME, outcome.as_str());
                names::BEACONS.counter(&recorder, vec![label])
            }),
            recorder,
            spans: self.spans,
            clock: self.clock,
        }))
    }
}

fn check_pages(pages: &[SharedStr]) -> Result<(), ConfigError> {
    let error = |problem: &str| Err(ConfigError::new("pages", problem));
    if pages.is_empty() {
        return error("none");
    }
    if pages.len() > MAX_PAGES {
        return error("more than 256");
    }
    for (at, page) in pages.iter().enumerate() {
        let has_length = (1..=MAX_PAGE_BYTES).contains(&page.len());
        if !has_length || page.contains(char::is_control) {
            return error("one is not of 1 to 200 bytes without control characters");
        }
        if pages[..at].contains(page) {
            return error("one occurs twice");
        }
    }
    Ok(())
}

#[cold]
fn report() {
    tracing::error!(target: TARGET, "the sink of spans panicked, spans are lost");
}

impl fmt::Debug for BrowserMonitorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserMonitorBuilder")
            .field("pages", &self.pages)
            .field("ratio", &self.ratio)
            .finish_non_exhaustive()
    }
}

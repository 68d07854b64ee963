//! The settings of the usage.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::{Clock, ConfigError};
use gusset_data::{SharedRecorder, contain_recorder};
use gusset_http::RequestAttributes;

use crate::Usage;
use crate::bots::{BOTS, Bots};
use crate::calls::Calls;
use crate::shared::Shared;
use crate::sign_ins::SignIns;
use crate::time::Ticks;
use crate::visitors::{VisitorKey, Visitors};

/// Configures a [`Usage`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct UsageBuilder {
    visitor_key: VisitorKey,
    bots: Vec<Box<str>>,
    max_pages: usize,
    recorder: Option<SharedRecorder>,
    clock: Clock,
}

const DEFAULT_MAX_PAGES: usize = 200;
const MAX_PAGES: usize = 1000;

// === impl Usage ===

impl Usage {
    /// Returns a builder.
    pub fn builder() -> UsageBuilder {
        UsageBuilder::default()
    }
}

// === impl UsageBuilder ===

impl UsageBuilder {
    /// Sets by what a visitor is recognised: a function from the request to bytes, for example a cookie or the id of an
    /// account. A call for which it returns `None` has no visitor.
    ///
    /// Defaults to the address of the client
    /// ([`RequestAttributes::client_address`](gusset_http::RequestAttributes::client_address)), of IPv6 its first 64 bits.
    /// People behind one address are then one visitor.
    ///
    /// The bytes are hashed with a secret and are not kept. The function is called for each call that is not of a bot, so it
    /// should be fast. If it panics, the result is `None` ([`visitor_key_panics`](crate::visitor_key_panics)).
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use gusset_usage::Usage;
    ///
    /// # fn main() -> Result<(), gusset_usage::ConfigError> {
    /// let usage = Usage::builder()
    ///     .visitor_key(|req| {
    ///         let device = req.head().headers.get("x-device-id")?;
    ///         Some(Cow::Borrowed(device.as_bytes()))
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn visitor_key<F>(mut self, key: F) -> Self
    where
        F: for<'a> Fn(RequestAttributes<'a>) -> Option<Cow<'a, [u8]>> + Send + Sync + 'static,
    {
        self.visitor_key = VisitorKey::Function(Arc::new(key));
        self
    }

    /// Adds a rule: a client is a bot if its `User-Agent` contains this text, without regard to case. The rules of
    /// [`BOTS`] are there by default, and a client without a `User-Agent` is always a bot.
    ///
    /// ```
    /// use gusset_usage::Usage;
    ///
    /// # fn main() -> Result<(), gusset_usage::ConfigError> {
    /// let usage = Usage::builder().bot("acme-monitor").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn bot(mut self, user_agent_part: impl Into<Box<str>>) -> Self {
        self.bots.push(user_agent_part.into());
        self
    }

    /// Leaves out the rules of [`BOTS`].
    pub fn without_default_bots(mut self) -> Self {
        self.bots.retain(|rule| !BOTS.contains(&&**rule));
        self
    }

    /// Sets how many pages are distinguished, from 1 to 1,000; calls of others are those of `_OTHER`. Defaults to 200.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// Sets the recorder that counts sign-ins. By default they are in no metric. The other metrics are made when they are
    /// read: [`Usage`] is their [`MetricProducer`](gusset_data::MetricProducer).
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets the clock, for tests. The driver of the calls needs the same one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the usage.
    ///
    /// # Errors
    /// If a rule of bots is empty, or the number of pages is out of range.
    ///
    /// ```
    /// use gusset_usage::Usage;
    ///
    /// let error = Usage::builder().max_pages(0).build().unwrap_err();
    /// assert_eq!(error.to_string(), "`max_pages`: not from 1 to 1000");
    /// ```
    pub fn build(self) -> Result<Usage, ConfigError> {
        if !(1..=MAX_PAGES).contains(&self.max_pages) {
            let problem = format_args!("not from 1 to {MAX_PAGES}");
            return Err(ConfigError::new("max_pages", problem));
        }
        let ticks = Ticks::new(self.clock);
        let recorder = self.recorder.map(contain_recorder);
        Ok(Usage {
            sign_ins: SignIns::new(ticks.clone(), recorder.as_ref()),
            shared: Arc::new(Shared {
                ticks,
                bots: Bots::new(self.bots)?,
                calls: Calls::new(self.max_pages),
                visitors: Visitors::new(self.visitor_key),
                started: SystemTime::now(),
            }),
        })
    }
}

impl Default for UsageBuilder {
    fn default() -> Self {
        Self {
            visitor_key: VisitorKey::Address,
            bots: BOTS.iter().map(|rule| (*rule).into()).collect(),
            max_pages: DEFAULT_MAX_PAGES,
            recorder: None,
            clock: Clock::system(),
        }
    }
}

impl fmt::Debug for UsageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageBuilder")
            .field("visitor_key", &self.visitor_key)
            .field("bots", &self.bots)
            .field("max_pages", &self.max_pages)
            .finish_non_exhaustive()
    }
}

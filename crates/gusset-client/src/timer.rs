//! The timer of a client.

use std::fmt;
use std::sync::Arc;

use gusset_core::{Clock, ConfigError};
use gusset_data::SharedRecorder;

use crate::call::{OpaqueTimingLayer, TimingLayer};
use crate::connect::{OpaqueConnectorLayer, TimedConnector};
use crate::har;
use crate::peer::Peers;
use crate::recent::{RecentCall, RecentCalls};
use crate::retries::RetriesLayer;
use crate::shared::{Detail, Shared};
use crate::time::Ticks;

/// Measures the phases of the calls of one client: its connector and its layer belong together by it. A clone is the
/// same timer.
///
/// ```
/// use bytes::Bytes;
/// use gusset_client::{ClientTimer, TimedBody, TimedResolver};
/// use http_body_util::Full;
/// use hyper_util::client::legacy::Client;
/// use hyper_util::client::legacy::connect::{HttpConnector, dns::GaiResolver};
/// use hyper_util::rt::TokioExecutor;
/// use tower::ServiceBuilder;
///
/// # fn main() -> Result<(), gusset_client::ConfigError> {
/// let timer = ClientTimer::builder().build()?;
/// let http = HttpConnector::new_with_resolver(TimedResolver::new(GaiResolver::new()));
/// let client = Client::builder(TokioExecutor::new()).build(timer.connector(http));
/// let client = ServiceBuilder::new().layer(timer.layer()).service(client);
/// # let _: gusset_client::Timing<Client<_, TimedBody<Full<Bytes>>>> = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientTimer {
    shared: Arc<Shared>,
}

/// Configures a [`ClientTimer`]. Created by [`ClientTimer::builder`].
#[derive(Clone)]
#[must_use = "does nothing until `build` is called"]
pub struct ClientTimerBuilder {
    clock: Clock,
    recorder: Option<SharedRecorder>,
    max_peers: usize,
    detail: Detail,
    has_events: bool,
    recent: usize,
}

const DEFAULT_MAX_PEERS: usize = 100;

// === impl ClientTimer ===

impl ClientTimer {
    /// Returns a builder.
    pub fn builder() -> ClientTimerBuilder {
        ClientTimerBuilder {
            clock: Clock::system(),
            recorder: None,
            max_peers: DEFAULT_MAX_PEERS,
            detail: Detail::default(),
            has_events: false,
            recent: 0,
        }
    }

    /// Wraps the connector of a client of hyper-util. It has to be the outermost connector.
    pub fn connector<C>(&self, inner: C) -> TimedConnector<C> {
        TimedConnector::new(inner, Arc::clone(&self.shared))
    }

    /// Returns the layer for a client of hyper-util.
    pub fn layer(&self) -> TimingLayer {
        TimingLayer::new(Arc::clone(&self.shared))
    }

    /// Returns the layer around a layer that retries. The [`layer`](Self::layer) of this timer is inside of both.
    pub fn retries(&self) -> RetriesLayer {
        RetriesLayer::new(Arc::clone(&self.shared))
    }

    /// Returns the layer for the connector of a client such as reqwest (`ClientBuilder::connector_layer`).
    pub fn connector_layer(&self) -> OpaqueConnectorLayer {
        OpaqueConnectorLayer::new(Arc::clone(&self.shared))
    }

    /// Returns the last calls that have ended, the oldest first. None unless
    /// [`keep_recent`](ClientTimerBuilder::keep_recent) is set.
    pub fn recent_calls(&self) -> Vec<RecentCall> {
        let recent = self.shared.recent.as_ref();
        recent.map(RecentCalls::get).unwrap_or_default()
    }

    /// Returns the [`recent_calls`](Self::recent_calls) as an HTTP archive (HAR 1.2) in JSON, which the developer tools of
    /// browsers open. It has no headers, cookies and bodies, and URLs have no query.
    ///
    /// ```
    /// use gusset_client::ClientTimer;
    ///
    /// # fn main() -> Result<(), gusset_client::ConfigError> {
    /// let timer = ClientTimer::builder().keep_recent(50).build()?;
    /// assert!(timer.har().contains(r#""entries":[]"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn har(&self) -> String {
        har::archive(&self.recent_calls()).to_string()
    }

    /// Returns the layer for a client that does not take [`TimedBody`](crate::TimedBody), such as reqwest.
    pub fn opaque_layer(&self) -> OpaqueTimingLayer {
        OpaqueTimingLayer::new(Arc::clone(&self.shared))
    }
}

// === impl ClientTimerBuilder ===

impl ClientTimerBuilder {
    /// Sets the recorder of metrics. Without one, none are recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets how many servers have metrics of their own. Further ones are `_OTHER`. Defaults to 100.
    pub fn max_peers(mut self, max_peers: usize) -> Self {
        self.max_peers = max_peers;
        self
    }

    /// Sets which calls have their phases in their log entry and span. Defaults to those on new connections.
    ///
    /// The fields are those of the innermost call that is polled: put the layer inside of the observers of the client.
    /// Without such observers, they are those of the call that the client is used in.
    pub fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// Logs an event with the phases of each call that [`detail`](Self::detail) selects. In a span that is exported, it
    /// is an event of the span. Off by default.
    pub fn with_events(mut self) -> Self {
        self.has_events = true;
        self
    }

    /// Sets how many of the last calls are kept, for [`ClientTimer::recent_calls`]. Defaults to none. Each call then costs
    /// an allocation, and a lock at its end.
    pub fn keep_recent(mut self, calls: usize) -> Self {
        self.recent = calls;
        self
    }

    /// Sets the clock. Defaults to the monotonic clock of the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the timer.
    ///
    /// # Errors
    ///
    /// If `max_peers` is not from 1 to 10,000, or `keep_recent` is over 10,000.
    pub fn build(self) -> Result<ClientTimer, ConfigError> {
        if !(1..=10_000).contains(&self.max_peers) {
            return Err(ConfigError::new("max_peers", "not from 1 to 10000"));
        }
        if self.recent > 10_000 {
            return Err(ConfigError::new("keep_recent", "over 10000"));
        }
        let shared = Shared {
            ticks: Ticks::new(self.clock),
            peers: Peers::new(self.max_peers, self.recorder),
            detail: self.detail,
            has_events: self.has_events,
            recent: RecentCalls::new(self.recent),
        };
        Ok(ClientTimer {
            shared: Arc::new(shared),
        })
    }
}

impl fmt::Debug for ClientTimerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTimerBuilder")
            .field("max_peers", &self.max_peers)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

//! Rules: which calls are hit, and what is injected into them.

mod check;
mod matcher;
mod set;

use std::collections::BTreeSet;

pub(crate) use self::matcher::{CallView, Matcher};
pub use self::set::RuleSet;
use crate::fault::ALL_PPM;
use crate::{BodyFault, Delay, Fault};

/// Which calls are hit, and what is injected into them: a delay, then a fault or the call, then a fault of the
/// body.
///
/// All conditions of a rule must be met; a rule without any hits every call. Rules do not read the body.
///
/// ```
/// use gusset_chaos::{Delay, Fault, Rule, RuleSet};
/// use std::time::Duration;
///
/// let slow = Rule::new("slow-orders")
///     .method("POST")
///     .route("/orders")
///     .share_ppm(50_000) // 5 % of these
///     .delay(Delay::fixed(Duration::from_millis(300)));
/// let failing = Rule::new("failing-stock").route("/stock/*").every_nth(10).fault(Fault::Status { status: 503 });
/// let rules = RuleSet::new([slow, failing])?;
/// assert_eq!(rules.len(), 2);
/// # Ok::<(), gusset_chaos::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
#[must_use = "a rule has an effect in a set of rules"]
pub struct Rule {
    pub(crate) name: String,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) method: Option<String>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) route: Option<String>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) peer: Option<String>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) headers: Vec<Header>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) pick: Pick,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) key_header: Option<String>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) delay: Option<Delay>,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) fault: Option<Fault>,
    #[cfg_attr(feature = "control", serde(default = "crate::fault::all"))]
    pub(crate) fault_share_ppm: u32,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) body: Option<BodyFault>,
    #[cfg_attr(feature = "control", serde(default = "crate::fault::all"))]
    pub(crate) body_share_ppm: u32,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) on_disarm: OnDisarm,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) every_layer: bool,
}

/// A condition on a request header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub(crate) struct Header {
    pub(crate) name: String,
    /// Any value, if there is none.
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) value: Option<String>,
}

/// Which of the calls that meet the conditions of a rule are hit.
///
/// As JSON: `"all"`, `{"share_ppm": 50000}`, `{"every_nth": 10}` or `{"ordinals": [3, 17]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Pick {
    /// All.
    #[default]
    All,
    /// A share, in parts per million. Which ones depends on the seed, the rule, and the ordinal or the key of
    /// the call.
    SharePpm(u32),
    /// Every n-th: n, 2n, 3n, in the order in which the calls arrive.
    EveryNth(u64),
    /// The ones with these ordinals, which count from 0: a replay.
    Ordinals(BTreeSet<u64>),
}

/// How a wait in progress ends when the layer is disarmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum OnDisarm {
    /// It ends at once, and the call goes on without further faults.
    #[default]
    Release,
    /// It is finished as it was drawn. A call that hangs then ends only when its client cancels it.
    Finish,
}

// === impl Rule ===

impl Rule {
    /// Creates a rule that hits every call and injects nothing. The name is a label of the metrics: at most 64
    /// letters, digits, `-`, `_` and `.`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            method: None,
            route: None,
            peer: None,
            headers: Vec::new(),
            pick: Pick::All,
            key_header: None,
            delay: None,
            fault: None,
            fault_share_ppm: ALL_PPM,
            body: None,
            body_share_ppm: ALL_PPM,
            on_disarm: OnDisarm::Release,
            every_layer: false,
        }
    }

    /// Adds the condition that the request has this method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Adds the condition that the call has this route: the template of a server's route or of a client's URL
    /// (`/orders/{id}`), the path of a gRPC method (`/shop.Stock/Reserve`), the name of another service. One
    /// that ends with `/*` also stands for the routes below it.
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// Adds the condition on the other side: for servers the address of the peer (`10.1.2.3`, `10.0.0.0/8`), for
    /// clients also the host that is called (`payments.internal`, `payments.internal:8443`).
    pub fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// Adds the condition that the request has a header with this name.
    pub fn header(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.headers.push(Header { name, value: None });
        self
    }

    /// Adds the condition that the request has a header with this name and value.
    pub fn header_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header {
            name: name.into(),
            value: Some(value.into()),
        });
        self
    }

    /// Sets which of these calls are hit. Defaults to all.
    pub fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// Sets the share of these calls that is hit, in parts per million. Defaults to all. 0 and 1,000,000 are exact.
    pub fn share_ppm(self, share: u32) -> Self {
        self.pick(Pick::SharePpm(share))
    }

    /// Hits every n-th of these calls.
    pub fn every_nth(self, n: u64) -> Self {
        self.pick(Pick::EveryNth(n))
    }

    /// Sets the header by which shares are drawn, for example `x-request-id`: equal values have the same
    /// outcome, in whatever order they arrive and however often. Defaults to none: the ordinal of the call counts.
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.key_header = Some(name.into());
        self
    }

    /// Sets the delay. Defaults to none.
    pub fn delay(mut self, delay: Delay) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Sets what is injected instead of the call. Defaults to none.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Sets the share of the calls that the rule hits, in parts per million, into which the fault is injected. Defaults
    /// to all.
    ///
    /// It is drawn independently of the delay and of the fault of the body: with a delay for a half and a fault for a half,
    /// a quarter of the calls have both, a quarter each have one, and a quarter have none.
    pub fn fault_share_ppm(mut self, share: u32) -> Self {
        self.fault_share_ppm = share;
        self
    }

    /// Sets the fault of the response body, for calls that are not answered by a fault. Defaults to none.
    pub fn body(mut self, body: BodyFault) -> Self {
        self.body = Some(body);
        self
    }

    /// Sets the share of the calls that the rule hits, in parts per million, into whose body the fault is injected.
    /// Defaults to all. It is drawn independently.
    pub fn body_share_ppm(mut self, share: u32) -> Self {
        self.body_share_ppm = share;
        self
    }

    /// Sets how a wait in progress ends when the layer is disarmed. Defaults to its release.
    pub fn on_disarm(mut self, on_disarm: OnDisarm) -> Self {
        self.on_disarm = on_disarm;
        self
    }

    /// Hits a request also if a layer further out has hit it, on the same side. By default a request is hit once.
    pub fn every_layer(mut self) -> Self {
        self.every_layer = true;
        self
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

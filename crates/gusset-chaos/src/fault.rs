//! What is injected: a delay, a fault instead of the call, a fault of the response body.

use std::time::Duration;

/// The distribution of an injected latency.
///
/// As JSON: `{"distribution": "uniform", "min_ms": 50, "max_ms": 200}`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "distribution", rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Latency {
    /// Always the same.
    Fixed {
        /// The latency.
        #[cfg_attr(feature = "control", serde(rename = "delay_ms", with = "millis"))]
        delay: Duration,
    },
    /// Any time of a range, all equally likely.
    Uniform {
        /// The least latency.
        #[cfg_attr(feature = "control", serde(rename = "min_ms", with = "millis"))]
        min: Duration,
        /// The greatest latency.
        #[cfg_attr(feature = "control", serde(rename = "max_ms", with = "millis"))]
        max: Duration,
    },
    /// A long tail: a Pareto distribution, cut at `max`. With a shape of 1.16, a fifth of the calls have four
    /// fifths of the latency; a greater shape has a shorter tail.
    LongTail {
        /// The least latency, near which most calls are.
        #[cfg_attr(feature = "control", serde(rename = "min_ms", with = "millis"))]
        min: Duration,
        /// The shape: greater than zero.
        shape: f64,
        /// The greatest latency.
        #[cfg_attr(feature = "control", serde(rename = "max_ms", with = "millis"))]
        max: Duration,
    },
}

/// A latency, before the service is called or after its response headers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Delay {
    pub(crate) latency: Latency,
    #[cfg_attr(feature = "control", serde(default))]
    pub(crate) after: bool,
    #[cfg_attr(feature = "control", serde(default = "all"))]
    pub(crate) share_ppm: u32,
}

/// What is injected instead of a call.
///
/// As JSON: `{"kind": "status", "status": 503}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Fault {
    /// An error of the service's own type, which the layer makes ([`ChaosLayer::errors`](crate::ChaosLayer::errors)).
    Error,
    /// An HTTP response with this status and no body.
    Status {
        /// The status, from 100 to 999.
        status: u16,
    },
    /// A gRPC response that has only trailers: HTTP status 200, and this status in the headers.
    GrpcStatus {
        /// The code, from 0 to 16.
        code: u8,
        /// `grpc-message`. Defaults to none.
        #[cfg_attr(feature = "control", serde(default))]
        message: String,
    },
    /// The end of the connection: an error of the service if the layer makes errors, and otherwise an HTTP
    /// response with a body that fails before its first byte. The cause is an `io::Error` of the kind
    /// `ConnectionReset`.
    Abort,
    /// A panic, when the future is polled.
    Panic,
    /// The call never ends.
    Hang,
    /// The service is called, and its future is dropped when it has been polled this number of times, as by a
    /// client that disconnects. The call then ends as with [`Abort`](Self::Abort). A call that is complete before is not
    /// altered.
    Cancel {
        /// The number of polls: at least one.
        polls: u32,
    },
}

/// What is injected into the response body.
///
/// As JSON: `{"kind": "truncate", "bytes": 10}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum BodyFault {
    /// The body fails after this number of bytes. The declared length is kept, so that the client can detect
    /// it. A body that is not longer is not altered.
    Truncate {
        /// The number of bytes that are sent.
        bytes: u64,
    },
    /// The body stops after this number of bytes.
    Stall {
        /// The number of bytes that are sent.
        bytes: u64,
    },
    /// The body is sent at this rate at most.
    RateLimit {
        /// The rate: at least one.
        bytes_per_second: u32,
    },
    /// The trailers are lost, and the body ends without them. A gRPC call then has no status.
    LoseTrailers,
}

/// What was injected, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// A [`Delay`].
    Latency,
    /// [`Fault::Error`].
    Error,
    /// [`Fault::Status`].
    Status,
    /// [`Fault::GrpcStatus`].
    GrpcStatus,
    /// [`Fault::Abort`].
    Abort,
    /// [`Fault::Panic`].
    Panic,
    /// [`Fault::Hang`].
    Hang,
    /// [`Fault::Cancel`].
    Cancel,
    /// [`BodyFault::Truncate`].
    TruncatedBody,
    /// [`BodyFault::Stall`].
    StalledBody,
    /// [`BodyFault::RateLimit`].
    ThrottledBody,
    /// [`BodyFault::LoseTrailers`].
    LostTrailers,
}

/// A share of all calls, in parts per million.
pub(crate) const ALL_PPM: u32 = 1_000_000;

#[cfg(feature = "control")]
pub(crate) fn all() -> u32 {
    ALL_PPM
}

// === impl Latency ===

impl Latency {
    /// Returns the latency at a fraction of the distribution, from 0 up to and excluding 1.
    pub(crate) fn at(&self, fraction: f64) -> Duration {
        match *self {
            Self::Fixed { delay } => delay,
            Self::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(fraction),
            Self::LongTail { min, shape, max } => {
                // The inverse of the distribution function. Far out in the tail it exceeds a `Duration`.
                let factor = (1.0 - fraction).powf(-1.0 / shape);
                let seconds = (min.as_secs_f64() * factor).min(max.as_secs_f64());
                Duration::from_secs_f64(seconds)
            }
        }
    }

    pub(crate) fn max(&self) -> Duration {
        match *self {
            Self::Fixed { delay } => delay,
            Self::Uniform { max, .. } | Self::LongTail { max, .. } => max,
        }
    }
}

// === impl Delay ===

impl Delay {
    /// Creates a delay before the service is called, for every call that its rule hits.
    pub fn new(latency: Latency) -> Self {
        Self {
            latency,
            after: false,
            share_ppm: ALL_PPM,
        }
    }

    /// Creates a delay that is always the same.
    pub fn fixed(delay: Duration) -> Self {
        Self::new(Latency::Fixed { delay })
    }

    /// Moves the delay behind the response headers of the service. Defaults to before the call.
    #[must_use = "returns the delay with the change"]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// Sets the share of the calls that the rule hits, in parts per million, drawn independently of the fault and
    /// of the body's. Defaults to all.
    #[must_use = "returns the delay with the change"]
    pub fn share_ppm(mut self, share: u32) -> Self {
        self.share_ppm = share;
        self
    }
}

// === impl Fault ===

impl Fault {
    /// Returns the label of the fault.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Error => FaultKind::Error,
            Self::Status { .. } => FaultKind::Status,
            Self::GrpcStatus { .. } => FaultKind::GrpcStatus,
            Self::Abort => FaultKind::Abort,
            Self::Panic => FaultKind::Panic,
            Self::Hang => FaultKind::Hang,
            Self::Cancel { .. } => FaultKind::Cancel,
        }
    }
}

// === impl BodyFault ===

impl BodyFault {
    /// Returns the label of the fault.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Truncate { .. } => FaultKind::TruncatedBody,
            Self::Stall { .. } => FaultKind::StalledBody,
            Self::RateLimit { .. } => FaultKind::ThrottledBody,
            Self::LoseTrailers => FaultKind::LostTrailers,
        }
    }

    pub(crate) fn needs_timer(&self) -> bool {
        matches!(self, Self::Stall { .. } | Self::RateLimit { .. })
    }
}

// === impl FaultKind ===

impl FaultKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Latency,
        Self::Error,
        Self::Status,
        Self::GrpcStatus,
        Self::Abort,
        Self::Panic,
        Self::Hang,
        Self::Cancel,
        Self::TruncatedBody,
        Self::StalledBody,
        Self::ThrottledBody,
        Self::LostTrailers,
    ];

    /// Returns the value of the label `gusset.chaos.fault`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Error => "error",
            Self::Status => "status",
            Self::GrpcStatus => "grpc_status",
            Self::Abort => "abort",
            Self::Panic => "panic",
            Self::Hang => "hang",
            Self::Cancel => "cancel",
            Self::TruncatedBody => "truncated_body",
            Self::StalledBody => "stalled_body",
            Self::ThrottledBody => "throttled_body",
            Self::LostTrailers => "lost_trailers",
        }
    }
}

/// Times as whole milliseconds.
#[cfg(feature = "control")]
mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(10);
    const MAX: Duration = Duration::from_secs(2);

    #[test]
    fn latency_stays_in_its_range() {
        let tail = Latency::LongTail {
            min: MIN,
            shape: 1.16,
            max: MAX,
        };
        let uniform = Latency::Uniform { min: MIN, max: MAX };
        for latency in [tail, uniform] {
            assert_eq!(latency.at(0.0), MIN);
            let mut previous = MIN;
            for step in 0..1000 {
                let at = latency.at(f64::from(step) / 1000.0);
                assert!((previous..=MAX).contains(&at), "{latency:?} {step}");
                previous = at;
            }
        }
    }

    #[test]
    fn long_tail_is_mostly_short() {
        let tail = Latency::LongTail {
            min: MIN,
            shape: 2.0,
            max: MAX,
        };
        assert!(tail.at(0.5) < MIN * 2);
        assert!(tail.at(0.9999) > MIN * 50);
    }
}

//! The identity of a series of calls, in 16 bytes.

use std::fmt;

use gusset_core::{Outcome, Stage};
use gusset_http::{ProtocolVersion, Scheme};

use crate::intern::InternedId;

/// How many labels a user may add.
pub(crate) const MAX_USER_LABELS: usize = 5;

/// The number of schemes.
pub(crate) const SCHEMES: usize = 2;

/// The identity of a series. Every part is one of a fixed set of values, as a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SeriesKey {
    /// The route of a server, the URL template of a client, the RPC method or the destination.
    pub(crate) name: InternedId,
    /// The server that a client calls.
    pub(crate) peer: InternedId,
    /// The index of the method in the list of known methods.
    pub(crate) method: u8,
    pub(crate) scheme: Scheme,
    pub(crate) version: Option<ProtocolVersion>,
    /// The status in the numbering of the [`InstrumentSet`](crate::call_metrics::InstrumentSet), or
    /// zero.
    pub(crate) status: u16,
    /// The number of `error.type`.
    pub(crate) error: u8,
    pub(crate) outcome: OutcomeKey,
    /// The values of the user's labels.
    pub(crate) labels: [u8; MAX_USER_LABELS],
}

/// The outcome of a call in the upper four bits and its stage in the lower four.
///
/// Zero while the call is in progress.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct OutcomeKey(u8);

// === impl SeriesKey ===

impl SeriesKey {
    /// Packs the key into one integer, so that hashing and comparing it take one step each.
    ///
    /// Each field has its own bytes and all 16 are used, so distinct keys have distinct integers.
    #[inline]
    pub(crate) fn pack(self) -> u128 {
        let Self {
            name,
            peer,
            method,
            scheme,
            version,
            status,
            error,
            outcome,
            labels,
        } = self;
        let [a, b, c, d, e] = labels;
        let [s, t] = status.to_le_bytes();
        let [n, m] = name.bits().to_le_bytes();
        let [p, q] = peer.bits().to_le_bytes();
        u128::from_le_bytes([
            n,
            m,
            p,
            q,
            method,
            scheme as u8,
            version.map_or(0, |version| version as u8),
            error,
            s,
            t,
            outcome.0,
            a,
            b,
            c,
            d,
            e,
        ])
    }
}

// === impl OutcomeKey ===

/// In the order of their numbers, from one.
const OUTCOMES: [Outcome; 5] = [
    Outcome::Success,
    Outcome::ClientError,
    Outcome::ServerError,
    Outcome::Cancelled,
    Outcome::Rejected,
];

impl OutcomeKey {
    #[inline]
    pub(crate) fn new(outcome: Outcome, stage: Option<Stage>) -> Self {
        let outcome = match outcome {
            Outcome::Success => 1,
            Outcome::ClientError => 2,
            Outcome::Cancelled => 4,
            Outcome::Rejected => 5,
            // Also the outcomes that a later version of gusset-core adds.
            _ => 3,
        };
        let stage = match stage {
            None => 0,
            Some(Stage::Headers) => 1,
            Some(Stage::Body) => 2,
        };
        Self(outcome << 4 | stage)
    }

    pub(crate) fn outcome(self) -> Option<Outcome> {
        OUTCOMES
            .get(usize::from(self.0 >> 4).checked_sub(1)?)
            .copied()
    }

    pub(crate) fn stage(self) -> Option<Stage> {
        match self.0 & 0xf {
            1 => Some(Stage::Headers),
            2 => Some(Stage::Body),
            _ => None,
        }
    }
}

impl fmt::Debug for OutcomeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutcomeKey")
            .field(&self.outcome())
            .field(&self.stage())
            .finish()
    }
}

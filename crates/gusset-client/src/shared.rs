//! What a timer shares with its connectors and layers.

use crate::peer::Peers;
use crate::recent::RecentCalls;
use crate::time::Ticks;

/// Which calls have their phases in their log entry and span, as own fields ([`names::field`](crate::names::field)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// None.
    Never,
    /// Those that waited for a new connection. A call on a reused one does not pay for fields.
    #[default]
    NewConnections,
    /// All.
    Always,
}

/// What the connectors, the layers and the calls of a timer share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ticks: Ticks,
    pub(crate) peers: Peers,
    pub(crate) detail: Detail,
    pub(crate) has_events: bool,
    /// `None` if no calls are kept.
    pub(crate) recent: Option<RecentCalls>,
}

//! The settings of the endpoints.

use std::sync::Arc;
use std::time::Duration;

use gusset_http::BearerToken;

/// What the builder has checked.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Without it every request is refused.
    pub(crate) token: Option<Arc<BearerToken>>,
    pub(crate) max_duration: Duration,
    /// Samples in a second of CPU time.
    pub(crate) frequency: u16,
}

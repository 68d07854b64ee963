//! A check that is switched on while the service runs.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// Switches on a check of a service that runs already. Clones switch the same checks.
///
/// All checks are added when the health is built. Some are needed only later, for example with the first job of a
/// service. Such a check belongs to a switch ([`Check::switched_by`](super::Check::switched_by)).
///
/// ```
/// use gusset_health::{Check, CheckSwitch, Health, Status};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let switch = CheckSwitch::new();
/// let check = Check::new("jobs", async || ()).switched_by(&switch);
/// let health = Health::builder().health_check(check).build()?;
/// assert_eq!(health.check("jobs"), None);
/// assert_eq!(health.checks(), []);
///
/// switch.turn_on();
/// assert_eq!(health.check("jobs"), Some(Status::Unknown), "it has not run yet");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CheckSwitch(Arc<watch::Sender<bool>>);

// === impl CheckSwitch ===

impl CheckSwitch {
    /// Creates a switch that is off.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Switches its checks on. They cannot be switched off again.
    pub fn turn_on(&self) {
        self.0
            .send_if_modified(|is_on| !std::mem::replace(is_on, true));
    }

    /// Returns whether its checks are on.
    pub fn is_on(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) async fn wait(&self) {
        // Cannot fail, because this sender is alive.
        let _ = self.0.subscribe().wait_for(|is_on| *is_on).await;
    }
}

impl Default for CheckSwitch {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CheckSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CheckSwitch").field(&self.is_on()).finish()
    }
}

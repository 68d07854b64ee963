//! The phases of outgoing calls.

use gusset_client::{ClientTimer, ClientTimerBuilder};

use super::Gusset;

impl Gusset {
    /// Configures what measures the phases of a client's calls, with the metrics of this service. One for each client.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gusset = gusset::builder().without_health().build()?;
    /// let timer = gusset.client_timer().build()?;
    /// let layer = timer.layer(); // inside of `gusset.http_client()`
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_timer(&self) -> ClientTimerBuilder {
        ClientTimer::builder().recorder(self.telemetry().recorder())
    }
}

//! Faults on purpose.

use gusset_chaos::{Chaos, ChaosBuilder, FaultKind, names};

use super::{Gusset, GussetBuilder};

impl GussetBuilder {
    /// Configures the faults that [`Gusset::chaos`] injects once it is armed: rules, limits, conditions to stop.
    ///
    /// Registers the field `gusset.chaos.fault`, so that it is a label of the metrics of calls. With a
    /// [`controls_token`](Self::controls_token), the management server has
    /// [the controls](gusset_chaos::control).
    ///
    /// With service levels (`service_levels`), every arming stops when one of them is violated whose severity is at
    /// least `warning`. [`ChaosBuilder::without_stop_conditions`] leaves that out.
    ///
    /// ```
    /// use gusset::chaos::{Delay, Rule, RuleSet};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let slow = Rule::new("slow").share_ppm(50_000).delay(Delay::fixed(Duration::from_millis(300)));
    /// let rules = RuleSet::new([slow])?;
    /// let gusset = gusset::builder().chaos(|chaos| chaos.rules(rules)).without_health().build()?;
    /// let layer = gusset.chaos().http_server(); // the innermost layer
    /// # Ok(())
    /// # }
    /// ```
    pub fn chaos<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(ChaosBuilder) -> ChaosBuilder + 'static,
    {
        self.parts.chaos = Box::new(configure);
        self.field(names::FAULT, FaultKind::ALL.map(FaultKind::as_str))
    }
}

impl Gusset {
    /// Returns what injects faults on purpose. It is disarmed, unless an environment variable of
    /// [`ChaosBuilder`] arms it.
    ///
    /// Its layers are the innermost ones: inside of [`http`](Self::http) and of breakers.
    pub fn chaos(&self) -> &Chaos {
        &self.0.chaos
    }
}

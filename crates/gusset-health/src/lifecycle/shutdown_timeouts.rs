//! The timeouts of a shutdown, whose sum must fit into the termination grace period.

use std::time::Duration;

use crate::ConfigError;

/// The default of Kubernetes.
const DEFAULT_TERMINATION_GRACE: Duration = Duration::from_secs(30);
/// Long enough for Kubernetes to remove an endpoint from all nodes.
const KUBERNETES_DRAIN_DELAY: Duration = Duration::from_secs(5);
const DEFAULT_FLUSH_DEADLINE: Duration = Duration::from_secs(5);

/// The validated timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShutdownTimeouts {
    pub(crate) drain_delay: Duration,
    pub(crate) in_flight_deadline: Duration,
    pub(crate) flush_deadline: Duration,
}

/// The configured timeouts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShutdownTimeoutsBuilder {
    pub(crate) pre_stop_duration: Duration,
    pub(crate) drain_delay: Option<Duration>,
    pub(crate) in_flight_deadline: Option<Duration>,
    pub(crate) flush_deadline: Option<Duration>,
    pub(crate) termination_grace: Option<Duration>,
    pub(crate) is_kubernetes: bool,
}

// === impl ShutdownTimeoutsBuilder ===

impl ShutdownTimeoutsBuilder {
    pub(crate) fn build(&self) -> Result<ShutdownTimeouts, ConfigError> {
        let Self {
            pre_stop_duration,
            drain_delay,
            in_flight_deadline,
            flush_deadline,
            termination_grace,
            is_kubernetes,
        } = *self;
        let grace = termination_grace.unwrap_or(DEFAULT_TERMINATION_GRACE);
        let drain_delay = drain_delay.unwrap_or(if is_kubernetes {
            KUBERNETES_DRAIN_DELAY
        } else {
            Duration::ZERO
        });
        let flush_deadline = flush_deadline.unwrap_or(DEFAULT_FLUSH_DEADLINE);
        let remaining = grace
            .checked_sub(pre_stop_duration)
            .and_then(|rest| rest.checked_sub(drain_delay))
            .and_then(|rest| rest.checked_sub(flush_deadline))
            .filter(|rest| !rest.is_zero());
        let parts = format!(
            "pre_stop_duration {pre_stop_duration:?}, drain_delay {drain_delay:?} and \
             flush_deadline {flush_deadline:?}"
        );
        let Some(remaining) = remaining else {
            let reason = format!("{parts} leave no time for requests in flight");
            return Err(ConfigError::new("termination_grace", reason));
        };
        let in_flight_deadline = in_flight_deadline.unwrap_or(remaining);
        if in_flight_deadline.is_zero() {
            return Err(ConfigError::new("in_flight_deadline", "must not be zero"));
        }
        if in_flight_deadline > remaining {
            let reason =
                format!("{parts} leave {remaining:?} of the termination_grace of {grace:?}");
            return Err(ConfigError::new("in_flight_deadline", reason));
        }
        Ok(ShutdownTimeouts {
            drain_delay,
            in_flight_deadline,
            flush_deadline,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn in_flight_deadline_defaults_to_the_remaining_time() {
        let timeouts = ShutdownTimeoutsBuilder::default().build().unwrap();
        assert_eq!(timeouts.drain_delay, Duration::ZERO);
        assert_eq!(timeouts.in_flight_deadline, 25 * SECOND);
        let builder = ShutdownTimeoutsBuilder {
            is_kubernetes: true,
            ..ShutdownTimeoutsBuilder::default()
        };
        let timeouts = builder.build().unwrap();
        assert_eq!(timeouts.drain_delay, 5 * SECOND);
        assert_eq!(timeouts.in_flight_deadline, 20 * SECOND);
    }

    #[test]
    fn sum_above_the_grace_period_is_rejected() {
        let builders = [
            ShutdownTimeoutsBuilder {
                drain_delay: Some(10 * SECOND),
                in_flight_deadline: Some(16 * SECOND),
                ..ShutdownTimeoutsBuilder::default()
            },
            ShutdownTimeoutsBuilder {
                pre_stop_duration: 6 * SECOND,
                in_flight_deadline: Some(20 * SECOND),
                ..ShutdownTimeoutsBuilder::default()
            },
        ];
        for builder in builders {
            let error = builder.build().unwrap_err();
            assert_eq!(error.setting(), "in_flight_deadline", "{error}");
        }
        for drain_delay in [25 * SECOND, Duration::MAX] {
            let builder = ShutdownTimeoutsBuilder {
                drain_delay: Some(drain_delay),
                ..ShutdownTimeoutsBuilder::default()
            };
            assert_eq!(builder.build().unwrap_err().setting(), "termination_grace");
        }
    }

    #[test]
    fn sum_equal_to_the_grace_period_is_accepted() {
        let builder = ShutdownTimeoutsBuilder {
            pre_stop_duration: 3 * SECOND,
            drain_delay: Some(2 * SECOND),
            in_flight_deadline: Some(4 * SECOND),
            flush_deadline: Some(SECOND),
            termination_grace: Some(10 * SECOND),
            is_kubernetes: false,
        };
        assert!(builder.build().is_ok());
    }
}

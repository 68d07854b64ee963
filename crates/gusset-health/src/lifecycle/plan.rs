//! How long a shutdown takes: sums that have to fit.

use std::time::Duration;

use crate::ConfigError;

/// What Kubernetes gives unless told otherwise.
const GRACE: Duration = Duration::from_secs(30);
/// Long enough for the end points of a service to be taken out everywhere.
const DRAIN_IN_KUBERNETES: Duration = Duration::from_secs(5);
/// Kept for telemetry and the exit.
const FLUSH: Duration = Duration::from_secs(5);

/// A shutdown's times, which fit into the grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) drain_delay: Duration,
    pub(crate) in_flight_deadline: Duration,
    pub(crate) flush_deadline: Duration,
}

/// A shutdown's times, as far as they were said.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlanBuilder {
    pub(crate) pre_stop: Duration,
    pub(crate) drain_delay: Option<Duration>,
    pub(crate) in_flight_deadline: Option<Duration>,
    pub(crate) flush_deadline: Option<Duration>,
    pub(crate) termination_grace: Option<Duration>,
    pub(crate) kubernetes: bool,
}

// === impl PlanBuilder ===

impl PlanBuilder {
    pub(crate) fn build(&self) -> Result<Plan, ConfigError> {
        let Self {
            pre_stop,
            drain_delay,
            in_flight_deadline,
            flush_deadline,
            termination_grace,
            kubernetes,
        } = *self;
        let grace = termination_grace.unwrap_or(GRACE);
        let drain = drain_delay.unwrap_or(if kubernetes {
            DRAIN_IN_KUBERNETES
        } else {
            Duration::ZERO
        });
        let flush = flush_deadline.unwrap_or(FLUSH);
        // What the hook before SIGTERM takes is taken from the same grace.
        let rest = grace
            .checked_sub(pre_stop)
            .and_then(|rest| rest.checked_sub(drain))
            .and_then(|rest| rest.checked_sub(flush))
            .filter(|rest| !rest.is_zero());
        let Some(rest) = rest else {
            let why = format!(
                "pre_stop {pre_stop:?}, drain_delay {drain:?} and flush_deadline {flush:?} leave \
                 nothing of it for calls under way"
            );
            return Err(ConfigError::new("termination_grace", why));
        };
        let in_flight = in_flight_deadline.unwrap_or(rest);
        if in_flight.is_zero() {
            return Err(ConfigError::new("in_flight_deadline", "it is zero"));
        }
        if in_flight > rest {
            let why = format!(
                "with pre_stop {pre_stop:?}, drain_delay {drain:?} and flush_deadline {flush:?} it \
                 is longer than the {grace:?} of termination_grace: {rest:?} are left for it"
            );
            return Err(ConfigError::new("in_flight_deadline", why));
        }
        Ok(Plan {
            drain_delay: drain,
            in_flight_deadline: in_flight,
            flush_deadline: flush,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn calls_under_way_get_what_the_rest_leaves() {
        let plan = PlanBuilder::default().build().unwrap();
        assert_eq!(plan.drain_delay, Duration::ZERO);
        assert_eq!(plan.in_flight_deadline, 25 * SECOND);
        let plan = PlanBuilder {
            kubernetes: true,
            ..PlanBuilder::default()
        };
        let plan = plan.build().unwrap();
        assert_eq!(plan.drain_delay, 5 * SECOND);
        assert_eq!(plan.in_flight_deadline, 20 * SECOND);
    }

    #[test]
    fn sums_beyond_the_grace_are_refused() {
        let refused = [
            PlanBuilder {
                drain_delay: Some(10 * SECOND),
                in_flight_deadline: Some(16 * SECOND),
                ..PlanBuilder::default()
            },
            PlanBuilder {
                pre_stop: 6 * SECOND,
                in_flight_deadline: Some(20 * SECOND),
                ..PlanBuilder::default()
            },
        ];
        for plan in refused {
            let error = plan.build().unwrap_err();
            assert_eq!(error.setting(), "in_flight_deadline", "{error}");
        }
        let nothing_left = PlanBuilder {
            drain_delay: Some(25 * SECOND),
            ..PlanBuilder::default()
        };
        assert_eq!(
            nothing_left.build().unwrap_err().setting(),
            "termination_grace"
        );
        let endless = PlanBuilder {
            drain_delay: Some(Duration::MAX),
            ..PlanBuilder::default()
        };
        assert_eq!(endless.build().unwrap_err().setting(), "termination_grace");
    }

    #[test]
    fn a_sum_that_is_the_grace_fits() {
        let plan = PlanBuilder {
            pre_stop: 3 * SECOND,
            drain_delay: Some(2 * SECOND),
            in_flight_deadline: Some(4 * SECOND),
            flush_deadline: Some(SECOND),
            termination_grace: Some(10 * SECOND),
            kubernetes: false,
        };
        assert!(plan.build().is_ok());
    }
}

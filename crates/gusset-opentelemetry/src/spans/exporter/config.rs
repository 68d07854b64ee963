//! The variables of a batch processor: `OTEL_BSP_*`.

use std::str::FromStr;
use std::time::Duration;

use gusset_core::Env;

use crate::TARGET;

#[derive(Clone, Copy, Debug)]
pub(super) struct BatchConfig {
    pub(super) schedule_delay: Duration,
    pub(super) max_queue_size: usize,
    pub(super) max_batch_size: usize,
    /// The timeout of the export of one batch.
    pub(super) export_timeout: Duration,
}

const DEFAULT_QUEUE_SIZE: usize = 2048;
const DEFAULT_BATCH_SIZE: usize = 512;
/// The queue is allocated at start. The limit keeps a typing error from taking all memory.
const MAX_QUEUE_SIZE: usize = 1 << 20;

// === impl BatchConfig ===

impl BatchConfig {
    /// Reads the variables. Values that are not numbers, or too large, are ignored with a warning.
    pub(super) fn from_env(env: Env<'_>) -> Self {
        let in_range = |size: &usize| (1..=MAX_QUEUE_SIZE).contains(size);
        let max_queue_size =
            number(env, "OTEL_BSP_MAX_QUEUE_SIZE", in_range).unwrap_or(DEFAULT_QUEUE_SIZE);
        let fits = |size: &usize| (1..=max_queue_size).contains(size);
        let default = DEFAULT_BATCH_SIZE.min(max_queue_size);
        let max_batch_size = number(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", fits).unwrap_or(default);
        let millis = |name, default| {
            number(env, name, |_| true).map_or(default, |millis: u32| {
                Duration::from_millis(u64::from(millis))
            })
        };
        Self {
            // Without any delay, the thread would never sleep.
            schedule_delay: millis("OTEL_BSP_SCHEDULE_DELAY", Duration::from_secs(5))
                .max(Duration::from_millis(1)),
            max_queue_size,
            max_batch_size,
            export_timeout: millis("OTEL_BSP_EXPORT_TIMEOUT", Duration::from_secs(30)),
        }
    }
}

fn number<N: FromStr>(env: Env<'_>, name: &str, is_valid: impl Fn(&N) -> bool) -> Option<N> {
    let text = match env.var(name) {
        Ok(text) => text?,
        Err(error) => {
            tracing::warn!(target: TARGET, "ignoring a variable: {error}");
            return None;
        }
    };
    let number = text.parse().ok().filter(is_valid);
    if number.is_none() {
        tracing::warn!(
            target: TARGET,
            "ignoring `{name}`: `{text}` is not a number, or out of range; the default is used"
        );
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> (usize, usize, Duration, Duration) {
        let lookup = |name: &str| {
            let mut vars = vars.iter();
            vars.find(|(var, _)| *var == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let config = BatchConfig::from_env(Env::from_fn(&lookup));
        (
            config.max_queue_size,
            config.max_batch_size,
            config.schedule_delay,
            config.export_timeout,
        )
    }

    #[test]
    fn variables_set_sizes_and_times() {
        let seconds = Duration::from_secs;
        assert_eq!(config(&[]), (2048, 512, seconds(5), seconds(30)));
        let set = [
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "2000"),
        ];
        assert_eq!(config(&set), (100, 10, seconds(1), seconds(2)));
    }

    #[test]
    fn invalid_values_are_ignored() {
        let (queue, batch) = ("OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
        for (vars, sizes) in [
            ([(queue, "0"), (batch, "-1")], (2048, 512)),
            ([(queue, "many"), (batch, "4096")], (2048, 512)),
            ([(queue, "99999999999"), (batch, "")], (2048, 512)),
            ([(queue, "100"), (batch, "101")], (100, 100)),
        ] {
            let (queue, batch, ..) = config(&vars);
            assert_eq!((queue, batch), sizes, "{vars:?}");
        }
    }
}

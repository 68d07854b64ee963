//! What can be wrong before the first measurement.

use std::error::Error;
use std::fmt;

use gusset_metrics::ConfigError;

/// A [`Prometheus`](crate::Prometheus) was not built: the builder was given something that makes no
/// sense. The message names the field, and the metric at fault.
///
/// ```
/// use gusset_prometheus::Prometheus;
///
/// let refused = Prometheus::builder().buckets("my.histogram", &[2.0, 1.0]).build();
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "`buckets.my.histogram` cannot be used: not ascending: 2 is followed by 1",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct BuildError {
    fault: Fault,
}

#[derive(Clone, Debug)]
enum Fault {
    Registry(ConfigError),
    TwoRegistries,
}

/// The recorder was not installed: the process has a global recorder already, and can have but one.
///
/// Returned by [`Prometheus::install_global`](crate::Prometheus::install_global).
#[derive(Debug)]
pub struct InstallError {
    _private: (),
}

// === impl BuildError ===

impl BuildError {
    pub(crate) fn registry(fault: ConfigError) -> Self {
        Self {
            fault: Fault::Registry(fault),
        }
    }

    pub(crate) fn two_registries() -> Self {
        Self {
            fault: Fault::TwoRegistries,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Registry(fault) => fault.fmt(f),
            Fault::TwoRegistries => f.write_str(
                "`registry` cannot be used: `buckets` or `exemplars` set up another; say them to the \
                 builder of the one that is given",
            ),
        }
    }
}

impl Error for BuildError {}

// === impl InstallError ===

impl InstallError {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process has a global metrics recorder already")
    }
}

impl Error for InstallError {}

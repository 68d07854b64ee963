//! Whether a service is in the state that its owner calls normal.

use std::sync::Arc;

use crate::SharedStr;

/// The steady state of a service: whether it meets its objectives and stays within its normal ranges.
///
/// Experiments with injected faults stop when it is left. "Steady state" is the term of the Principles of
/// Chaos Engineering; AWS Fault Injection Service has the same as "stop condition". The monitor of
/// gusset-slo implements it, and so can a service.
///
/// ```
/// use gusset_data::{SharedStr, SteadyState};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[derive(Default)]
/// struct Orders {
///     lost: AtomicU64,
/// }
///
/// impl SteadyState for Orders {
///     fn violation(&self) -> Option<SharedStr> {
///         let lost = self.lost.load(Ordering::Relaxed);
///         (lost > 0).then(|| format!("{lost} orders were lost").into())
///     }
/// }
///
/// let orders = Orders::default();
/// assert_eq!(orders.violation(), None);
/// orders.lost.store(2, Ordering::Relaxed);
/// assert_eq!(orders.violation().as_deref(), Some("2 orders were lost"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a steady state",
    label = "does not return whether the service is in its normal state",
    note = "pass the monitor of gusset-slo, or implement `SteadyState`"
)]
pub trait SteadyState: Send + Sync + 'static {
    /// Returns what is not normal now, in one line for a person, or `None` if all is normal or unknown.
    ///
    /// Returns at once, so that it can be called for each request: an implementation keeps the result of its
    /// last evaluation.
    fn violation(&self) -> Option<SharedStr>;
}

impl<S: SteadyState + ?Sized> SteadyState for Arc<S> {
    fn violation(&self) -> Option<SharedStr> {
        (**self).violation()
    }
}

//! The access log of operations.

use std::fmt;
use std::sync::Arc;

use gusset_core::operation::{Operation, OperationKind, Operations};
use gusset_core::{CallContext, CallObserver, ConfigError, End, Env, Observer, ObserverId};

use super::builder::AccessLogBuilder;
use super::call::AccessCall;
use super::config::CallKind;
use super::observer::AccessLog;
use super::record::AccessRecord;

/// Writes one log entry for each operation of the service's own code, when it ends: name, outcome, duration.
///
/// Databases and queues have spans and metrics, and no entries: a request that makes ten queries has one entry.
///
/// ```
/// use gusset_core::operation::Operations;
/// use gusset_core::{Env, ObserveLayer};
/// use gusset_log::AccessLog;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let log = AccessLog::server().build_operations(Env::process())?;
/// let operations = ObserveLayer::<Operations, _>::new(log);
/// let reprice = operations.operation("reprice");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OperationLog {
    log: AccessLog,
}

// === impl AccessLogBuilder ===

impl AccessLogBuilder {
    /// Builds the access log of operations, with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_operations(mut self, env: Env<'_>) -> Result<OperationLog, ConfigError> {
        self.kind = CallKind::Operation;
        let log = self.build_in(env)?;
        Ok(OperationLog { log })
    }
}

// === impl OperationLog ===

impl OperationLog {
    #[inline(never)]
    fn record(&self, operation: &Operation) -> Option<AccessCall> {
        let mut shared = AccessRecord::acquire();
        let record = Arc::get_mut(&mut shared)?;
        record.config = Some(self.log.config.clone());
        record.operation = Some(operation.name());
        record.request_id = gusset_http::current_request_id();
        Some(AccessCall::new(shared))
    }
}

impl Observer<Operations> for OperationLog {
    /// `None` if the entry is disabled.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, operation: &Operation, _: &mut CallContext) -> Self::Call {
        let is_logged = operation.kind() == OperationKind::Internal;
        match is_logged && self.log.config.levels.any_enabled() {
            true => self.record(operation),
            false => None,
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.log.config)
    }
}

impl CallObserver<Operations> for AccessCall {
    #[inline]
    fn on_end(mut self, end: End<'_, Operations>, cx: &CallContext) {
        if let End::Failed(_, failure) = end {
            self.keep_exception(failure);
        }
        // An operation has no stage.
        self.complete(None, cx);
    }
}

impl fmt::Debug for OperationLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationLog").finish_non_exhaustive()
    }
}

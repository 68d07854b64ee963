//! The access log of consumers of messages.

use std::fmt;
use std::sync::Arc;

use gusset_core::{
    CallContext, CallObserver, Classify, ConfigError, End, Env, MessageOptions, Observer,
    ObserverId, RequestResponse,
};

use super::builder::AccessLogBuilder;
use super::call::AccessCall;
use super::config::CallKind;
use super::observer::AccessLog;
use super::record::AccessRecord;

/// Writes one log entry for each message of type `M`, when it was processed: system, operation, destination,
/// outcome, duration.
///
/// What an [`AccessLog`] of a server does for a request, it does for a message. Messages in progress are not
/// logged.
///
/// ```
/// use gusset_core::{Env, MessageOptions, ObserveLayer, RequestResponse};
/// use gusset_log::AccessLog;
///
/// struct Order;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let options = MessageOptions::new("rabbitmq").with_destination(|_: &Order| Some("orders"));
/// let log = AccessLog::server().build_consumer(options, Env::process())?;
/// let layer = ObserveLayer::<RequestResponse<Order, ()>, _>::new(log);
/// # Ok(())
/// # }
/// ```
pub struct MessageLog<M> {
    log: AccessLog,
    options: MessageOptions<M>,
}

/// Longer destinations are cut.
const MAX_DESTINATION_BYTES: usize = 256;

// === impl AccessLogBuilder ===

impl AccessLogBuilder {
    /// Builds the access log of a consumer of messages, with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_consumer<M>(
        mut self,
        options: MessageOptions<M>,
        env: Env<'_>,
    ) -> Result<MessageLog<M>, ConfigError> {
        self.kind = CallKind::Consumer;
        self.messaging = Some([options.system().into(), options.operation().into()]);
        let log = self.build_in(env)?;
        Ok(MessageLog { log, options })
    }
}

// === impl MessageLog ===

impl<M> MessageLog<M> {
    #[inline(never)]
    fn record(&self, message: &M) -> Option<AccessCall> {
        let mut shared = AccessRecord::acquire();
        let record = Arc::get_mut(&mut shared)?;
        record.config = Some(self.log.config.clone());
        let destination = self.options.destination(message);
        let destination =
            destination.map(|name| gusset_http::truncate_str(name, MAX_DESTINATION_BYTES));
        record.destination = destination.map(str::to_owned);
        record.request_id = gusset_http::current_request_id();
        Some(AccessCall::new(shared))
    }
}

impl<M, Res, R> Observer<RequestResponse<M, Res, R>> for MessageLog<M>
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    /// `None` if the entry is disabled.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, message: &M, _: &mut CallContext) -> Self::Call {
        match self.log.config.levels.any_enabled() {
            true => self.record(message),
            false => None,
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.log.config)
    }
}

impl<M, Res, R> CallObserver<RequestResponse<M, Res, R>> for AccessCall
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    #[inline]
    fn on_end(mut self, end: End<'_, RequestResponse<M, Res, R>>, cx: &CallContext) {
        if let End::Failed(_, failure) = end {
            self.keep_exception(failure);
        }
        // A message has no stage.
        self.complete(None, cx);
    }
}

impl<M> Clone for MessageLog<M> {
    fn clone(&self) -> Self {
        Self {
            log: self.log.clone(),
            options: self.options.clone(),
        }
    }
}

impl<M> fmt::Debug for MessageLog<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageLog")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

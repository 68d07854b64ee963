//! The kind of consumers of messages.

use std::fmt;
use std::marker::PhantomData;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use std::sync::Arc;

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_core::ConfigError;
#[cfg(any(feature = "log", feature = "trace"))]
use gusset_core::Env;
use gusset_core::{Classify, MessageOptions, RequestResponse};
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_http::RequestOptions;
#[cfg(feature = "log")]
use gusset_log::{AccessLog, AccessLogBuilder, MessageLog};
#[cfg(feature = "metrics")]
use gusset_metrics::{MessagingMetrics, MessagingMetricsBuilder, SharedRecorder};
#[cfg(feature = "trace")]
use gusset_trace::{MessageTrace, TraceObserver, TraceObserverBuilder};
use tower_layer::Identity;

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use super::ConfigureFn;
#[cfg(feature = "trace")]
use super::TraceParts;
use super::{Consumer, NoFilter, ServiceKind, sealed};

// === impl Consumer ===

impl<Req, Res> Consumer<Req, Res> {
    pub(crate) fn new(system: String) -> Self {
        Self {
            options: MessageOptions::new(system),
            messages: PhantomData,
        }
    }
}

impl<Req, Res, R> Consumer<Req, Res, R> {
    pub(crate) fn with_classifier<N>(self) -> Consumer<Req, Res, N> {
        Consumer {
            options: self.options,
            messages: PhantomData,
        }
    }
}

impl<Req, Res, R> sealed::Sealed for Consumer<Req, Res, R> {}

impl<Req, Res, R> ServiceKind for Consumer<Req, Res, R>
where
    Req: 'static,
    Res: 'static,
    R: Classify<RequestResponse<Req, Res, R>>,
{
    type Protocol = RequestResponse<Req, Res, R>;
    type PathFilter = NoFilter;
    #[cfg(feature = "metrics")]
    type Metrics = MessagingMetrics<Req>;
    #[cfg(not(feature = "metrics"))]
    type Metrics = ();
    #[cfg(feature = "trace")]
    type Trace = MessageTrace<Req>;
    #[cfg(not(feature = "trace"))]
    type Trace = ();
    #[cfg(feature = "log")]
    type Log = MessageLog<Req>;
    #[cfg(not(feature = "log"))]
    type Log = ();
    type Inject = Identity;
    #[cfg(feature = "metrics")]
    type MetricsBuilder = MessagingMetricsBuilder<Req>;

    fn path_filter(&self) -> NoFilter {
        NoFilter
    }

    fn no_inject() -> Identity {
        Identity::new()
    }

    #[cfg(feature = "metrics")]
    fn metrics(
        &self,
        recorder: SharedRecorder,
        configure: ConfigureFn<MessagingMetricsBuilder<Req>>,
        options: &Arc<RequestOptions>,
    ) -> Result<MessagingMetrics<Req>, ConfigError> {
        let messages = self.options.clone();
        let builder = MessagingMetrics::consumer(recorder, messages.system())
            .request_options(options.clone())
            .operation(messages.operation())
            .destination(move |message| messages.destination(message));
        configure(builder).build()
    }

    #[cfg(feature = "trace")]
    fn trace(
        &self,
        configure: ConfigureFn<TraceObserverBuilder>,
        options: &Arc<RequestOptions>,
        env: Env<'_>,
    ) -> Result<TraceParts<Self>, ConfigError> {
        let builder = TraceObserver::server().request_options(options.clone());
        let trace = configure(builder).build_consumer(self.options.clone(), env)?;
        Ok((Some(trace), Identity::new()))
    }

    #[cfg(feature = "log")]
    fn log(
        &self,
        configure: ConfigureFn<AccessLogBuilder>,
        options: &Arc<RequestOptions>,
        env: Env<'_>,
    ) -> Result<Option<MessageLog<Req>>, ConfigError> {
        let builder = AccessLog::server().request_options(options.clone());
        let log = configure(builder).build_consumer(self.options.clone(), env)?;
        Ok(Some(log))
    }
}

impl<Req, Res, R> fmt::Debug for Consumer<Req, Res, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consumer")
    }
}

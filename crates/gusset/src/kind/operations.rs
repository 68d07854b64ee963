//! The kind of operations.

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use std::sync::Arc;

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_core::ConfigError;
#[cfg(any(feature = "log", feature = "trace"))]
use gusset_core::Env;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_http::RequestOptions;
#[cfg(feature = "log")]
use gusset_log::{AccessLog, AccessLogBuilder, OperationLog};
#[cfg(feature = "metrics")]
use gusset_metrics::{OperationMetrics, OperationMetricsBuilder, SharedRecorder};
#[cfg(feature = "trace")]
use gusset_trace::{OperationTrace, TraceObserver, TraceObserverBuilder};
use tower_layer::Identity;

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use super::ConfigureFn;
#[cfg(feature = "trace")]
use super::TraceParts;
use super::{NoFilter, Operations, ServiceKind, sealed};

// === impl Operations ===

impl sealed::Sealed for Operations {}

impl ServiceKind for Operations {
    type Protocol = gusset_core::Operations;
    type PathFilter = NoFilter;
    #[cfg(feature = "metrics")]
    type Metrics = OperationMetrics;
    #[cfg(not(feature = "metrics"))]
    type Metrics = ();
    #[cfg(feature = "trace")]
    type Trace = OperationTrace;
    #[cfg(not(feature = "trace"))]
    type Trace = ();
    #[cfg(feature = "log")]
    type Log = OperationLog;
    #[cfg(not(feature = "log"))]
    type Log = ();
    type Inject = Identity;
    #[cfg(feature = "metrics")]
    type MetricsBuilder = OperationMetricsBuilder;

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
        configure: ConfigureFn<OperationMetricsBuilder>,
        options: &Arc<RequestOptions>,
    ) -> Result<OperationMetrics, ConfigError> {
        let builder = OperationMetrics::builder(recorder).request_options(options.clone());
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
        let trace = configure(builder).build_operations(env)?;
        Ok((Some(trace), Identity::new()))
    }

    #[cfg(feature = "log")]
    fn log(
        &self,
        configure: ConfigureFn<AccessLogBuilder>,
        options: &Arc<RequestOptions>,
        env: Env<'_>,
    ) -> Result<Option<OperationLog>, ConfigError> {
        let builder = AccessLog::server().request_options(options.clone());
        configure(builder).build_operations(env).map(Some)
    }
}

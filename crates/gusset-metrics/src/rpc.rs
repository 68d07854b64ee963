//! Metrics of gRPC servers and clients.

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId};
use gusset_data::semconv;
use gusset_http::{
    GrpcCode, Http, HttpClassifier, RequestHead, RequestOptions, ResponseHead, RpcMethod,
    has_grpc_messages,
};

use crate::call_metrics::{
    Bodies, CallInstruments, CallRecorder, Config, InstrumentSet, RPC_CLIENT, RPC_SERVER,
};
use crate::intern::InternedId;
use crate::key::SeriesKey;
use crate::{ConfigError, Label, SharedRecorder};

/// Records the metrics of gRPC calls, by OpenTelemetry's semantic conventions 1.44.
///
/// | metric of a server | unit | value |
/// |---|---|---|
/// | `rpc.server.call.duration` | s | time to the end of the response, including trailers |
/// | `gusset.rpc.server.active_calls` | `{call}` | calls in progress |
/// | `gusset.rpc.server.outcomes` | `{call}` | completed calls by outcome; if unfinished, also by stage |
///
/// A client has the same with `client` in the names.
///
/// The label `rpc.method` of a server is `_OTHER` until a call proves that the service implements the
/// method, so that clients cannot create label values ([`RpcMethod`]). The cardinality limit still
/// applies.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Grpc, GrpcClientClassifier, Http};
/// use gusset_metrics::{RpcMetrics, SharedRecorder};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let server = ObserveLayer::<Grpc, _>::new(RpcMetrics::server(recorder.clone()).build()?);
/// let client = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(RpcMetrics::client(recorder).build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RpcMetrics {
    instruments: Arc<CallInstruments>,
}

/// Configures and builds [`RpcMetrics`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RpcMetricsBuilder {
    config: Config,
    instruments: &'static InstrumentSet,
    options: Option<Arc<RequestOptions>>,
}

/// The state of one call of [`RpcMetrics`].
#[derive(Debug)]
pub struct RpcMetricsCall {
    call: CallRecorder,
    /// The method, if it was not known at the start.
    unproven_method: Option<RpcMethod>,
    /// Whether the body of the response consists of messages.
    has_messages: bool,
}

// === impl RpcMetrics ===

impl RpcMetrics {
    /// Returns a builder for the metrics of a server.
    pub fn server(recorder: SharedRecorder) -> RpcMetricsBuilder {
        Self::builder(recorder, &RPC_SERVER)
    }

    /// Returns a builder for the metrics of a client.
    ///
    /// Each server that the client calls has its own series. The server is that of the request target,
    /// or else of the `Host` header.
    pub fn client(recorder: SharedRecorder) -> RpcMetricsBuilder {
        Self::builder(recorder, &RPC_CLIENT)
    }

    /// Returns how often a function of the user has panicked: for a label. The call was recorded
    /// without what the function returns, and the first panic was logged.
    pub fn panics(&self) -> u64 {
        self.instruments.panics()
    }

    fn builder(recorder: SharedRecorder, instruments: &'static InstrumentSet) -> RpcMetricsBuilder {
        let mut config = Config::new(recorder);
        config
            .constant_labels
            .push((semconv::RPC_SYSTEM_NAME, "grpc".to_owned()));
        RpcMetricsBuilder {
            config,
            instruments,
            options: None,
        }
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for RpcMetrics {
    type Call = RpcMetricsCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> RpcMetricsCall {
        let instruments = &self.instruments;
        let attributes = instruments.attributes(req);
        let method = attributes.rpc_method();
        let mut key = SeriesKey {
            name: InternedId::from_rpc_method(method),
            ..SeriesKey::default()
        };
        if instruments.is_client() {
            key.peer = instruments.peer(attributes);
        }
        instruments.label_request(&mut key, req);
        RpcMetricsCall {
            call: CallRecorder::start(instruments, key),
            unproven_method: (!method.is_known()).then(|| RpcMethod::start(attributes)),
            has_messages: false,
        }
    }

    fn id(&self) -> ObserverId {
        self.instruments.observer_id()
    }
}

impl fmt::Debug for RpcMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcMetrics")
            .field("instruments", &self.instruments)
            .finish()
    }
}

// === impl RpcMetricsCall ===

impl<R: HttpClassifier> CallObserver<Http<R>> for RpcMetricsCall {
    #[inline]
    fn enter(&mut self) {
        self.call.enter();
    }

    #[inline]
    fn exit(&mut self) {
        self.call.exit();
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        let Self {
            call,
            unproven_method: _,
            has_messages,
        } = self;
        *has_messages = has_grpc_messages(res);
        call.instruments.label_response(&mut call.key, res);
    }

    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        let Self {
            mut call,
            unproven_method,
            has_messages,
        } = self;
        if let Some(code) = cx.status().and_then(GrpcCode::from_name) {
            call.key.status = u16::from(code.number()) + 1;
        }
        if let Some(method) = unproven_method {
            let method = method.resolve(&call.instruments.options, cx, has_messages);
            call.key.name = InternedId::from_rpc_method(method);
        }
        call.end(&Bodies::default(), end.stage(), cx);
    }
}

// === impl RpcMetricsBuilder ===

impl RpcMetricsBuilder {
    /// Sets the options of requests, shared with the other signals.
    ///
    /// They remember the methods that are known. Defaults to options that remember as many as the
    /// cardinality limit, but at most 8192.
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = Some(options);
        self
    }

    /// Sets how many series each metric may have, from 1 to 60,000.
    ///
    /// The calls over the limit share one overflow series. Defaults to 2000.
    pub fn cardinality_limit(mut self, limit: usize) -> Self {
        self.config.cardinality_limit = limit;
        self
    }

    /// Adds a custom label. At most five labels may be added.
    pub fn label(mut self, label: Label) -> Self {
        self.config.labels.push(label);
        self
    }

    /// Makes the recorder the local recorder while the service is polled.
    ///
    /// Metrics that the service records with `counter!` and the like then go to this recorder, without
    /// a global one. Spawned tasks are not covered. Off by default.
    pub fn with_local_recorder(mut self) -> Self {
        self.config.with_local_recorder = true;
        self
    }

    /// Builds the metrics.
    ///
    /// # Errors
    /// If a setting is invalid. The error names it.
    pub fn build(self) -> Result<RpcMetrics, ConfigError> {
        let Self {
            config,
            instruments,
            options,
        } = self;
        let limit = config.cardinality_limit;
        let options = options
            .unwrap_or_else(|| Arc::new(RequestOptions::default().with_rpc_method_limit(limit)));
        Ok(RpcMetrics {
            instruments: config.build(instruments, options)?,
        })
    }
}

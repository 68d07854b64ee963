//! Metrics of gRPC servers and clients.

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId};
use gusset_data::semconv;
use gusset_http::{
    GrpcCode, Http, HttpClassifier, RequestHead, RequestOptions, ResponseHead, RpcMethod,
};

use crate::call_metrics::{
    CallInstruments, CallRecorder, Config, InstrumentSet, RPC_CLIENT, RPC_SERVER,
};
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
/// The label `rpc.method` of a server is `_OTHER` until the method is verified, so that clients cannot
/// create label values. A method is verified by the first call that has a status other than
/// `UNIMPLEMENTED`, or a response message. The cardinality limit still applies.
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
    options: Arc<RequestOptions>,
    instruments: &'static InstrumentSet,
}

/// The state of one call of [`RpcMetrics`].
#[derive(Debug)]
pub struct RpcMetricsCall {
    call: CallRecorder,
    method: RpcMethod,
    /// The response has a success status, so its body consists of messages.
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
    /// Each server that the client calls has its own series. The server is the authority of the
    /// request target.
    pub fn client(recorder: SharedRecorder) -> RpcMetricsBuilder {
        Self::builder(recorder, &RPC_CLIENT)
    }

    fn builder(recorder: SharedRecorder, instruments: &'static InstrumentSet) -> RpcMetricsBuilder {
        let mut config = Config::new(recorder);
        config
            .constant_labels
            .push((semconv::RPC_SYSTEM_NAME, "grpc".to_owned()));
        RpcMetricsBuilder {
            config,
            options: Arc::default(),
            instruments,
        }
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for RpcMetrics {
    type Call = RpcMetricsCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> RpcMetricsCall {
        let instruments = &self.instruments;
        let attributes = instruments.attributes(req);
        let method = RpcMethod::start(attributes);
        // The method is part of the key only when the call completes: by then it may be known.
        let mut key = SeriesKey::default();
        if instruments.is_client() {
            key.peer = instruments.peer(attributes);
        }
        instruments.label_request(&mut key, req);
        RpcMetricsCall {
            call: CallRecorder::start(instruments, key),
            method,
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
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.call.scope(poll)
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        let Self {
            call,
            method: _,
            has_messages,
        } = self;
        *has_messages = res.status.is_success();
        call.instruments.label_response(&mut call.key, res);
    }

    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        let Self {
            mut call,
            method,
            has_messages,
        } = self;
        if let Some(code) = cx.status().and_then(GrpcCode::from_name) {
            call.key.status = u16::from(code.number()) + 1;
        }
        let instruments = &call.instruments;
        let method = method.resolve(&instruments.options, cx, has_messages);
        call.key.name = instruments.rpc_method(method);
        call.end(&end, cx);
    }
}

// === impl RpcMetricsBuilder ===

impl RpcMetricsBuilder {
    /// Sets the options of requests, shared with the other signals: they remember which methods are
    /// known.
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
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
        let instruments = self.config.build(self.instruments, self.options)?;
        Ok(RpcMetrics { instruments })
    }
}

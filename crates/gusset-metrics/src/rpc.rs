//! What is measured of RPC calls, on the server's side and on the client's.

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer};
use gusset_http::{GrpcCode, Http, HttpClassifier, KnownMethods, RequestHead, ResponseHead};

use crate::intern::NameId;
use crate::key::SeriesKey;
use crate::meter::{Config, Family, Meter, Metered, RPC_CLIENT, RPC_SERVER};
use crate::{ConfigError, Label, SharedRecorder, names};

/// The metrics of gRPC calls, by OpenTelemetry's semantic conventions 1.44: an observer.
///
/// | metric of a server | unit | what |
/// |---|---|---|
/// | `rpc.server.call.duration` | s | to the end of the response, trailers included |
/// | `gusset.rpc.server.active_calls` | `{call}` | calls under way |
/// | `gusset.rpc.server.outcomes` | `{call}` | what became of calls, and at which stage |
///
/// A client's are the same with `client` in their names.
///
/// A server's method becomes a label's value once it has been answered with anything but UNIMPLEMENTED, for
/// that is what strangers' words are answered with; until then it is `_OTHER`. A message is such an
/// answer, also where the caller did not wait for the status. The limit on series holds all the same.
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
    meter: Arc<Meter>,
}

/// Configures [`RpcMetrics`]. What is not set is by convention.
#[derive(Debug)]
#[must_use = "a builder measures nothing"]
pub struct RpcMetricsBuilder {
    config: Config,
    family: &'static Family,
}

/// The state of one call of [`RpcMetrics`].
#[derive(Debug)]
pub struct RpcMetricsCall {
    call: Metered,
    /// The method, until its first answer shows that it is one.
    unproven: Option<Box<str>>,
    /// The head is one that messages may follow.
    answered: bool,
}

// === impl RpcMetrics ===

impl RpcMetrics {
    /// Metrics of a server, recorded there, to be configured.
    pub fn server(recorder: SharedRecorder) -> RpcMetricsBuilder {
        Self::builder(recorder, &RPC_SERVER)
    }

    /// Metrics of a client, recorded there, to be configured. Its series tell the servers apart that
    /// it calls, by the authority of the request's target.
    pub fn client(recorder: SharedRecorder) -> RpcMetricsBuilder {
        Self::builder(recorder, &RPC_CLIENT)
    }

    fn builder(recorder: SharedRecorder, family: &'static Family) -> RpcMetricsBuilder {
        let mut config = Config::new(recorder);
        config.fixed.push((names::RPC_SYSTEM, "grpc".to_owned()));
        RpcMetricsBuilder { config, family }
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for RpcMetrics {
    /// `None` for the inner one of two layers that count the same.
    type Call = Option<RpcMetricsCall>;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> Self::Call {
        let path = req.uri.path();
        let method = path.strip_prefix('/').unwrap_or(path);
        let client = self.meter.is_client();
        // A client's methods are its own words; a server's may be a stranger's.
        let known = if client {
            Some(self.meter.names.id(method))
        } else {
            self.meter.names.known(method)
        };
        let call = Metered::start(&self.meter, || {
            let mut key = SeriesKey {
                name: known.unwrap_or(NameId::OTHER),
                ..SeriesKey::default()
            };
            if client {
                key.peer = self.meter.peer(req.uri);
            }
            self.meter.label_request(&mut key, req);
            key
        })?;
        Some(RpcMetricsCall {
            call,
            unproven: known.is_none().then(|| method.into()),
            answered: false,
        })
    }
}

impl fmt::Debug for RpcMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcMetrics")
            .field("meter", &self.meter)
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
            unproven: _,
            answered,
        } = self;
        *answered = res.status.is_success();
        call.meter.label_response(&mut call.key, res);
    }

    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        let Self {
            mut call,
            unproven,
            answered,
        } = self;
        let code = cx.status().and_then(GrpcCode::from_token);
        if let Some(code) = code {
            call.key.status = u16::from(code.number()) + 1;
        }
        if let Some(method) = unproven {
            // The caller of a stream may leave before its status, and all callers of it may.
            let proven = match code {
                Some(code) => code != GrpcCode::UNIMPLEMENTED,
                None => answered && cx.bytes() > 0,
            };
            if proven {
                call.key.name = call.meter.names.id(&method);
            }
        }
        call.end(&end, cx);
    }
}

// === impl RpcMetricsBuilder ===

impl RpcMetricsBuilder {
    /// How many series a metric may have: 2000 unless set, from 1 to 60,000. The calls of all
    /// others share one overflow series.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.config.series_limit = limit;
        self
    }

    /// Adds a label of the user's own, five at most.
    pub fn label(mut self, label: Label) -> Self {
        self.config.labels.push(label);
        self
    }

    /// Makes this recorder the current one while the service is polled, so that its own `counter!`
    /// lands here and no global recorder is needed. Not in tasks that it spawns.
    pub fn scope_recorder(mut self) -> Self {
        self.config.scope_recorder = true;
        self
    }

    /// Puts the metrics together.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn build(self) -> Result<RpcMetrics, ConfigError> {
        let meter = self.config.build(self.family, KnownMethods::default())?;
        Ok(RpcMetrics { meter })
    }
}

//! Layers made of a breaker.

use gusset_core::{AdmissionLayer, Protocol};
use gusset_http::{
    GrpcClientClassifier, GrpcServerClassifier, Http, HttpClientClassifier, HttpServerClassifier,
};

use crate::judge::{Judge, JudgeGrpc, JudgeHttp, JudgeOutcome};
use crate::{Breaker, BreakerGuard};

/// A layer of a breaker. Fails refused calls with the service's own error, which has to be
/// `From<Open>`; [`AdmissionLayer::respond_with`] answers them instead.
pub type BreakerLayer<P, J> = AdmissionLayer<P, BreakerGuard<J>>;

/// Layers. They refuse in `call`, and do not touch the service while the breaker is open; all that
/// are made of one breaker share it.
impl Breaker {
    /// A layer for an HTTP client. See [`JudgeHttp`] for what counts as a failure.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, Open, unavailable};
    ///
    /// let breaker = Breaker::builder("payments").build()?;
    /// let layer = breaker.http_client();
    /// // Or, for services that have no error of their own:
    /// let layer = breaker.http_client().respond_with(|open: Open| unavailable::<String>(&open));
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn http_client(&self) -> BreakerLayer<Http<HttpClientClassifier>, JudgeHttp> {
        self.layer_by(JudgeHttp)
    }

    /// A layer for an HTTP server: it protects a handler from its own requests.
    pub fn http_server(&self) -> BreakerLayer<Http<HttpServerClassifier>, JudgeHttp> {
        self.layer_by(JudgeHttp)
    }

    /// A layer for a gRPC client. See [`JudgeGrpc`] for what counts as a failure.
    pub fn grpc_client(&self) -> BreakerLayer<Http<GrpcClientClassifier>, JudgeGrpc> {
        self.layer_by(JudgeGrpc)
    }

    /// A layer for a gRPC server.
    pub fn grpc_server(&self) -> BreakerLayer<Http<GrpcServerClassifier>, JudgeGrpc> {
        self.layer_by(JudgeGrpc)
    }

    /// A layer for any other service, by the outcome that its protocol gives: of a
    /// [`RequestResponse`](gusset_core::RequestResponse), that an error is a failure.
    ///
    /// ```
    /// use gusset_breaker::Breaker;
    /// use gusset_core::RequestResponse;
    ///
    /// let breaker = Breaker::builder("mail").build()?;
    /// let layer = breaker.layer::<RequestResponse<String, ()>>();
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn layer<P: Protocol>(&self) -> BreakerLayer<P, JudgeOutcome> {
        self.layer_by(JudgeOutcome)
    }

    /// A layer with a judge of one's own: see [`judge_fn`](crate::judge::judge_fn).
    pub fn layer_by<P: Protocol, J: Judge<P>>(&self, judge: J) -> BreakerLayer<P, J> {
        let clock = self.core().clock.clone();
        AdmissionLayer::new(BreakerGuard::new(self.clone(), judge)).with_clock(clock)
    }

    /// The guard alone, for a driver of one's own. Its clock has to be the breaker's.
    pub fn guard<J>(&self, judge: J) -> BreakerGuard<J> {
        BreakerGuard::new(self.clone(), judge)
    }
}

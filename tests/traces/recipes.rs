//! The clients of `docs/tracing.md`.

use std::error::Error;

use gusset_core::Observe;
use gusset_http::{GrpcClientClassifier, Http};
use gusset_trace::{ClientLayer, Inject, TraceObserver};
use http::{Request, Response};
use tonic::transport::Channel;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceBuilder, service_fn};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A reqwest client as a Tower service.
pub(crate) type Client = BoxCloneSyncService<
    Request<reqwest::Body>,
    Response<
        gusset_http::ObservedBody<
            reqwest::Body,
            gusset_http::HttpClientClassifier,
            gusset_trace::TraceCallState,
        >,
    >,
    reqwest::Error,
>;

/// A tonic channel with a span for each call.
pub(crate) type Traced = Observe<Inject<Channel>, Http<GrpcClientClassifier>, TraceObserver>;

// [reqwest]
/// Returns a traced client, which converts between the types of `http` and those of reqwest.
pub(crate) fn reqwest(trace: TraceObserver) -> Result<Client, BoxError> {
    let client = reqwest::Client::builder()
        // A redirect that the client follows itself would be part of the same span.
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let send = service_fn(move |req: Request<reqwest::Body>| {
        let client = client.clone();
        async move {
            let res = client.execute(reqwest::Request::try_from(req)?).await?;
            Ok::<_, reqwest::Error>(Response::from(res))
        }
    });
    let client = ServiceBuilder::new()
        .layer(ClientLayer::new(trace)?)
        .service(send);
    Ok(BoxCloneSyncService::new(client))
}
// [reqwest]

// [tonic]
/// Returns a traced channel, for a generated client. A channel is a Tower service already.
pub(crate) fn tonic(channel: Channel, trace: TraceObserver) -> Result<Traced, BoxError> {
    Ok(ClientLayer::grpc(trace)?.layer(channel))
}
// [tonic]

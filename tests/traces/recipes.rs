//! Clients as `docs/tracing.md` makes them.

use std::error::Error;

use gusset_core::Observe;
use gusset_http::{GrpcClientClassifier, Http};
use gusset_trace::{ClientLayer, Inject, TraceObserver};
use http::{Request, Response};
use tonic::transport::Channel;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceBuilder, service_fn};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// What reqwest's client is once it takes and gives what the rest of Tower does.
pub(crate) type Client = BoxCloneSyncService<
    Request<reqwest::Body>,
    Response<
        gusset_http::ObservedBody<
            reqwest::Body,
            gusset_http::HttpClientClassifier,
            Option<gusset_trace::TraceCallState>,
        >,
    >,
    reqwest::Error,
>;

/// A channel of tonic's whose calls are spans.
pub(crate) type Traced = Observe<Inject<Channel>, Http<GrpcClientClassifier>, TraceObserver>;

// [reqwest]
/// reqwest speaks its own types: they are made of those of `http`, and into them again.
pub(crate) fn reqwest(trace: TraceObserver) -> Result<Client, BoxError> {
    let client = reqwest::Client::builder()
        // A redirect that the client follows by itself is part of the same span.
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
/// A channel is a Tower service already; a generated client takes what is laid over it.
pub(crate) fn tonic(channel: Channel, trace: TraceObserver) -> Result<Traced, BoxError> {
    Ok(ClientLayer::grpc(trace)?.layer(channel))
}
// [tonic]

//! A service that reads a given part of a request.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use bytes::Bytes;
use gusset_http::RequestBodySizeLayer;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tower_layer::Layer;

use gusset_tests::cases::Transport;

/// The servers.
pub(crate) const TRANSPORTS: [Transport; 2] = [Transport::Http1, Transport::AxumHttp1];

/// Starts a server, which is observed if there is a side.
pub(crate) fn serve(transport: Transport, side: Option<&Side>) -> Server {
    let layers = side.map(|side| (RequestBodySizeLayer::new(), side.http_server()));
    match (transport, layers) {
        (Transport::AxumHttp1, None) => Server::axum(router()),
        // In axum, the layer that is added last is outermost.
        (Transport::AxumHttp1, Some((count, observe))) => {
            Server::axum(router().layer(observe).layer(count))
        }
        (_, None) => Server::http1(tower::service_fn(respond::<Incoming>)),
        (_, Some((count, observe))) => {
            let service = tower::service_fn(respond);
            Server::http1(count.layer(observe.layer(service)))
        }
    }
}

fn router() -> Router {
    let handle = any(async |req: Request<Body>| match respond(req).await {
        Ok(res) => res.map(Body::new),
        Err(error) => panic!("the service always responds: {error}"),
    });
    Router::new().route("/{how}", handle)
}

/// Reads the part that the path names, and returns it.
async fn respond<B>(req: Request<B>) -> Result<Response<AnyBody>, BoxError>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let path = req.uri().path().to_owned();
    let mut body = req.into_body();
    let read = match path.as_str() {
        "/all" => match body.collect().await {
            Ok(read) => read.to_bytes(),
            Err(_) => return Ok(response(StatusCode::BAD_REQUEST, "aborted")),
        },
        "/first" => match body.frame().await {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            _ => Bytes::new(),
        },
        _ => Bytes::new(),
    };
    Ok(response(StatusCode::OK, read))
}

fn response(status: StatusCode, text: impl Into<Bytes>) -> Response<AnyBody> {
    let mut res = Response::new(boxed(Full::new(text.into())));
    *res.status_mut() = status;
    res
}

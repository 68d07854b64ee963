//! A service that reads as much of a request as it is told to, bare or counted.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use bytes::Bytes;
use gusset_http::RequestBodySizeLayer;
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::numbers::Side;
use gusset_tests::servers::Server;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tower_layer::Layer;

use gusset_tests::cases::Over;

/// Who serves.
pub(crate) const OVER: [Over; 2] = [Over::Http1, Over::AxumHttp1];

/// Serves, counted on that side if there is one.
pub(crate) fn serve(over: Over, side: Option<&Side>) -> Server {
    let layers = side.map(|side| (RequestBodySizeLayer::new(), side.http_server()));
    match (over, layers) {
        (Over::AxumHttp1, None) => Server::axum(router()),
        // Under axum what is added last is outermost.
        (Over::AxumHttp1, Some((count, observe))) => {
            Server::axum(router().layer(observe).layer(count))
        }
        (_, None) => Server::http1(tower::service_fn(answer::<Incoming>)),
        (_, Some((count, observe))) => {
            let service = tower::service_fn(answer);
            Server::http1(count.layer(observe.layer(service)))
        }
    }
}

fn router() -> Router {
    let handle = any(async |req: Request<Body>| match answer(req).await {
        Ok(res) => res.map(Body::new),
        Err(error) => panic!("it always answers: {error}"),
    });
    Router::new().route("/{how}", handle)
}

/// Reads as the path says, and answers with what was read.
async fn answer<B>(req: Request<B>) -> Result<Response<AnyBody>, BoxError>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let path = req.uri().path().to_owned();
    let mut body = req.into_body();
    let read = match path.as_str() {
        "/all" => match body.collect().await {
            Ok(read) => read.to_bytes(),
            Err(_) => return Ok(told(StatusCode::BAD_REQUEST, "broken off")),
        },
        "/first" => match body.frame().await {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            _ => Bytes::new(),
        },
        _ => Bytes::new(),
    };
    Ok(told(StatusCode::OK, read))
}

fn told(status: StatusCode, text: impl Into<Bytes>) -> Response<AnyBody> {
    let mut res = Response::new(boxed(Full::new(text.into())));
    *res.status_mut() = status;
    res
}

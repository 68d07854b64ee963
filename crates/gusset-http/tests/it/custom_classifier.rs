//! A classifier of the user's own: the side that it states decides what names a request.

use gusset_core::{Classification, Classify, Clock, End, Outcome, Predicate, ResponseKind};
use gusset_http::{Http, HttpClassifier, PathFilter, RequestHead, ResponseHead, Side};
use gusset_testkit::{RecordedCall, ScriptedBody};
use http::{Method, Request, Response};

use crate::support::{drain, observe_as, only, request};

/// Every complete response is a success.
struct Lenient<const IS_CLIENT: bool, const IS_GRPC: bool>;

type LenientServer = Lenient<false, false>;
type LenientClient = Lenient<true, false>;
type LenientGrpcClient = Lenient<true, true>;

impl<const IS_CLIENT: bool, const IS_GRPC: bool> HttpClassifier for Lenient<IS_CLIENT, IS_GRPC> {
    const SIDE: Side = if IS_CLIENT {
        Side::Client
    } else {
        Side::Server
    };
    const IS_GRPC: bool = IS_GRPC;
}

impl<const IS_CLIENT: bool, const IS_GRPC: bool> Classify<Http<Self>>
    for Lenient<IS_CLIENT, IS_GRPC>
{
    fn start(_: RequestHead<'_>) -> Self {
        Self
    }

    fn on_response(&mut self, _: ResponseHead<'_>) -> ResponseKind {
        ResponseKind::Body
    }

    fn on_end(&self, end: &End<'_, Http<Self>>) -> Classification {
        Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success))
    }
}

/// Returns a request that a handler behind `Router::nest` forwards: received as `/api/in/7`.
#[cfg(feature = "original-uri")]
fn forwarded() -> Request<()> {
    let mut request = Request::get("http://stock.internal/out/7")
        .body(())
        .unwrap();
    let received = axum::extract::OriginalUri("/api/in/7".parse().unwrap());
    request.extensions_mut().insert(received);
    request
}

#[cfg(feature = "original-uri")]
fn is_excluded<R: HttpClassifier>(path: &str) -> bool {
    let filter = PathFilter::excluding([path]);
    !Predicate::<Http<R>>::matches(&filter, RequestHead::from(&forwarded()))
}

#[cfg(feature = "original-uri")]
#[test]
fn client_filter_matches_the_path_that_it_sends() {
    assert!(is_excluded::<LenientClient>("/out/7"));
    assert!(!is_excluded::<LenientClient>("/api/in/7"));
    assert!(is_excluded::<LenientGrpcClient>("/out/7"));
    assert!(!is_excluded::<LenientGrpcClient>("/api/in/7"));
}

#[cfg(feature = "original-uri")]
#[test]
fn server_filter_matches_the_path_that_it_received() {
    assert!(is_excluded::<LenientServer>("/api/in/7"));
    assert!(!is_excluded::<LenientServer>("/out/7"));
}

/// Returns the call of a gRPC-Web response that a layer inside has decoded to more bytes than declared.
fn decoded_call<R: HttpClassifier>() -> RecordedCall {
    let response = Response::builder()
        .header("content-type", "application/grpc-web-text")
        .header("content-length", "4")
        .body(
            ScriptedBody::new()
                .data("decoded")
                .trailers("grpc-status", "0"),
        )
        .unwrap();
    let (mut response, recorder) =
        observe_as::<R, _>(request(Method::POST), response, Clock::system());
    drain(response.body_mut());
    drop(response);
    only(&recorder)
}

#[test]
fn grpc_web_is_recognised_for_grpc_alone() {
    let call = decoded_call::<LenientGrpcClient>();
    assert_eq!((call.outcome, call.trailers), (Outcome::Success, true));
    let call = decoded_call::<LenientClient>();
    assert_eq!(call.error, Some("body_length_mismatch"));
}

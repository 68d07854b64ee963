//! Requests to the gRPC health service: each gets one status or one message, by another decoder too.
#![no_main]

use std::collections::VecDeque;
use std::sync::LazyLock;

use bytes::Bytes;
use gusset_fuzz::call;
use gusset_health::{GrpcHealth, Health};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use libfuzzer_sys::{arbitrary, fuzz_target};
use prost::Message as _;

static SERVICE: LazyLock<GrpcHealth> = LazyLock::new(|| {
    let health = Health::builder().build().expect("the defaults are valid");
    health.grpc().service("shop.v1.Cart").expect("a valid name")
});

#[derive(Debug, arbitrary::Arbitrary)]
enum Input {
    /// Any method and any body.
    Bytes(String, Vec<u8>),
    /// A valid `Check`, with a field that is not known.
    Check(String, Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message)]
struct CheckRequest {
    #[prost(string, tag = "1")]
    service: String,
    #[prost(bytes = "vec", tag = "900")]
    unknown: Vec<u8>,
}

fuzz_target!(|input: Input| match input {
    Input::Bytes(method, body) => {
        let message = body.get(5..).unwrap_or_default();
        let decoded = CheckRequest::decode(message);
        let response = respond(&method, body.clone());
        if let (Ok(decoded), Some(Response::Message(_)), "Check") = (decoded, &response, &*method) {
            assert!(is_known(&decoded.service), "{decoded:?}");
        }
    }
    Input::Check(service, unknown) => {
        let message = CheckRequest { service, unknown };
        let encoded = message.encode_to_vec();
        let mut body = vec![0];
        body.extend_from_slice(&(encoded.len() as u32).to_be_bytes());
        body.extend_from_slice(&encoded);
        let expected = match message.service.as_str() {
            _ if body.len() > 4096 => Response::Status(8),
            service if is_known(service) => Response::Message(VecDeque::from([8, 2])),
            _ => Response::Status(5),
        };
        let response = respond("Check", body);
        match (expected, response) {
            (Response::Message(_), Some(Response::Message(_))) => {}
            (expected, response) => assert_eq!(Some(expected), response),
        }
    }
});

fn is_known(service: &str) -> bool {
    matches!(service, "" | "liveness" | "readiness" | "shop.v1.Cart")
}

#[derive(Debug, PartialEq)]
enum Response {
    /// A status in the headers.
    Status(u16),
    /// The message of the response.
    Message(VecDeque<u8>),
}

/// Returns the response, or `None` for a stream and for a method that is not a part of a URI.
fn respond(method: &str, body: Vec<u8>) -> Option<Response> {
    let uri = format!("/grpc.health.v1.Health/{method}");
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::try_from(uri).ok()?;
    let headers = request.headers_mut();
    headers.insert(
        "content-type",
        http::HeaderValue::from_static("application/grpc"),
    );
    let is_stream = request.uri().path().ends_with("/Watch");

    let response = call(&mut SERVICE.clone(), request);
    assert_eq!(response.status(), 200);
    if let Some(status) = response.headers().get("grpc-status") {
        let status = status.to_str().ok().and_then(|status| status.parse().ok());
        let status = status.filter(|status| (1..=16).contains(status));
        return Some(Response::Status(status.expect("an error code of gRPC")));
    }
    if is_stream {
        return None;
    }
    let body = futures_executor::block_on(response.into_body().collect());
    let body = body.expect("the body is in memory");
    let trailers = body.trailers().expect("a status in the trailers");
    assert_eq!(trailers["grpc-status"], "0");
    let mut frame = VecDeque::from(body.to_bytes().to_vec());
    let prefix: Vec<u8> = frame.drain(..5).collect();
    assert_eq!(prefix[0], 0);
    assert_eq!(prefix[1..], (frame.len() as u32).to_be_bytes());
    Some(Response::Message(frame))
}

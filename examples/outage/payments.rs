//! The payment service, which fails on demand.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::StreamBody;

/// How the payment service responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Succeed,
    /// Status 500.
    Fail,
    /// No response.
    Hang,
    /// Status 200, and a body that breaks off.
    AbortBody,
    /// Status 200, and an error in the gRPC trailers.
    FailInTrailers,
}

/// The mode, shared by the handlers and the customer who sets it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModeSwitch(Arc<AtomicU8>);

const MODES: [Mode; 5] = [
    Mode::Succeed,
    Mode::Fail,
    Mode::Hang,
    Mode::AbortBody,
    Mode::FailInTrailers,
];

impl ModeSwitch {
    pub(crate) fn set(&self, mode: Mode) {
        self.0.store(mode as u8, Ordering::Relaxed);
    }

    fn mode(&self) -> Mode {
        MODES[usize::from(self.0.load(Ordering::Relaxed))]
    }
}

pub(crate) fn service(switch: ModeSwitch) -> Router {
    Router::new()
        .route("/pay", post(pay))
        .route("/shop.Payments/Pay", post(pay_over_grpc))
        .with_state(switch)
}

async fn pay(State(switch): State<ModeSwitch>) -> Response {
    match switch.mode() {
        Mode::Succeed | Mode::FailInTrailers => Response::new(Body::from("paid")),
        Mode::Fail => status(500),
        Mode::Hang => std::future::pending().await,
        Mode::AbortBody => {
            let chunks = [
                Ok(Bytes::from("pa")),
                Err(io::Error::other("connection lost")),
            ];
            Response::new(Body::from_stream(futures_util::stream::iter(chunks)))
        }
    }
}

async fn pay_over_grpc(State(switch): State<ModeSwitch>) -> Response {
    let code = match switch.mode() {
        Mode::Succeed => "0",
        _ => "14",
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static(code));
    // An empty message, then the trailers.
    let frames = [
        Ok::<_, io::Error>(Frame::data(Bytes::from_static(&[0; 5]))),
        Ok(Frame::trailers(trailers)),
    ];
    let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    let mut response = Response::new(body);
    let grpc = http::HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", grpc);
    response
}

fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    response
}

//! The payment service: does what it is told to, which is mostly to fail.

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

/// What the payment service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Works,
    /// Answers 500.
    Fails,
    /// Answers nothing.
    Hangs,
    /// Begins to answer, and breaks off: the head said 200.
    Breaks,
    /// Answers 200, with the failure of the call in its gRPC trailers.
    FailsInTrailers,
}

/// The mode, as its hand sets it and its handlers see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switch(Arc<AtomicU8>);

const MODES: [Mode; 5] = [
    Mode::Works,
    Mode::Fails,
    Mode::Hangs,
    Mode::Breaks,
    Mode::FailsInTrailers,
];

impl Switch {
    pub(crate) fn set(&self, mode: Mode) {
        self.0.store(mode as u8, Ordering::Relaxed);
    }

    fn mode(&self) -> Mode {
        MODES[usize::from(self.0.load(Ordering::Relaxed))]
    }
}

pub(crate) fn service(switch: Switch) -> Router {
    Router::new()
        .route("/pay", post(pay))
        .route("/shop.Payments/Pay", post(pay_over_grpc))
        .with_state(switch)
}

async fn pay(State(switch): State<Switch>) -> Response {
    match switch.mode() {
        Mode::Works | Mode::FailsInTrailers => Response::new(Body::from("paid")),
        Mode::Fails => status(500),
        Mode::Hangs => std::future::pending().await,
        Mode::Breaks => {
            let begun = [Ok(Bytes::from("pa")), Err(io::Error::other("broken off"))];
            Response::new(Body::from_stream(futures_util::stream::iter(begun)))
        }
    }
}

async fn pay_over_grpc(State(switch): State<Switch>) -> Response {
    let code = match switch.mode() {
        Mode::Works => "0",
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

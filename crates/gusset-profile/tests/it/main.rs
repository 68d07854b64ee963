//! Who gets a profile, and that it shows what the process does.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "heap")]
mod heap;
mod refusals;

use std::future::Future;

use gusset_http::{EndpointBody, Mount as _, Reach, RequestHead, ResponseFuture, Routes};
use gusset_profile::{ProfileEndpoints, ProfileEndpointsBuilder};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;

const TOKEN: &str = "correct-horse-battery";

/// Tests of one binary share a process, which takes one profile at a time.
#[cfg(any(feature = "cpu", feature = "heap"))]
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn routes(builder: ProfileEndpointsBuilder) -> Routes {
    let profiles = builder.build().unwrap();
    profiles.mount(Routes::new(), Reach::Loopback).unwrap()
}

fn with_token() -> Routes {
    routes(ProfileEndpoints::builder().token(TOKEN))
}

/// Returns the response to a request with the token.
fn get(routes: &Routes, target: &str) -> ResponseFuture {
    let request = Request::get(target).header("authorization", format!("Bearer {TOKEN}"));
    answer(routes, &request.body(()).unwrap())
}

fn answer(routes: &Routes, request: &Request<()>) -> ResponseFuture {
    routes.answer(RequestHead::from(request)).unwrap()
}

/// Returns the status and the text of a response.
async fn text(response: impl Future<Output = Response<EndpointBody>>) -> (StatusCode, String) {
    let (parts, body) = response.await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, String::from_utf8(body.to_vec()).unwrap())
}

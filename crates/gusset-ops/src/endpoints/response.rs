//! Responses.

use bytes::Bytes;
use gusset_data::StateTree;
use gusset_http::EndpointBody;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::page;

pub(super) fn html(status: StatusCode, document: impl Into<Bytes>) -> Response<EndpointBody> {
    let mut response = response(status, document.into().into(), "text/html; charset=utf-8");
    set(&mut response, CONTENT_SECURITY_POLICY, page::POLICY);
    set(&mut response, REFERRER_POLICY, "no-referrer");
    response
}

pub(super) fn json(state: &StateTree) -> Response<EndpointBody> {
    json_text(serde_json::to_string(state).expect("all keys are texts"))
}

pub(super) fn json_text(mut body: String) -> Response<EndpointBody> {
    body.push('\n');
    response(StatusCode::OK, body.into(), "application/json")
}

pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response<EndpointBody> {
    let body = EndpointBody::from(body.into());
    response(status, body, "text/plain; charset=utf-8")
}

pub(super) fn bad_request(problem: impl std::fmt::Display) -> Response<EndpointBody> {
    text(StatusCode::BAD_REQUEST, format!("{problem}\n"))
}

pub(super) fn not_allowed(methods: &'static str) -> Response<EndpointBody> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, format!("{methods}\n"));
    set(&mut response, ALLOW, methods);
    response
}

pub(super) fn response(
    status: StatusCode,
    body: EndpointBody,
    kind: &'static str,
) -> Response<EndpointBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, CACHE_CONTROL, "no-store");
    response
}

pub(super) fn set(response: &mut Response<EndpointBody>, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
}

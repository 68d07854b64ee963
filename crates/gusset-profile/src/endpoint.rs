//! One endpoint: who may have a profile, and how it is answered.

use std::future::ready;

use bytes::Bytes;
use gusset_http::{Endpoint, EndpointBody, RequestHead, ResponseFuture};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Response, StatusCode};

use crate::error::ProfileError;
use crate::query::Parameters;
use crate::request::{Format, Kind, ProfileRequest};
use crate::settings::Settings;
use crate::take::PendingProfile;

/// The endpoint of one kind of profiles.
pub(crate) struct ProfileEndpoint {
    kind: Kind,
    settings: Settings,
}

// === impl ProfileEndpoint ===

impl ProfileEndpoint {
    pub(crate) fn new(kind: Kind, settings: Settings) -> Self {
        Self { kind, settings }
    }

    fn start(&self, req: RequestHead<'_>) -> Result<(PendingProfile, Format), ProfileError> {
        let Settings {
            token,
            max_duration,
            frequency,
        } = &self.settings;
        let Some(token) = token else {
            let reason = "profiles need a token, and none is configured";
            return Err(ProfileError::new(StatusCode::FORBIDDEN, reason));
        };
        if !token.is_in(req) {
            let reason = "a bearer token is required";
            return Err(ProfileError::new(StatusCode::UNAUTHORIZED, reason));
        }
        // `HEAD` too: it would take a profile for the length of its message.
        if *req.method != Method::GET {
            return Err(ProfileError::new(StatusCode::METHOD_NOT_ALLOWED, "GET"));
        }
        let parameters = Parameters::parse(self.kind, req.uri.query(), *max_duration)
            .map_err(|reason| ProfileError::new(StatusCode::BAD_REQUEST, reason))?;
        let Parameters { format, duration } = parameters;
        let request = ProfileRequest {
            kind: self.kind,
            format,
            duration,
            frequency: *frequency,
        };
        let pending = request.start()?;
        let kind = match self.kind {
            Kind::Cpu => "CPU",
            Kind::Heap => "heap",
        };
        tracing::info!(target: "gusset::profile", "{kind} profile requested");
        Ok((pending, format))
    }
}

impl Endpoint for ProfileEndpoint {
    type Future = ResponseFuture;

    fn answer(&self, req: RequestHead<'_>) -> ResponseFuture {
        let kind = self.kind;
        match self.start(req) {
            Ok((pending, format)) => Box::pin(async move {
                match pending.finish().await {
                    Ok(bytes) => found(kind, format, bytes),
                    Err(error) => refused(error),
                }
            }),
            Err(error) => Box::pin(ready(refused(error))),
        }
    }
}

fn found(kind: Kind, format: Format, bytes: Vec<u8>) -> Response<EndpointBody> {
    let is_empty = bytes.is_empty();
    let mut response = Response::new(EndpointBody::from(Bytes::from(bytes)));
    if is_empty {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    let (content_type, file) = match (format, kind) {
        (Format::Pprof, Kind::Cpu) => ("application/octet-stream", "profile.pb.gz"),
        (Format::Pprof, Kind::Heap) => ("application/octet-stream", "heap.pb.gz"),
        #[cfg(feature = "flamegraph")]
        (Format::Flamegraph, Kind::Cpu) => ("image/svg+xml", "profile.svg"),
        #[cfg(feature = "flamegraph")]
        (Format::Flamegraph, Kind::Heap) => ("image/svg+xml", "heap.svg"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{file}\""))
        .expect("the names of files are ASCII");
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(ProfileError { status, mut reason }: ProfileError) -> Response<EndpointBody> {
    reason.push('\n');
    let mut response = Response::new(EndpointBody::from(reason));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, text);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("GET"));
        }
        _ => {}
    }
    response
}

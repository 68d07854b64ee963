//! What is gRPC and what is not, by `content-type`.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};

use crate::{RequestHead, ResponseHead};

/// The kinds of content that matter to gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentType {
    Grpc,
    /// gRPC-Web: trailers are in the body, where a layer has put them.
    GrpcWeb,
    Other,
    Missing,
}

// === impl ContentType ===

impl ContentType {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        const GRPC: &[u8] = b"application/grpc";
        const WEB: &[u8] = b"-web";
        let Some(value) = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) else {
            return Self::Missing;
        };
        let (mime, rest) = value.split_at(GRPC.len().min(value.len()));
        let (suffix, _) = rest.split_at(WEB.len().min(rest.len()));
        if !mime.eq_ignore_ascii_case(GRPC) {
            Self::Other
        } else if suffix.eq_ignore_ascii_case(WEB) {
            Self::GrpcWeb
        } else if matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t')) {
            Self::Grpc
        } else {
            Self::Other
        }
    }

    /// Returns whether the content is gRPC or gRPC-Web.
    pub(crate) fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb)
    }
}

/// Returns whether a request is gRPC: a `POST` whose `content-type` is `application/grpc` (gRPC over
/// HTTP/2, "Requests") or gRPC-Web.
pub(crate) fn is_grpc_request(req: RequestHead<'_>) -> bool {
    *req.method == Method::POST && ContentType::from_headers(req.headers).is_grpc()
}

/// Returns whether the body of a request consists of gRPC messages: a `POST` of gRPC, and not of gRPC-Web, which may be
/// encoded as text.
///
/// ```
/// use gusset_http::{RequestHead, sends_grpc_messages};
///
/// let request = http::Request::post("/shop.Cart/Add").header("content-type", "application/grpc");
/// assert!(sends_grpc_messages(RequestHead::from(&request.body(()).unwrap())));
/// ```
pub fn sends_grpc_messages(req: RequestHead<'_>) -> bool {
    *req.method == Method::POST && ContentType::from_headers(req.headers) == ContentType::Grpc
}

/// Returns whether the body of a response consists of gRPC messages, so that a byte of it proves that
/// the server implements the method.
///
/// A page that a fallback answers with does not. Nor does gRPC-Web, whose body may be the status alone.
///
/// ```
/// use gusset_http::{ResponseHead, has_grpc_messages};
///
/// let response = http::Response::builder().header("content-type", "application/grpc").body(());
/// assert!(has_grpc_messages(ResponseHead::from(&response.unwrap())));
/// ```
pub fn has_grpc_messages(res: ResponseHead<'_>) -> bool {
    res.status.is_success() && ContentType::from_headers(res.headers) == ContentType::Grpc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_distinguished() {
        for (value, expected) in [
            ("application/grpc", ContentType::Grpc),
            ("application/grpc+proto", ContentType::Grpc),
            ("Application/GRPC; charset=utf-8", ContentType::Grpc),
            ("application/grpc-web", ContentType::GrpcWeb),
            ("application/grpc-web-text+proto", ContentType::GrpcWeb),
            ("application/grpcx", ContentType::Other),
            ("application/json", ContentType::Other),
            ("", ContentType::Other),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(ContentType::from_headers(&headers), expected, "{value}");
        }
        assert_eq!(
            ContentType::from_headers(&HeaderMap::new()),
            ContentType::Missing
        );
    }
}

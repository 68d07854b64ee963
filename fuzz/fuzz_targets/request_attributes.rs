//! The attributes of any request: within their limits, without secrets, and equal for each observer.
#![no_main]

use std::sync::LazyLock;

use gusset_core::ProtocolRequest;
use gusset_fuzz::{SECRET, headers};
use gusset_http::{
    AttributeCache, Http, HttpServerClassifier, MAX_HEADER_VALUE_BYTES, MAX_PATH_BYTES,
    QueryRedaction, RequestAttributes, RequestHead, RequestOptions, RpcMethod, Side,
    TrustedProxies,
};
use http::{Method, Request, Uri};
use libfuzzer_sys::{arbitrary, fuzz_target};

const NAMES: &[&str] = &[
    "host",
    "user-agent",
    "x-forwarded-for",
    "forwarded",
    "content-type",
];

static OPTIONS: LazyLock<RequestOptions> = LazyLock::new(|| {
    RequestOptions::default()
        .with_query(QueryRedaction::default())
        .with_trusted_proxies(TrustedProxies::hops(std::num::NonZeroUsize::MIN))
        .with_user_agent(true)
});

#[derive(Debug, arbitrary::Arbitrary)]
struct Input {
    method: Vec<u8>,
    uri: Vec<u8>,
    user: String,
    fields: Vec<(u8, Vec<u8>)>,
    https: bool,
}

fuzz_target!(|input: Input| {
    let Ok(method) = Method::from_bytes(&input.method) else {
        return;
    };
    let Ok(uri) = Uri::try_from(input.uri.as_slice()) else {
        return;
    };
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = headers(NAMES, &input.fields);
    *request.uri_mut() = uri;
    check(&request, input.https);

    // The same request with credentials, which end at a slash, a query or a fragment.
    let user = input.user.replace(['/', '?', '#'], "");
    let uri = request.uri().to_string();
    if request.uri().scheme().is_none() || uri.contains(SECRET) {
        return;
    }
    if let Some((scheme, rest)) = uri.split_once("://") {
        let uri = format!("{scheme}://{user}:{SECRET}@{rest}");
        if let Ok(uri) = Uri::try_from(uri) {
            *request.uri_mut() = uri;
            let head = RequestHead::from(&request);
            let attributes = RequestAttributes::new(head, Side::Client, &OPTIONS);
            assert!(!attributes.url().to_string().contains(SECRET));
            assert!(
                !attributes
                    .server_address()
                    .is_some_and(|host| host.contains(SECRET))
            );
            check(&request, input.https);
        }
    }
});

fn check(request: &Request<()>, https: bool) {
    let options = OPTIONS.clone().with_https(https);
    let cache = AttributeCache::default();
    type Server = Http<HttpServerClassifier>;
    let cached = <Server as ProtocolRequest<Request<()>>>::head(request, &cache);
    for side in [Side::Server, Side::Client] {
        let attributes = RequestAttributes::new(RequestHead::from(request), side, &options);
        let first = every(attributes);
        for _ in 0..2 {
            let cached = RequestAttributes::new(cached, side, &options);
            assert_eq!(every(cached), first);
        }
        check_limits(attributes);
    }
}

fn check_limits(attributes: RequestAttributes<'_>) {
    let method = attributes.method();
    assert_eq!(method == "_OTHER", attributes.method_original().is_some());
    assert!(
        attributes
            .method_original()
            .is_none_or(|method| method.len() <= 32)
    );
    assert!(attributes.path().len() <= MAX_PATH_BYTES);
    assert!(attributes.rpc_method_original().len() <= RpcMethod::MAX_BYTES);
    assert!(
        attributes
            .user_agent()
            .is_none_or(|agent| agent.len() <= MAX_HEADER_VALUE_BYTES)
    );

    let owned = attributes.to_server_address();
    let owned = owned.as_ref().map(|owned| (owned.address(), owned.port()));
    let borrowed = attributes.server_address().zip(attributes.server_port());
    assert_eq!(owned, borrowed);
    if let Some((host, _)) = attributes.requested_host() {
        // Any other character is reported as the client sent it.
        assert!(!host.is_empty() && host.len() <= 255 && !host.contains('@'));
    }
}

/// Formats every attribute.
fn every(attributes: RequestAttributes<'_>) -> String {
    format!(
        "{:?}",
        (
            attributes.method(),
            attributes.method_original(),
            attributes.scheme(),
            attributes.requested_host(),
            (attributes.server_address(), attributes.server_port()),
            attributes.path(),
            attributes.query().map(|query| query.to_string()),
            attributes.url().to_string(),
            attributes.protocol_version(),
            (attributes.rpc_service(), attributes.rpc_method_original()),
            (
                attributes.rpc_method().as_str(),
                attributes.rpc_method().original()
            ),
            (attributes.client_address(), attributes.user_agent()),
        )
    )
}

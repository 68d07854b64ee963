//! Random options and calls.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use gusset::http::TrustedProxies;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::calls::{Call, End, GrpcStatus, Options};

pub(crate) fn options() -> impl Strategy<Value = Options> {
    let methods = of(Just(vec!["GET", "brew"]));
    let proxies = of(prop_oneof![
        (1..3_usize).prop_map(|hops| TrustedProxies::hops(NonZeroUsize::new(hops).unwrap())),
        Just(TrustedProxies::cidrs(["10.0.0.0/8", "2001:db8::/32"]).unwrap()),
    ]);
    let all = (
        any::<bool>(),
        methods,
        proxies,
        any::<bool>(),
        any::<Option<bool>>(),
    );
    all.prop_map(
        |(https, known_methods, proxies, query, user_agent)| Options {
            https,
            known_methods,
            proxies,
            query,
            user_agent,
        },
    )
}

/// Generates an HTTP request and the behaviour of the service.
pub(crate) fn http_call() -> impl Strategy<Value = Call> {
    let route = of(select(vec!["/items/{id}", "/", LONG_ROUTE]));
    let request = (
        method(),
        uri(path()),
        version(),
        headers(),
        peer(),
        route.clone(),
    );
    let status = select(vec![101, 103, 200, 204, 302, 304, 404, 429, 500, 503, 599]);
    let response = (end(), status, version(), route, any::<u8>());
    (request, response).prop_map(|(request, response)| {
        let (method, uri, version, headers, peer, route) = request;
        let (end, status, response_version, response_route, rejected) = response;
        Call {
            method,
            uri,
            version,
            headers,
            peer,
            route,
            end,
            status: StatusCode::from_u16(status).unwrap(),
            response_version,
            response_route,
            grpc_status: GrpcStatus::None,
            is_rejected: rejected < 16,
        }
    })
}

/// Generates a gRPC request and the behaviour of the service. Few methods, so that they repeat.
pub(crate) fn grpc_call() -> impl Strategy<Value = Call> {
    let code = select(vec!["0", "1", "5", "12", "13", "99", "none"]);
    let status = prop_oneof![
        Just(GrpcStatus::None),
        code.clone().prop_map(GrpcStatus::Headers),
        code.prop_map(GrpcStatus::Trailers),
    ];
    let path = select(vec!["/a.B/C", "/a.B/D", "/a", "/", "//", LONG_METHOD]);
    let request = (uri(path.prop_map(str::to_owned)), headers(), peer());
    let http_status = select(vec![200, 200, 200, 404, 503]);
    let content_type = select(vec![
        Some("application/grpc"),
        Some("application/grpc"),
        Some("application/json"),
        None,
    ]);
    let response = (end(), status, http_status);
    (request, content_type, response).prop_map(|(request, content_type, response)| {
        let (uri, mut headers, peer) = request;
        let (end, grpc_status, status) = response;
        if let Some(content_type) = content_type {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        }
        Call {
            method: Method::POST,
            uri,
            version: Version::HTTP_2,
            headers,
            peer,
            route: None,
            end,
            status: StatusCode::from_u16(status).unwrap(),
            response_version: Version::HTTP_2,
            response_route: None,
            grpc_status,
            is_rejected: false,
        }
    })
}

const LONG_ROUTE: &str = "/a/{very}/long/{route}/of/more/than/256/bytes/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const LONG_METHOD: &str = LONG_ROUTE;

fn method() -> impl Strategy<Value = Method> {
    let methods = [
        "GET",
        "POST",
        "HEAD",
        "OPTIONS",
        "CONNECT",
        "QUERY",
        "brew",
        "get",
        "_OTHER",
        "AN-UNKNOWN-METHOD-OF-MORE-THAN-32-BYTES",
    ];
    select(methods.to_vec()).prop_map(|method| Method::from_bytes(method.as_bytes()).unwrap())
}

fn version() -> impl Strategy<Value = Version> {
    select(vec![
        Version::HTTP_09,
        Version::HTTP_10,
        Version::HTTP_11,
        Version::HTTP_2,
        Version::HTTP_3,
    ])
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/".to_owned()),
        "/[a-z0-9%.~\"|]{0,12}(/[a-z]{0,4}){0,2}",
        Just(format!("/{}", "p".repeat(3000))),
    ]
}

/// Generates targets of every form.
fn uri(path: impl Strategy<Value = String>) -> impl Strategy<Value = Uri> {
    let query = prop_oneof![
        Just(String::new()),
        Just("?".to_owned()),
        Just("?page=2&sig=secret".to_owned()),
        "\\?[a-z&=%+;]{0,12}",
    ];
    let scheme = select(vec!["http", "https", "HTTPS", "ws"]);
    let form = prop_oneof![
        4 => Just(None),
        4 => (scheme, authority()).prop_map(Some),
    ];
    let with_path = (form, path, query).prop_map(|(form, path, query)| match form {
        Some((scheme, authority)) => format!("{scheme}://{authority}{path}{query}"),
        None => format!("{path}{query}"),
    });
    let target = prop_oneof![
        12 => with_path,
        1 => authority(),
        1 => Just("*".to_owned()),
    ];
    target.prop_filter_map("not a target", |target| target.parse().ok())
}

fn authority() -> impl Strategy<Value = String> {
    let hosts = [
        "a.example",
        "A.Example",
        "127.0.0.1",
        "[::1]",
        "[2001:db8::1]",
        "me:secret@a.example",
        "me@[::1]",
    ];
    let port = select(vec!["", ":", ":0", ":80", ":443", ":8080", ":65535"]);
    (select(hosts.to_vec()), port).prop_map(|(host, port)| format!("{host}{port}"))
}

fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let host = prop_oneof![
        authority().prop_map(String::into_bytes),
        select(vec![
            &b"caf\xe9.example"[..],
            b"",
            b":80",
            b"[]",
            b"[",
            b"a b:c"
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    let client = prop_oneof![
        Just("203.0.113.7"),
        Just("203.0.113.7, 10.0.0.1"),
        Just("2001:db8::2, 198.51.100.1:4711"),
        Just("[2001:db9::1]:80"),
        Just("unknown, 10.0.0.1"),
        Just(""),
    ];
    let forwarded = prop_oneof![
        Just("for=203.0.113.8;proto=https"),
        Just("for=\"[2001:db9::2]:80\", for=10.0.0.1"),
        Just("for=_hidden"),
    ];
    let user_agent = select(vec![
        &b"curl/8"[..],
        b"caf\xe9",
        b"a \"quoted\" agent",
        b"",
        LONG_VALUE,
    ]);
    let all = (of(host), of(client), of(forwarded), of(user_agent));
    all.prop_map(|(host, client, forwarded, user_agent)| {
        let values = [
            (http::header::HOST, host),
            (
                HeaderName::from_static("x-forwarded-for"),
                client.map(|text| text.as_bytes().to_vec()),
            ),
            (
                http::header::FORWARDED,
                forwarded.map(|text| text.as_bytes().to_vec()),
            ),
            (http::header::USER_AGENT, user_agent.map(<[u8]>::to_vec)),
        ];
        let present = values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        present
            .map(|(name, value)| (name, HeaderValue::from_bytes(&value).unwrap()))
            .collect()
    })
}

const LONG_VALUE: &[u8] = &[b'u'; 600];

fn peer() -> impl Strategy<Value = Option<SocketAddr>> {
    let peers = [
        "10.0.0.9:4711",
        "192.0.2.1:1",
        "[::ffff:10.0.0.9]:80",
        "[2001:db8::9]:80",
    ];
    of(select(peers.to_vec()).prop_map(|peer| peer.parse().unwrap()))
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::EmptyBody),
        6 => Just(End::CompleteBody),
        1 => Just(End::FailedBody),
        1 => Just(End::DroppedBody),
        1 => Just(End::DroppedBeforeHeaders),
        1 => Just(End::Failed),
        1 => Just(End::Panicked),
    ]
}

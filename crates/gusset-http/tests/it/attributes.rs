//! Every signal reads a request by one rule.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use gusset_core::{CallContext, ObserveLayer, Observer};
use gusset_http::{
    Http, HttpClassifier, HttpClientClassifier, KnownMethods, PeerAddr, ProtocolVersion,
    QueryRedaction, RequestAttributes, RequestHead, RequestOptions, Route, Scheme, ServerAddress,
    Side, TrustedProxies, UrlTemplate, route_panics,
};
use gusset_testkit::ScriptedBody;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};
use proptest::prelude::*;
use proptest::string::string_regex;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok};

pub(crate) fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

fn with_header(mut req: Request<()>, name: &'static str, value: &'static str) -> Request<()> {
    req.headers_mut()
        .insert(name, HeaderValue::from_static(value));
    req
}

#[test]
fn scheme_is_that_of_the_target_or_the_configured_one() {
    let cases = [
        ("https://a.example/", Side::Server, false, Scheme::Https),
        ("http://a.example/", Side::Server, true, Scheme::Http),
        ("/", Side::Server, false, Scheme::Http),
        ("/", Side::Server, true, Scheme::Https),
        ("https://a.example/", Side::Client, false, Scheme::Https),
        ("HTTPS://a.example/", Side::Client, false, Scheme::Https),
        ("/", Side::Client, true, Scheme::Http),
        ("ftp://a.example/", Side::Server, true, Scheme::Https),
        ("ftp://a.example/", Side::Client, true, Scheme::Http),
    ];
    for (uri, side, https, scheme) in cases {
        let (req, options) = (get(uri), RequestOptions::default().with_https(https));
        let attributes = RequestAttributes::new(RequestHead::from(&req), side, &options);
        assert_eq!(attributes.scheme(), scheme, "{uri} {side:?} {https}");
    }
}

#[test]
fn client_reports_the_server_that_its_request_names() {
    let cases = [
        ("http://a.example/", None, Some(("a.example", 80))),
        ("https://a.example/", None, Some(("a.example", 443))),
        ("https://a.example:8443/", None, Some(("a.example", 8443))),
        ("https://me:pass@a.example/", None, Some(("a.example", 443))),
        ("https://[2001:db8::1]/", None, Some(("2001:db8::1", 443))),
        ("http://[::1]:8080/", None, Some(("::1", 8080))),
        (
            "http://a.example/",
            Some("b.example"),
            Some(("a.example", 80)),
        ),
        ("/", Some("b.example"), Some(("b.example", 80))),
        ("/", Some("b.example:8080"), Some(("b.example", 8080))),
        ("/", Some("[::1]:8080"), Some(("::1", 8080))),
        ("/", Some("b.example:0"), Some(("b.example", 80))),
        ("/", Some(":80"), None),
        ("/", Some(""), None),
        ("/", None, None),
        ("a.example:8080", None, Some(("a.example", 8080))),
    ];
    for (uri, host, server) in cases {
        let mut req = get(uri);
        if let Some(host) = host {
            req = with_header(req, "host", host);
        }
        let (head, options) = (RequestHead::from(&req), RequestOptions::default());
        let client = RequestAttributes::new(head, Side::Client, &options);
        let reported = client.server_address().zip(client.server_port());
        assert_eq!(reported, server, "{uri} {host:?}");
        let kept = client.to_server_address();
        let kept = kept.as_ref().map(|kept| (kept.address(), kept.port()));
        assert_eq!(kept, server, "{uri} {host:?}");
        // Clients could choose it.
        let server = RequestAttributes::new(head, Side::Server, &options);
        assert_eq!(
            (server.server_address(), server.server_port()),
            (None, None)
        );
        assert!(server.to_server_address().is_none());
    }
}

#[test]
fn unknown_method_is_other_with_its_original() {
    let methods = KnownMethods::new(["GET", "BREW"]).unwrap();
    let options = RequestOptions::default().with_known_methods(methods);
    let mut req = get("/");
    for (method, reported, original) in [
        ("GET", "GET", None),
        ("BREW", "BREW", None),
        ("POST", "_OTHER", Some("POST")),
        ("_OTHER", "_OTHER", Some("_OTHER")),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "_OTHER",
            Some("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"),
        ),
    ] {
        *req.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        let attributes = RequestAttributes::new(RequestHead::from(&req), Side::Server, &options);
        assert_eq!(attributes.method(), reported);
        assert_eq!(attributes.method_original(), original);
        assert_eq!(options.method_name(attributes.method_index()), reported);
    }
}

#[test]
fn client_address_is_behind_the_trusted_proxies() {
    let mut req = with_header(get("/"), "x-forwarded-for", "6.6.6.6, 1.1.1.1");
    let peer: SocketAddr = "[::ffff:10.0.0.1]:80".parse().unwrap();
    req.extensions_mut().insert(PeerAddr(peer));
    let none = RequestOptions::default();
    let one = TrustedProxies::hops(NonZeroUsize::MIN);
    let hops = none.clone().with_trusted_proxies(one);
    let cidrs = none
        .clone()
        .with_trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8", "1.1.1.1"]).unwrap());
    for (options, address) in [(&none, "10.0.0.1"), (&hops, "1.1.1.1"), (&cidrs, "6.6.6.6")] {
        let address: IpAddr = address.parse().unwrap();
        let head = RequestHead::from(&req);
        let server = RequestAttributes::new(head, Side::Server, options);
        assert_eq!(server.client_address(), Some(address));
        assert_eq!(server.peer_address(), Some(peer));
        let client = RequestAttributes::new(head, Side::Client, options);
        assert_eq!(
            (client.client_address(), client.peer_address()),
            (None, None)
        );
    }
}

#[test]
fn user_agent_and_query_are_opt_in_where_they_may_be_secret() {
    let req = with_header(get("http://a.example/p?sig=abc"), "user-agent", "curl/8");
    let head = RequestHead::from(&req);
    let default = RequestOptions::default();
    let reported = |side, options: &RequestOptions| {
        let attributes = RequestAttributes::new(head, side, options);
        let query = attributes.query().map(|query| query.to_string());
        (attributes.user_agent().is_some(), query)
    };
    assert_eq!(reported(Side::Server, &default), (true, None));
    assert_eq!(reported(Side::Client, &default), (false, None));
    let all = default
        .clone()
        .with_user_agent(true)
        .with_query(QueryRedaction::default());
    let redacted = Some("sig=REDACTED".to_owned());
    assert_eq!(reported(Side::Client, &all), (true, redacted));
    let client = RequestAttributes::new(head, Side::Client, &all);
    assert_eq!(client.url().to_string(), "http://a.example/p?sig=REDACTED");
    let no_agent = default.with_user_agent(false);
    assert!(!reported(Side::Server, &no_agent).0);
}

/// Reads one request by several options, inside one call.
struct Compare(Vec<(Side, RequestOptions)>);

impl<R: HttpClassifier> Observer<Http<R>> for Compare {
    type Call = ();

    fn start(&self, cached: RequestHead<'_>, _: &mut CallContext) {
        let mut req = Request::new(());
        *req.method_mut() = cached.method.clone();
        *req.uri_mut() = cached.uri.clone();
        *req.version_mut() = cached.version;
        *req.headers_mut() = cached.headers.clone();
        *req.extensions_mut() = cached.extensions.clone();
        let uncached = RequestHead::from(&req);
        // Twice: the second time everything is cached.
        for (side, options) in self.0.iter().chain(&self.0) {
            let [cached, uncached] = [cached, uncached]
                .map(|head| describe(RequestAttributes::new(head, *side, options)));
            assert_eq!(cached, uncached);
        }
    }
}

/// Checks what holds for every request, and returns all attributes.
fn describe(attributes: RequestAttributes<'_>) -> String {
    let known = [
        "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY",
    ];
    let (method, original) = (attributes.method(), attributes.method_original());
    assert_eq!(known.contains(&method), original.is_none());
    assert!(original.is_none_or(|original| method == "_OTHER" && original.len() <= 32));
    assert!(matches!(attributes.scheme().as_str(), "http" | "https"));
    let (address, port) = (attributes.server_address(), attributes.server_port());
    assert_eq!(address.is_some(), port.is_some());
    assert!(address.is_none_or(|host| !host.is_empty() && host.len() <= 255));
    assert_ne!(port, Some(0));
    let kept = attributes.to_server_address();
    assert_eq!(kept.as_ref().map(ServerAddress::address), address);
    assert_eq!(kept.as_ref().map(ServerAddress::port), port);
    assert!(attributes.path().len() <= 1024);
    assert!(attributes.rpc_method_original().len() <= 256);
    let rpc = attributes.rpc_method();
    assert!(rpc.is_known() || rpc.as_str() == "_OTHER");
    let is_shown = !rpc.is_known() && !attributes.rpc_method_original().is_empty();
    assert_eq!(rpc.original().is_some(), is_shown);
    format!(
        "{method} {original:?} {} {address:?} {port:?} {} {:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        attributes.scheme().as_str(),
        attributes.path(),
        attributes.query(),
        attributes.url(),
        attributes.protocol_version().map(ProtocolVersion::as_str),
        attributes.route(),
        attributes.rpc_service(),
        rpc,
        attributes.client_address(),
        attributes.peer_address(),
        attributes.user_agent(),
        attributes.requested_host(),
    )
}

fn uris() -> impl Strategy<Value = Uri> {
    let host = "([a-z]{1,5}(\\.[a-z]{1,3})?|\\[::[0-9a-f]{0,4}\\]|[0-9.]{1,9})";
    let absolute = format!(
        "(http|https|HTTP|ftp|wss)://([a-z]{{1,3}}(:[a-z]{{0,3}})?@)?{host}(:[0-9]{{0,6}})?(/[!-~]{{0,20}})?"
    );
    let text = |regex: &str| string_regex(regex).unwrap();
    prop_oneof![
        text(&absolute),
        text("/[!-~]{0,300}(\\?[!-~]{0,40})?"),
        text(&format!("{host}:[0-9]{{0,6}}")),
        text("\\*|\\PC{0,20}"),
    ]
    .prop_filter_map("a URI", |text| text.parse().ok())
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec![
        "host",
        "user-agent",
        "x-forwarded-for",
        "forwarded",
        "x",
    ]);
    let value = prop_oneof![
        "[ -~]{0,30}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..300)
    ];
    prop::collection::vec((name, value), 0..6).prop_map(|headers| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                map.append(name, value);
            }
        }
        map
    })
}

proptest! {
    #[test]
    fn any_request_has_valid_attributes(
        method in "[A-Z]{1,40}|GET|POST",
        uri in uris(),
        version in prop::sample::select(vec![Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3]),
        headers in headers(),
        peer in any::<Option<SocketAddr>>(),
        route in any::<Option<String>>(),
        https: bool,
    ) {
        let mut req = Request::new(());
        *req.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *req.uri_mut() = uri;
        *req.version_mut() = version;
        *req.headers_mut() = headers;
        if let Some(peer) = peer {
            req.extensions_mut().insert(PeerAddr(peer));
        }
        if let Some(route) = route {
            req.extensions_mut().insert(Route::from_arc(route));
        }
        let base = RequestOptions::default().with_https(https).with_query(QueryRedaction::default());
        let hops = base.clone().with_trusted_proxies(TrustedProxies::hops(NonZeroUsize::MIN));
        let cidrs = base.clone().with_trusted_proxies(TrustedProxies::cidrs(["0.0.0.0/1", "::/1"]).unwrap());
        let sides = [Side::Server, Side::Client];
        let all = [base, hops, cidrs].into_iter().flat_map(|options| sides.map(|side| (side, options.clone())));
        let layer = ObserveLayer::<Http<HttpClientClassifier>, _>::new(Compare(all.collect()));
        let mut service = layer.layer(Answers::with(ok(ScriptedBody::new())));
        let Ok(_) = now(service.call(req));
    }
}

#[test]
fn route_of_a_function_replaces_that_of_the_request() {
    let text = |options: &RequestOptions, side: Side, name: &str| {
        let mut req = get("http://a/items/7");
        req.headers_mut().insert("x-route", name.parse().unwrap());
        req.extensions_mut().insert(Route::new("/route"));
        req.extensions_mut().insert(UrlTemplate::new("/template"));
        let attributes = RequestAttributes::new(RequestHead::from(&req), side, options);
        let route = attributes.route().map(str::to_owned);
        let kept = attributes.to_route();
        assert_eq!(kept.as_ref().map(Route::as_str), route.as_deref());
        assert_eq!(attributes.untruncated_route(), route.as_deref());
        route.unwrap()
    };
    let options = RequestOptions::default().with_route(|req| {
        let name = req.headers.get("x-route")?.to_str().ok()?;
        assert!(name != "panic", "on purpose");
        name.starts_with('/').then_some(name)
    });
    for side in [Side::Server, Side::Client] {
        assert_eq!(text(&options, side, "/function"), "/function");
    }
    let before = route_panics();
    for name in ["none", "panic"] {
        assert_eq!(text(&options, Side::Server, name), "/route");
        assert_eq!(text(&options, Side::Client, name), "/template");
    }
    // Each of the three readings called the function.
    assert_eq!(route_panics() - before, 6);
}

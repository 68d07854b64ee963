//! Which calls a rule hits.

use std::collections::BTreeSet;
use std::time::Duration;

use gusset_chaos::{BodyFault, Chaos, Delay, Fault, Latency, Pick, Rule, RuleSet};
use gusset_http::{PeerAddr, UrlTemplate};
use http::Request;
use tower::service_fn;
use tower_layer::Layer as _;

use crate::support::*;

fn down(rule: Rule) -> Chaos {
    armed([rule.fault(Fault::Status { status: 503 })])
}

async fn hits(chaos: &Chaos, request: Request<()>) -> bool {
    let mut service = chaos.http_server().layer(Hello::default());
    call(&mut service, request).await.unwrap().status() == 503
}

async fn client_hits(chaos: &Chaos, request: Request<()>) -> bool {
    let mut service = chaos.http_client().layer(Hello::default());
    call(&mut service, request).await.unwrap().status() == 503
}

#[tokio::test]
async fn method_is_a_condition() {
    let chaos = down(Rule::new("r").method("POST"));
    assert!(!hits(&chaos, get("/a")).await);
    let mut post = get("/a");
    *post.method_mut() = http::Method::POST;
    assert!(hits(&chaos, post).await);
}

#[tokio::test]
async fn route_is_a_condition_on_the_template() {
    let chaos = down(Rule::new("r").route("/orders/{id}"));
    assert!(hits(&chaos, get("/orders/{id}")).await);
    assert!(!hits(&chaos, get("/orders")).await);
    let unrouted = Request::get("/orders/{id}").body(()).unwrap();
    assert!(!hits(&chaos, unrouted).await, "a path is not a route");
    let chaos = down(Rule::new("r").route("/stock/*"));
    for (route, expected) in [("/stock", true), ("/stock/{id}", true), ("/stocks", false)] {
        assert_eq!(hits(&chaos, get(route)).await, expected, "{route}");
    }
}

#[tokio::test]
async fn route_of_a_client_is_its_url_template() {
    let chaos = down(Rule::new("r").route("/charges"));
    let mut request = Request::post("http://payments/charges").body(()).unwrap();
    assert!(!client_hits(&chaos, request.clone()).await);
    request
        .extensions_mut()
        .insert(UrlTemplate::new("/charges"));
    assert!(client_hits(&chaos, request).await);
}

#[tokio::test]
async fn route_of_grpc_is_the_path_of_the_method() {
    let chaos = armed([Rule::new("r")
        .route("/shop.Stock/*")
        .fault(Fault::Status { status: 503 })]);
    let mut service = chaos.grpc_server().layer(Hello::default());
    let mut status = async |path| {
        let request = Request::post(path).body(()).unwrap();
        call(&mut service, request).await.unwrap().status()
    };
    assert_eq!(status("/shop.Stock/Reserve").await, 503);
    assert_eq!(status("/shop.Orders/Place").await, 200);
}

#[tokio::test]
async fn peer_of_a_server_is_an_address_or_a_network() {
    for (peer, expected) in [
        ("10.1.2.3", true),
        ("10.0.0.0/8", true),
        ("10.1.2.4", false),
        ("fd00::/8", false),
    ] {
        let chaos = down(Rule::new("r").peer(peer));
        let mut request = get("/a");
        assert!(!hits(&chaos, request.clone()).await, "no peer is known");
        request
            .extensions_mut()
            .insert(PeerAddr(([10, 1, 2, 3], 4711).into()));
        assert_eq!(hits(&chaos, request).await, expected, "{peer}");
    }
}

#[tokio::test]
async fn peer_of_a_client_is_the_host_that_it_calls() {
    for (peer, expected) in [
        ("payments.internal", true),
        ("PAYMENTS.internal:8443", true),
        ("payments.internal:80", false),
        ("stock.internal", false),
    ] {
        let chaos = down(Rule::new("r").peer(peer));
        let request = Request::get("https://payments.internal:8443/charges")
            .body(())
            .unwrap();
        assert_eq!(client_hits(&chaos, request).await, expected, "{peer}");
    }
    let chaos = down(Rule::new("r").peer("192.0.2.0/24"));
    let request = Request::get("http://192.0.2.7/").body(()).unwrap();
    assert!(client_hits(&chaos, request).await);
}

#[tokio::test]
async fn header_is_a_condition_with_or_without_a_value() {
    let with = |name: &str, value: &str| {
        let mut request = get("/a");
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
        request
    };
    let chaos = down(Rule::new("r").header("x-tenant"));
    assert!(!hits(&chaos, get("/a")).await);
    assert!(hits(&chaos, with("X-Tenant", "red")).await);
    let chaos = down(Rule::new("r").header_value("x-tenant", "blue"));
    assert!(!hits(&chaos, with("x-tenant", "red")).await);
    let mut both = with("x-tenant", "red");
    both.headers_mut()
        .append("x-tenant", "blue".parse().unwrap());
    assert!(hits(&chaos, both).await);
}

#[tokio::test]
async fn every_nth_call_is_hit() {
    let chaos = down(Rule::new("r").every_nth(3));
    let mut outcome = Vec::new();
    for _ in 0..7 {
        outcome.push(hits(&chaos, get("/a")).await);
    }
    assert_eq!(outcome, [false, false, true, false, false, true, false]);
}

#[tokio::test]
async fn first_rule_that_hits_decides() {
    let status = |name: &str, status| Rule::new(name).fault(Fault::Status { status });
    let chaos = armed([
        status("first", 501).route("/a").every_nth(2),
        status("second", 502),
    ]);
    let mut service = chaos.http_server().layer(Hello::default());
    let mut seen = Vec::new();
    for _ in 0..4 {
        let response = call(&mut service, get("/a")).await.unwrap();
        seen.push(response.status().as_u16());
    }
    assert_eq!(seen, [502, 501, 502, 501]);
    let counts = chaos.status().rules;
    assert_eq!((counts[0].candidates, counts[0].matched), (4, 2));
    assert_eq!(
        (counts[1].candidates, counts[1].matched),
        (4, 2),
        "it counts all candidates"
    );
}

#[tokio::test]
async fn name_of_another_service_is_its_route() {
    let chaos = armed([Rule::new("r").route("orders").fault(Fault::Error)]);
    let inner = service_fn(async |id: u32| Ok::<u32, String>(id));
    let make = |error: gusset_chaos::InjectedError| error.to_string();
    let mut orders = chaos.service("orders").errors(make).layer(inner);
    let mut stock = chaos.service("stock").errors(make).layer(inner);
    assert!(call(&mut orders, 1).await.is_err());
    assert_eq!(call(&mut stock, 1).await, Ok(1));
}

#[tokio::test]
async fn key_of_another_service_decides_the_share() {
    let chaos = armed([Rule::new("r").share_ppm(500_000).fault(Fault::Error)]);
    let inner = service_fn(async |id: u64| Ok::<u64, ()>(id));
    let layer = chaos.service("orders").key(|id: &u64| *id).errors(|_| ());
    let mut service = layer.layer(inner);
    for id in 0..50 {
        let first = call(&mut service, id).await;
        assert_eq!(call(&mut service, id).await, first, "{id}");
    }
}

#[test]
fn invalid_rules_are_errors_that_name_the_setting() {
    let second = Duration::from_secs(1);
    let tail = |shape| Latency::LongTail {
        min: second,
        shape,
        max: second * 2,
    };
    let cases: Vec<(Rule, &str)> = vec![
        (Rule::new(""), "rules.name"),
        (Rule::new("a b"), "rules.name"),
        (Rule::new("r").share_ppm(1_000_001), "rules.r.share_ppm"),
        (
            Rule::new("r").fault_share_ppm(1_000_001),
            "rules.r.fault_share_ppm",
        ),
        (
            Rule::new("r").body_share_ppm(1_000_001),
            "rules.r.body_share_ppm",
        ),
        (
            Rule::new("r").delay(Delay::fixed(second).share_ppm(2_000_000)),
            "rules.r.delay.share_ppm",
        ),
        (Rule::new("r").every_nth(0), "rules.r.every_nth"),
        (
            Rule::new("r").delay(Delay::fixed(second * 3601)),
            "rules.r.delay.max",
        ),
        (
            Rule::new("r").delay(Delay::new(Latency::Uniform {
                min: second,
                max: Duration::ZERO,
            })),
            "rules.r.delay.max",
        ),
        (
            Rule::new("r").delay(Delay::new(tail(0.0))),
            "rules.r.delay.shape",
        ),
        (
            Rule::new("r").delay(Delay::new(tail(f64::NAN))),
            "rules.r.delay.shape",
        ),
        (
            Rule::new("r").fault(Fault::Status { status: 101 }),
            "rules.r.fault.status",
        ),
        (
            Rule::new("r").fault(Fault::GrpcStatus {
                code: 17,
                message: String::new(),
            }),
            "rules.r.fault.code",
        ),
        (
            Rule::new("r").fault(Fault::Cancel { polls: 0 }),
            "rules.r.fault.polls",
        ),
        (
            Rule::new("r").body(BodyFault::RateLimit {
                bytes_per_second: 0,
            }),
            "rules.r.body.bytes_per_second",
        ),
        (Rule::new("r").header("a b"), "rules.r.headers"),
        (Rule::new("r").header_value("a", "\n"), "rules.r.headers"),
        (Rule::new("r").key_header(" "), "rules.r.key_header"),
    ];
    for (rule, setting) in cases {
        let error = RuleSet::new([rule.clone()]).expect_err(setting);
        assert_eq!(error.setting(), setting, "{rule:?}");
    }
    let twice = RuleSet::new([Rule::new("r"), Rule::new("r")]);
    assert_eq!(twice.unwrap_err().setting(), "rules.r.name");
    let many = (0..65).map(|at| Rule::new(format!("r{at}")));
    assert_eq!(RuleSet::new(many).unwrap_err().setting(), "rules");
    assert_eq!(
        Rule::new("r").pick(Pick::Ordinals(BTreeSet::new())).name(),
        "r"
    );
}

#[cfg(feature = "control")]
#[test]
fn rules_are_the_same_after_json() {
    let rules = RuleSet::new([
        Rule::new("a")
            .method("GET")
            .route("/orders/*")
            .peer("10.0.0.0/8")
            .header("x-a")
            .header_value("x-b", "c")
            .share_ppm(5)
            .key_header("x-request-id")
            .delay(Delay::new(Latency::Uniform {
                min: Duration::from_millis(3),
                max: Duration::from_millis(9),
            })),
        Rule::new("b")
            .every_nth(2)
            .fault(Fault::GrpcStatus {
                code: 14,
                message: "no".into(),
            })
            .fault_share_ppm(7),
        Rule::new("c")
            .pick(Pick::Ordinals([1, 2].into()))
            .body(BodyFault::LoseTrailers),
    ])
    .unwrap();
    let read = RuleSet::from_json(&rules.to_json()).unwrap();
    assert!(read.iter().eq(rules.iter()));
    let error = RuleSet::from_json(r#"[{"name": "a", "colour": 1}]"#).unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
    let error = RuleSet::from_json(r#"[{"name": "a", "pick": {"every_nth": 0}}]"#).unwrap_err();
    assert_eq!(error.setting(), "rules.a.every_nth");
}

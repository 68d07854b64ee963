//! Many breakers: bounded, and never evicted while they have anything to say.

use gusset_breaker::judge::JudgeHttp;
use gusset_breaker::{Registry, RegistryBuilder, State, by_host};
use gusset_core::Clock;
use gusset_http::{Http, HttpClientClassifier};
use gusset_testkit::ScriptedBody;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{drain, fail, in_a_row, now, response, serve};

fn hosts() -> RegistryBuilder {
    Registry::builder("hosts")
        .config(in_a_row(1))
        .clock(Clock::manual().0)
}

#[test]
fn each_key_has_its_own_breaker_and_keeps_it() {
    let hosts = hosts().build().unwrap();
    fail(&hosts.get("a"), 1);
    assert_eq!(hosts.get("a").state(), State::Open);
    assert_eq!(hosts.get("a").name(), "hosts/a");
    assert_eq!(hosts.get("b").state(), State::Closed);
    assert_eq!(hosts.breakers().len(), 2);
}

#[test]
fn strangers_keys_do_not_grow_it_and_evict_nothing_that_is_open() {
    let hosts = hosts().limit(64).build().unwrap();
    fail(&hosts.get("bad"), 1);
    let held = hosts.get("held");
    for stranger in 0..10_000 {
        hosts.get(&format!("host-{stranger}"));
    }
    assert!(hosts.breakers().len() <= 64);
    assert_eq!(hosts.get("bad").state(), State::Open);
    fail(&held, 1);
    assert_eq!(
        hosts.get("held").state(),
        State::Open,
        "whoever holds one shares it"
    );
}

#[test]
fn what_has_no_room_shares_the_common_breaker() {
    let hosts = hosts().limit(1).build().unwrap();
    fail(&hosts.get("a"), 1);
    assert_eq!(hosts.get("b").name(), "hosts/_OTHER");
    fail(&hosts.get("b"), 1);
    assert_eq!(hosts.get("c").state(), State::Open);
    assert_eq!(hosts.other().state(), State::Open);
}

#[test]
fn only_a_share_of_them_is_open_at_once() {
    let hosts = hosts().most_open(0.5).build().unwrap();
    let four = ["a", "b", "c", "d"].map(|key| hosts.get(key));
    four.iter().for_each(|breaker| fail(breaker, 1));
    let open = || {
        four.iter()
            .filter(|breaker| breaker.state() == State::Open)
            .count()
    };
    assert_eq!(open(), 2);
    assert_eq!(
        four.iter()
            .map(gusset_breaker::Breaker::spared)
            .sum::<u64>(),
        2
    );
    // A hand may open more; each that closes makes room.
    four[2].trip();
    assert_eq!(open(), 3);
    four[0].close();
    fail(&four[0], 1);
    assert_eq!(four[0].state(), State::Closed, "still two of four are open");
    four[1].close();
    fail(&four[0], 1);
    assert_eq!((four[0].state(), open()), (State::Open, 2));
}

#[test]
fn one_of_a_pool_may_always_open() {
    let hosts = hosts().most_open(0.1).build().unwrap();
    let lone = hosts.get("a");
    fail(&lone, 1);
    assert_eq!(lone.state(), State::Open);
}

#[test]
fn a_layer_asks_the_breaker_of_the_host() {
    let hosts = hosts().build().unwrap();
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let answer = || Ok::<_, BoxError>(response(503, &[], ScriptedBody::new()));
    let mut service = hosts
        .layer::<Http<HttpClientClassifier>, _, _>(JudgeHttp, by_host)
        .layer(serve(answer));
    let mut call = |uri: &str| {
        let request = Request::get(uri).body(()).unwrap();
        now(service.call(request)).map(|response| drain(response.into_body()))
    };
    assert!(call("http://stock/1").is_ok());
    assert!(call("http://STOCK/2").is_err());
    assert!(call("http://mail/").is_ok());
    assert!(call("/no-host").is_ok());
    assert_eq!(hosts.get("stock").refused(), 1);
    assert_eq!(hosts.other().state(), State::Open);
}

#[test]
fn bad_configuration_names_the_field() {
    for limit in [0, 65_537] {
        assert_eq!(hosts().limit(limit).build().unwrap_err().field(), "limit");
    }
    for share in [0.0, 1.5, f64::NAN] {
        assert_eq!(
            hosts().most_open(share).build().unwrap_err().field(),
            "most_open"
        );
    }
    let bad = hosts().config(in_a_row(1).half_open_calls(0));
    assert_eq!(bad.build().unwrap_err().field(), "half_open_calls");
}

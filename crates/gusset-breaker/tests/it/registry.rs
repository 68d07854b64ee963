//! The registry: a bounded number of breakers.

use std::collections::HashSet;
use std::sync::Arc;

use gusset_breaker::classify::HttpFailures;
use gusset_breaker::{BreakerRegistry, BreakerRegistryBuilder, ByRoute, State, by_host};
use gusset_core::Clock;
use gusset_http::{GrpcClientClassifier, RequestOptions, Route, UrlTemplate};
use gusset_http::{Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::ScriptedBody;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{consecutive, drain, fail, now, response, serve};

fn hosts() -> BreakerRegistryBuilder {
    BreakerRegistry::builder("hosts")
        .config(consecutive(1))
        .clock(Clock::manual().0)
}

#[test]
fn each_key_has_its_own_breaker() {
    let hosts = hosts().build().unwrap();
    fail(&hosts.get("a"), 1);
    assert_eq!(hosts.get("a").state(), State::Open);
    assert_eq!(hosts.get("a").name(), "hosts/a");
    assert_eq!(hosts.get("b").state(), State::Closed);
    assert_eq!(hosts.breakers().len(), 2);
}

#[test]
fn unknown_keys_evict_only_unused_breakers() {
    let hosts = hosts().max_breakers(64).build().unwrap();
    fail(&hosts.get("bad"), 1);
    let held = hosts.get("held");
    for unknown in 0..10_000 {
        hosts.get(&format!("host-{unknown}"));
    }
    assert!(hosts.breakers().len() <= 64);
    assert_eq!(hosts.get("bad").state(), State::Open);
    fail(&held, 1);
    assert_eq!(
        hosts.get("held").state(),
        State::Open,
        "a breaker in use is kept"
    );
}

#[test]
fn keys_over_limit_share_fallback() {
    let hosts = hosts().max_breakers(1).build().unwrap();
    fail(&hosts.get("a"), 1);
    assert_eq!(hosts.get("b").name(), "hosts/_OTHER");
    fail(&hosts.get("b"), 1);
    assert_eq!(hosts.get("c").state(), State::Open);
    assert_eq!(hosts.fallback().state(), State::Open);
}

#[test]
fn max_open_ratio_limits_open_breakers() {
    let hosts = hosts().max_open_ratio(0.5).build().unwrap();
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
            .map(gusset_breaker::CircuitBreaker::suppressed_trips)
            .sum::<u64>(),
        2
    );
    // A manual trip ignores the limit. A breaker that closes frees a slot.
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
fn one_breaker_may_always_open() {
    let hosts = hosts().max_open_ratio(0.1).build().unwrap();
    let single = hosts.get("a");
    fail(&single, 1);
    assert_eq!(single.state(), State::Open);
}

#[test]
fn layer_uses_breaker_of_host() {
    let hosts = hosts().build().unwrap();
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let respond = || Ok::<_, BoxError>(response(503, &[], ScriptedBody::new()));
    let mut service = hosts
        .layer::<Http<HttpClientClassifier>, _, _>(HttpFailures, by_host)
        .layer(serve(respond));
    let mut call = |uri: &str| {
        let request = Request::get(uri).body(()).unwrap();
        now(service.call(request)).map(|response| drain(response.into_body()))
    };
    assert!(call("http://stock/1").is_ok());
    assert!(call("http://STOCK/2").is_err());
    assert!(call("http://mail/").is_ok());
    assert!(call("/no-host").is_ok());
    assert_eq!(hosts.get("stock").rejected(), 1);
    assert_eq!(hosts.fallback().state(), State::Open);
}

/// Sends a request that fails to a breaker by route. Returns the names of the breakers that opened.
fn opened_by<R: HttpClassifier>(template: Option<UrlTemplate>) -> Vec<String> {
    opened_by_key::<R>(ByRoute::new(), template)
}

fn opened_by_key<R: HttpClassifier>(key: ByRoute, template: Option<UrlTemplate>) -> Vec<String> {
    let routes = hosts().build().unwrap();
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let respond = || Ok::<_, BoxError>(response(503, &[], ScriptedBody::new()));
    let mut request = Request::get("http://stock/out/7").body(()).unwrap();
    // A service that forwards a request sends it with the route that it matched itself.
    request.extensions_mut().insert(Route::new("/in/{id}"));
    if let Some(template) = template {
        request.extensions_mut().insert(template);
    }
    let mut service = routes
        .layer::<Http<R>, _, _>(HttpFailures, key)
        .layer(serve(respond));
    let response = now(service.call(request)).expect("it is admitted");
    drain(response.into_body());
    let breakers = routes.breakers().into_iter().map(|(_, breaker)| breaker);
    let breakers = breakers.chain([routes.fallback()]);
    let open = breakers.filter(|breaker| breaker.state() == State::Open);
    open.map(|breaker| breaker.name().to_owned()).collect()
}

#[test]
fn client_breaker_is_that_of_its_own_template() {
    let template = || Some(UrlTemplate::new("/out/{id}"));
    let own = ["hosts//out/{id}"];
    assert_eq!(opened_by::<HttpClientClassifier>(template()), own);
    assert_eq!(opened_by::<GrpcClientClassifier>(template()), own);
    assert_eq!(opened_by::<HttpClientClassifier>(None), ["hosts/_OTHER"]);
    assert_eq!(opened_by::<GrpcClientClassifier>(None), ["hosts/_OTHER"]);
}

#[test]
fn server_breaker_is_that_of_its_route() {
    let template = Some(UrlTemplate::new("/out/{id}"));
    for template in [None, template] {
        let opened = opened_by::<HttpServerClassifier>(template);
        assert_eq!(opened, ["hosts//in/{id}"]);
    }
}

#[test]
fn breaker_is_that_of_the_route_that_a_function_names() {
    let is_out = |path: &str| path.starts_with("/out/");
    let options = RequestOptions::default()
        .with_route(move |req| is_out(req.uri.path()).then_some("/function"));
    let key = ByRoute::new().request_options(Arc::new(options));
    let own = ["hosts//function"];
    assert_eq!(
        opened_by_key::<HttpClientClassifier>(key.clone(), None),
        own
    );
    let template = Some(UrlTemplate::new("/out/{id}"));
    assert_eq!(opened_by_key::<HttpServerClassifier>(key, template), own);
    let none = RequestOptions::default().with_route(|_| None);
    let key = ByRoute::new().request_options(Arc::new(none));
    let opened = opened_by_key::<HttpServerClassifier>(key, None);
    assert_eq!(opened, ["hosts//in/{id}"]);
}

#[test]
fn invalid_setting_is_named() {
    for max in [0, 65_537] {
        assert_eq!(
            hosts().max_breakers(max).build().unwrap_err().setting(),
            "max_breakers"
        );
    }
    for ratio in [0.0, 1.5, f64::NAN] {
        assert_eq!(
            hosts().max_open_ratio(ratio).build().unwrap_err().setting(),
            "max_open_ratio"
        );
    }
    let invalid = hosts().config(consecutive(1).half_open_calls(0));
    assert_eq!(invalid.build().unwrap_err().setting(), "half_open_calls");
}

#[test]
fn many_keys_do_not_make_many_series() {
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let hosts = hosts()
        .max_breakers(16)
        .metrics(Arc::new(recorder))
        .build()
        .unwrap();
    for key in 0..40_000 {
        hosts.get(&format!("host-{key}"));
    }
    assert!(hosts.breakers().len() <= 16);
    fail(&hosts.get("last"), 1);
    let series = snapshotter.snapshot().into_vec();
    assert!(series.len() <= 17 * 20, "{}", series.len());
    let names: HashSet<_> = series
        .iter()
        .flat_map(|(key, ..)| key.key().labels())
        .filter(|label| label.key() == "gusset.breaker.name")
        .map(|label| label.value().to_owned())
        .collect();
    assert!(names.len() <= 17, "{names:?}");
    assert!(names.contains("hosts/_OTHER"));
}

/// A recorder that uses the registry whenever it is called.
#[derive(Default)]
struct Reentrant(std::sync::OnceLock<BreakerRegistry>);

impl Reentrant {
    fn enter(&self) {
        if let Some(hosts) = self.0.get() {
            hosts.breakers();
        }
    }
}

impl metrics::Recorder for Reentrant {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
        self.enter();
    }

    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
        self.enter();
    }

    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
        self.enter();
    }

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.enter();
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        self.enter();
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.enter();
        metrics::Histogram::noop()
    }
}

#[test]
fn recorder_is_called_without_lock() {
    let recorder = Arc::new(Reentrant::default());
    let hosts = hosts()
        .max_breakers(1)
        .metrics(recorder.clone())
        .build()
        .unwrap();
    assert!(recorder.0.set(hosts.clone()).is_ok());
    assert_eq!(hosts.get("a").name(), "hosts/a");
    assert_eq!(
        hosts.get("b").name(),
        "hosts/b",
        "it replaces the unused one"
    );
}

//! However many series strangers cause, there is a limit, and nothing is lost.

use gusset_http::Route;
use gusset_metrics::HttpMetrics;
use http::Request;
use proptest::prelude::*;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

fn to(route: &str) -> Request<()> {
    let mut req = Request::new(());
    req.extensions_mut().insert(Route::from_arc(route));
    req
}

#[test]
fn calls_over_the_limit_share_one_series_and_are_counted() {
    let book = Book::new();
    let layer = layer(book.server().series_limit(3).build().unwrap());
    for round in 0..2 {
        for route in 0..10 {
            exchange(&layer, to(&format!("/{route}")), hello());
        }
        let rows = book.rows();
        assert_eq!(rows.of(DURATION).len(), 4, "three and the overflow series");
        assert_eq!(rows.count(DURATION), 10);
        let overflow = rows.of(DURATION);
        let overflow = overflow
            .iter()
            .find(|row| row.has("otel.metric.overflow=true"))
            .unwrap();
        assert_eq!(overflow.values.len(), 7);
        assert_eq!(overflow.labels.len(), 1);
        assert_eq!(
            rows.one("gusset.metrics.folded_calls").values,
            [7.0 * f64::from(round + 1)]
        );
    }
    assert_eq!(book.rows().sum("http.server.active_requests"), 0.0);
}

#[test]
fn an_abandoned_call_over_the_limit_is_counted_once_as_folded() {
    let book = Book::new();
    let layer = layer(book.server().series_limit(1).build().unwrap());
    exchange(&layer, to("/a"), hello());
    let mut service = tower_layer::Layer::layer(&layer, Answer(|_: Request<()>| hello()));
    drop(now(tower_service::Service::call(&mut service, to("/b"))));
    let rows = book.rows();
    assert_eq!(rows.one("gusset.metrics.folded_calls").values, [1.0]);
    let outcomes = rows.of("gusset.http.server.outcomes");
    assert!(
        outcomes
            .iter()
            .any(|row| row.labels == ["otel.metric.overflow=true"]),
        "{outcomes:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_strangers_send_the_series_stay_within_the_limit_and_the_count_is_right(
        calls in prop::collection::vec((".{0,300}", "[A-Z]{1,8}", 100u16..600), 1..60),
    ) {
        let book = Book::new();
        let metrics: HttpMetrics = book.server().series_limit(8).build().unwrap();
        let layer = layer(metrics);
        for (route, method, status) in &calls {
            let mut req = to(route);
            *req.method_mut() = method.parse().unwrap();
            exchange(&layer, req, with_status(*status));
        }
        let rows = book.rows();
        prop_assert!(rows.of(DURATION).len() <= 9);
        prop_assert_eq!(rows.count(DURATION), calls.len());
        prop_assert_eq!(rows.sum("http.server.active_requests"), 0.0);
    }
}

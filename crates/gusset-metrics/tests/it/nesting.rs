//! One call is counted once, instances do not see each other, and a service's own metrics find the
//! recorder.

use gusset_core::{ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier};
use gusset_metrics::HttpMetrics;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

fn through<A: Observer<Http>, B: Observer<Http>>(
    outer: &ObserveLayer<Http, A>,
    inner: &ObserveLayer<Http, B>,
) {
    let mut service = outer.layer(inner.layer(Answer(|_: Request<()>| hello())));
    let Ok(res) = now(service.call(get("/a")));
    drain(res.into_body());
}

#[test]
fn two_layers_by_mistake_count_a_call_once() {
    let book = Book::new();
    let one = layer(book.server().build().unwrap());
    through(&one, &one);
    let rows = book.rows();
    assert_eq!(
        (
            rows.count(DURATION),
            rows.sum("http.server.active_requests")
        ),
        (1, 0.0)
    );

    let other = layer(book.server().build().unwrap());
    through(&one, &other);
    assert_eq!(
        book.rows().count(DURATION),
        1,
        "also if they were put together apart"
    );
}

#[test]
fn a_call_after_a_nested_one_that_panicked_is_counted() {
    let book = Book::new();
    let one = layer(book.server().build().unwrap());
    let mut service = one.layer(Answer(|_: Request<()>| -> Response<ScriptedBody> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    let call = std::panic::AssertUnwindSafe(|| now(service.call(get("/a"))).is_ok());
    assert!(std::panic::catch_unwind(call).is_err());
    exchange(&one, get("/a"), hello());
    assert_eq!(book.rows().count(DURATION), 2);
}

#[test]
fn layers_of_two_instances_both_count() {
    let (one, other) = (Book::new(), Book::new());
    through(
        &layer(one.server().build().unwrap()),
        &layer(other.server().build().unwrap()),
    );
    assert_eq!(
        (one.rows().count(DURATION), other.rows().count(DURATION)),
        (1, 1)
    );
}

#[test]
fn a_client_inside_a_server_on_one_recorder_is_counted_as_itself() {
    let book = Book::new();
    let server = layer(book.server().build().unwrap());
    let client = HttpMetrics::client(book.recorder.clone()).build().unwrap();
    let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(client);
    let mut service = server.layer(Answer(|_: Request<()>| {
        let out = Request::builder()
            .uri("https://pay.example/x?token=1")
            .body(())
            .unwrap();
        exchange(&client, out, with_status(404));
        hello()
    }));
    let Ok(res) = now(service.call(get("/a")));
    drain(res.into_body());

    let rows = book.rows();
    assert_eq!(rows.count(DURATION), 1);
    assert_eq!(
        rows.one("http.client.request.duration").labels,
        [
            "error.type=404",
            "http.request.method=GET",
            "http.response.status_code=404",
            "network.protocol.version=1.1",
            "server.address=pay.example",
            "server.port=443",
        ]
    );
    assert_eq!(rows.sum("http.client.active_requests"), 0.0);
}

#[test]
fn a_services_own_counter_lands_on_the_recorder_if_asked_for_and_nowhere_else_if_not() {
    for (asked, count) in [(true, 1), (false, 0)] {
        let book = Book::new();
        let builder = book.server();
        let builder = if asked {
            builder.scope_recorder()
        } else {
            builder
        };
        let layer = layer(builder.build().unwrap());
        let mut service = layer.layer(Answer(|_: Request<()>| {
            metrics::counter!("orders").increment(1);
            hello()
        }));
        let Ok(res) = now(service.call(get("/a")));
        drain(res.into_body());
        assert_eq!(book.rows().of("orders").len(), count);
    }
}

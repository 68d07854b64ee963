//! `exception.message` of requests that fail without a response.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex};

use gusset_core::{Clock, ObserveLayer};
use gusset_http::{
    GrpcClientClassifier, Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier,
};
use gusset_log::{AccessLog, Format, Redaction};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::support::*;

const TEXT: &str = "no \"disk\" at http://u:s3cret@h/?q=s3cret";
const MESSAGE: &str = "no \"disk\" at http://REDACTED@h/?REDACTED";

/// Logs a request that fails with this error.
fn fail<R: HttpClassifier>(log: AccessLog, error: impl Into<io::Error>) {
    let error = Mutex::new(Some(error.into()));
    let service = service_fn(move |_: Request<()>| {
        let error = error.lock().unwrap().take().unwrap();
        ready(Err::<Response<Body>, _>(error))
    });
    let (clock, _) = Clock::manual();
    let layer = ObserveLayer::<Http<R>, _>::new(log).with_clock(clock);
    let service = layer.layer(service);
    assert!(block_on(service.oneshot(get("http://a.example/items"))).is_err());
}

fn client() -> AccessLog {
    AccessLog::client().build_with(no_env).unwrap()
}

fn server() -> AccessLog {
    let builder = AccessLog::server().exception_messages(true);
    builder.build_with(no_env).unwrap()
}

#[test]
fn message_is_logged_for_clients_and_by_option_for_servers() {
    let line = json(|| fail::<HttpClientClassifier>(client(), io::Error::other(TEXT)));
    assert_eq!(line["exception.message"], MESSAGE);
    let line = json(|| fail::<HttpServerClassifier>(server(), io::Error::other(TEXT)));
    assert_eq!(line["exception.message"], MESSAGE);
    assert_eq!(line["error.type"], "_OTHER");
    let grpc = AccessLog::grpc_client().build_with(no_env).unwrap();
    let line = json(|| fail::<GrpcClientClassifier>(grpc, io::Error::other(TEXT)));
    assert_eq!(line["exception.message"], MESSAGE);
    let default = AccessLog::server().build_with(no_env).unwrap();
    let line = json(|| fail::<HttpServerClassifier>(default, io::Error::other(TEXT)));
    assert_eq!(line.get("exception.message"), None);
    let without = AccessLog::client().exception_messages(false);
    let without = without.build_with(no_env).unwrap();
    let line = json(|| fail::<HttpClientClassifier>(without, io::Error::other(TEXT)));
    assert_eq!(line.get("exception.message"), None);
}

#[test]
fn message_has_the_name_of_each_format() {
    for (format, key) in [
        (Format::Json, "exception.message"),
        (Format::Ecs, "error.message"),
        (Format::Datadog, "error.message"),
        (Format::google_cloud("p"), "exception.message"),
        (Format::emf("n"), "exception.message"),
    ] {
        for is_client in [true, false] {
            let lines = logged(builder(format.clone()), || match is_client {
                true => fail::<HttpClientClassifier>(client(), io::Error::other(TEXT)),
                false => fail::<HttpServerClassifier>(server(), io::Error::other(TEXT)),
            });
            let line: Value = serde_json::from_str(&lines[0]).unwrap();
            assert_eq!(line[key], MESSAGE, "{line}");
        }
    }
    for format in [Format::Logfmt, Format::pretty(false)] {
        let lines = logged(builder(format), || {
            fail::<HttpClientClassifier>(client(), io::Error::other("no disk"));
        });
        let line = lines[0].replace('"', "");
        assert!(line.contains("exception.message=no disk"), "{line}");
    }
}

#[test]
fn memory_of_a_failed_request_keeps_no_message() {
    let lines = logged(builder(Format::Json), || {
        fail::<HttpServerClassifier>(server(), io::Error::other(TEXT));
        call(server(), get("/"), |_| Response::new("hello"));
    });
    assert!(lines[0].contains("exception.message"));
    assert!(!lines[1].contains("exception.message"), "{}", lines[1]);
}

#[test]
fn fast_path_writes_same_message_as_event() {
    for text in [TEXT.to_owned(), "\"\n".repeat(5_000), "é".repeat(5_000)] {
        let lines = |redaction| {
            logged(builder(Format::Json).redaction(redaction), || {
                fail::<HttpServerClassifier>(server(), io::Error::other(text.clone()));
            })
        };
        // A custom pattern searches each text, for which the layer reads the event.
        let without_fast_path = Redaction::default().pattern("no such text").unwrap();
        assert_eq!(lines(Redaction::default()), lines(without_fast_path));
    }
}

#[test]
fn record_has_the_message() {
    let records = records(|| {
        fail::<HttpClientClassifier>(client(), io::Error::other(TEXT));
        fail::<HttpServerClassifier>(server(), io::Error::other(TEXT));
    });
    for record in &records {
        let mut attributes = record.attributes.iter();
        let found = attributes.find(|(key, _)| key == "exception.message");
        assert_eq!(found.unwrap().1.to_string(), MESSAGE);
    }
    assert_eq!(records.len(), 2);
}

#[test]
fn redaction_of_the_layer_concerns_messages() {
    let redaction = Redaction::default().pattern("[0-9]{4}-[0-9]{4}").unwrap();
    let lines = logged(builder(Format::Json).redaction(redaction), || {
        fail::<HttpServerClassifier>(server(), io::Error::other("card 1234-5678"));
    });
    assert!(lines[0].contains("\"card REDACTED\""), "{}", lines[0]);
}

/// The text fields of events.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<HashMap<&'static str, String>>>);

impl Visit for Fields {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut fields = self.0.lock().unwrap();
        fields.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Fields {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

#[test]
fn other_subscribers_receive_no_secrets() {
    let fields = Fields::default();
    let subscriber = tracing_subscriber::registry().with(fields.clone());
    gusset_testkit::with_subscriber(subscriber, || {
        fail::<HttpClientClassifier>(client(), io::Error::other(TEXT));
    });
    assert_eq!(fields.0.lock().unwrap()["exception.message"], MESSAGE);
}

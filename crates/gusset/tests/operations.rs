//! Operations, jobs and messages of a service: their signals agree.

#![allow(
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset::data::{SpanData, SpanKind, SpanSink, SpanStatus};
use gusset::metrics::pools::PoolState;
use gusset::{Gusset, Operation};
use tower::{Service as _, ServiceBuilder, service_fn};

/// Keeps the spans that have ended.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

impl Spans {
    #[track_caller]
    fn one(&self, name: &str) -> SpanData {
        let spans = self.0.lock().unwrap();
        let mut found = spans.iter().filter(|span| span.name == *name);
        let span = found.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(found.next().is_none(), "{name} is there once");
        span.clone()
    }
}

fn gusset() -> (Gusset, Spans) {
    let spans = Spans::default();
    let gusset = gusset::builder()
        .without_management()
        .spans(spans.clone())
        .health(|health| health.handle_signals(false).drain_delay(Duration::ZERO))
        .build_with(|_| None)
        .unwrap();
    (gusset, spans)
}

fn page(gusset: &Gusset) -> String {
    gusset.telemetry().prometheus().endpoint().render()
}

#[track_caller]
fn assert_row(gusset: &Gusset, name: &str, labels: &[&str]) {
    let page = page(gusset);
    let mut rows = page.lines().filter(|line| line.starts_with(name));
    let found = rows.any(|row| labels.iter().all(|label| row.contains(label)));
    assert!(found, "no {name} {labels:?} in\n{page}");
}

#[tokio::test]
async fn failed_operation_has_span_and_metrics_of_one_outcome() {
    let (gusset, spans) = gusset();
    let reprice = gusset.operation("reprice");
    let failed = reprice.run(async { Err::<(), _>(io::Error::from(io::ErrorKind::TimedOut)) });
    assert!(failed.await.is_err());
    let span = spans.one("reprice");
    assert_eq!(span.kind, SpanKind::Internal);
    assert!(matches!(span.status, SpanStatus::Error(_)));
    let labels = [
        "gusset_operation_name=\"reprice\"",
        "error_type=\"timeout\"",
    ];
    assert_row(&gusset, "gusset_operation_duration_seconds_count", &labels);
}

#[tokio::test]
async fn cancelled_and_panicked_operations_are_recorded() {
    let (gusset, _spans) = gusset();
    drop(
        gusset
            .operation("left")
            .run(pending::<Result<(), Infallible>>()),
    );
    let broken = gusset.operation("broken").run_infallible(async {
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(tokio::spawn(broken).await.unwrap_err().is_panic());
    let outcome = |name, outcome| {
        let labels = [&*format!("gusset_operation_name=\"{name}\""), outcome];
        assert_row(&gusset, "gusset_operation_outcomes_total", &labels);
    };
    outcome("left", "cancelled");
    outcome("broken", "server_error");
}

#[tokio::test]
async fn database_operation_is_a_child_with_a_redacted_text() {
    let (gusset, spans) = gusset();
    let query = Operation::database("postgresql", "SELECT", "orders")
        .with_query_text("SELECT 1 FROM orders WHERE card = '4111'");
    gusset
        .operation("reprice")
        .run_infallible(async { gusset.operation(query).run_infallible(async {}).await })
        .await;
    let (outer, query) = (spans.one("reprice"), spans.one("SELECT orders"));
    assert_eq!(query.kind, SpanKind::Client);
    assert_eq!(query.parent_span_id, Some(outer.span_id));
    let text = query
        .attributes
        .iter()
        .find(|(key, _)| &**key == "db.query.text");
    let text = format!("{:?}", text.unwrap().1);
    assert!(
        text.contains("card = ?") && !text.contains("4111"),
        "{text}"
    );
    let labels = [
        "db_system_name=\"postgresql\"",
        "db_collection_name=\"orders\"",
    ];
    assert_row(
        &gusset,
        "db_client_operation_duration_seconds_count",
        &labels,
    );
}

#[tokio::test]
async fn consumer_continues_the_trace_of_the_operation_that_sends() {
    let (gusset, spans) = gusset();
    let mut headers: HashMap<String, String> = HashMap::new();
    let send = gusset.operation(Operation::send("channel", "orders"));
    send.run_infallible(async { gusset.inject(&mut headers) })
        .await;

    let layer =
        gusset.consumer_with_headers::<_, (), _>("orders", |it: &HashMap<String, String>| it);
    let consume = service_fn(async |_: HashMap<String, String>| Ok::<_, Infallible>(()));
    let mut consumer = ServiceBuilder::new().layer(layer).service(consume);
    consumer.call(headers).await.unwrap();

    let (send, process) = (spans.one("send orders"), spans.one("process orders"));
    assert_eq!(
        (send.kind, process.kind),
        (SpanKind::Producer, SpanKind::Consumer)
    );
    assert_eq!(process.trace_id, send.trace_id);
    assert_eq!(process.parent_span_id, Some(send.span_id));
    let labels = ["messaging_destination_name=\"orders\""];
    assert_row(&gusset, "messaging_client_sent_messages_total", &labels);
}

#[tokio::test]
async fn pool_is_read_with_the_metrics() {
    let (gusset, _spans) = gusset();
    let used = Arc::new(AtomicU64::new(3));
    let now = used.clone();
    gusset.pool("orders-db", move || {
        PoolState::new(now.load(Ordering::Relaxed), 1).with_max(8)
    });
    let labels = ["pool_name=\"orders-db\"", "state=\"used\"", " 3"];
    assert_row(&gusset, "db_client_connection_count", &labels);
    used.store(7, Ordering::Relaxed);
    let labels = ["state=\"used\"", " 7"];
    assert_row(&gusset, "db_client_connection_count", &labels);
    assert_row(&gusset, "db_client_connection_max", &[" 8"]);
    gusset.pool("broken", || panic!("on purpose"));
    assert_row(&gusset, "db_client_connection_max", &["orders-db"]);
    assert!(!page(&gusset).contains("pending_requests"), "not counted");
}

#[tokio::test(start_paused = true)]
async fn overdue_job_is_in_metrics_and_health_and_not_in_readiness() {
    let (gusset, _spans) = gusset();
    gusset.health().lifecycle().mark_started();
    let minute = Duration::from_secs(60);
    // A service without jobs is as one without the feature.
    tokio::time::sleep(minute).await;
    assert_eq!(gusset.health().check("gusset.jobs"), None);
    assert!(!page(&gusset).contains("gusset.jobs"));
    let job = gusset.job("nightly").every(minute);
    job.spawn(pending::<Result<(), Infallible>>);
    tokio::time::sleep(minute * 5).await;
    assert_eq!(gusset.jobs().overdue()[0].name, "nightly");
    let labels = ["gusset_job_name=\"nightly\"", " 1"];
    assert_row(&gusset, "gusset_job_overdue", &labels);
    let labels = ["gusset_health_check=\"gusset.jobs\"", "\"degraded\"", " 1"];
    assert_row(&gusset, "gusset_health_check_status", &labels);
    assert!(gusset.health().is_ready());
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_a_job_in_progress_and_starts_no_other() {
    let (gusset, spans) = gusset();
    let second = Duration::from_secs(1);
    gusset
        .job("reprice")
        .every(second * 3)
        .spawn(move || async move {
            tokio::time::sleep(second * 2).await;
            Ok::<_, Infallible>(())
        });
    tokio::time::sleep(second).await;
    assert_eq!(
        gusset.health().in_flight().by_route(),
        [("reprice".to_owned(), 1)]
    );
    gusset.health().lifecycle().begin_shutdown();
    gusset.serve(gusset.shutdown_signal()).await.unwrap();
    spans.one("reprice");
    assert_eq!(gusset.health().in_flight().count(), 0);
}

#[tokio::test]
async fn service_that_is_off_runs_operations_and_jobs() {
    let gusset = gusset::disabled();
    assert_eq!(
        gusset
            .operation("reprice")
            .run_infallible(async { 7 })
            .await,
        7
    );
    let mut headers: HashMap<String, String> = HashMap::new();
    gusset.inject(&mut headers);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    gusset.job("reprice").spawn(move || {
        let sender = sender.lock().unwrap().take();
        async move { sender.unwrap().send(()) }
    });
    receiver.await.unwrap();
}

#[cfg(feature = "macros")]
#[tokio::test(start_paused = true)]
async fn attributed_function_is_an_operation_of_its_name() {
    struct Prices {
        gusset: Gusset,
    }

    impl Prices {
        #[gusset::operation(self.gusset)]
        async fn reprice(&self, article: &str) -> Result<u64, Box<dyn std::error::Error>> {
            Ok(article.parse::<u64>()? * 10)
        }

        #[gusset::operation(self.gusset, name = "wait")]
        async fn wait_for_ever(&self) {
            pending::<()>().await;
        }
    }

    let (gusset, spans) = gusset();
    let prices = Prices {
        gusset: gusset.clone(),
    };
    assert_eq!(prices.reprice("7").await.unwrap(), 70);
    let span = spans.one("reprice");
    assert_eq!(span.kind, SpanKind::Internal);
    assert!(prices.reprice("seven").await.is_err());
    let moment = Duration::from_millis(1);
    let waited = tokio::time::timeout(moment, prices.wait_for_ever());
    assert!(waited.await.is_err());
    for (name, outcome) in [
        ("reprice", "success"),
        ("reprice", "server_error"),
        ("wait", "cancelled"),
    ] {
        let labels = [&*format!("gusset_operation_name=\"{name}\""), outcome, " 1"];
        assert_row(&gusset, "gusset_operation_outcomes_total", &labels);
    }
}

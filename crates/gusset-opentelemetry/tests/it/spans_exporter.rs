//! Spans through an exporter of the SDK, on a thread of its own.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use gusset_data::SpanSink as _;
use gusset_opentelemetry::SpanExporterPipeline;
use gusset_trace::TraceObserver;
use http::Request;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::spans_exporter_support::*;
use crate::spans_support::*;
use crate::support::built;

fn call(pipeline: &SpanExporterPipeline) {
    calls(pipeline, 1);
}

fn calls(pipeline: &SpanExporterPipeline, count: usize) {
    let trace = built(TraceObserver::server().sink(pipeline.span_sink()));
    for _ in 0..count {
        serve(trace.clone(), Request::new(()), || ());
    }
}

#[test]
fn span_is_exported_on_another_thread() {
    let exporter = Exporter::default();
    let pipeline = exporter.start();
    call(&pipeline);
    let report = pipeline.flush(SOON);
    assert!(report.is_complete, "{report:?}");
    assert_eq!((report.exported, report.pending), (1, 0));
    exporter.with(|state| {
        assert_eq!(state.flushes, 1);
        assert_ne!(state.threads, [thread::current().id()]);
        let span = &state.batches[0][0];
        assert_eq!((&*span.name, &span.span_kind), ("GET", &SpanKind::Server));
        assert_eq!(span.status, Status::Unset);
        let scope = &span.instrumentation_scope;
        assert_eq!(scope.name(), "gusset::trace");
        assert_eq!(
            scope.schema_url(),
            Some("https://opentelemetry.io/schemas/1.44.0")
        );
    });
}

#[test]
fn exporter_gets_the_resource() {
    let exporter = Exporter::default();
    let builder = SpanExporterPipeline::builder().resource(resource("shop"));
    let pipeline = exporter.start_with(builder, &[]);
    exporter.with(|state| assert_eq!(state.resource, Some(resource("shop"))));
    drop(pipeline);
}

#[test]
fn full_batch_is_exported_at_once() {
    let exporter = Exporter::default();
    let vars = [
        ("OTEL_BSP_SCHEDULE_DELAY", LATER),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3"),
    ];
    let pipeline = exporter.start_with(SpanExporterPipeline::builder(), &vars);
    calls(&pipeline, 3);
    exporter.wait_for_batch();
    assert_eq!(exporter.sizes(), [3]);
    calls(&pipeline, 7);
    let report = pipeline.shutdown(SOON);
    assert_eq!((report.exported, report.is_complete), (10, true));
    assert!(exporter.sizes().iter().all(|size| (1..=3).contains(size)));
}

#[test]
fn part_of_a_batch_is_exported_after_the_delay() {
    let exporter = Exporter::default();
    let vars = [("OTEL_BSP_SCHEDULE_DELAY", "1")];
    let pipeline = exporter.start_with(SpanExporterPipeline::builder(), &vars);
    call(&pipeline);
    exporter.wait_for_batch();
    assert_eq!(pipeline.shutdown(SOON).exported, 1);
}

#[test]
fn shutdown_exports_what_is_queued() {
    let exporter = Exporter::default();
    let pipeline = exporter.start();
    let sink = pipeline.span_sink();
    calls(&pipeline, 600);
    let report = pipeline.shutdown(SOON);
    assert_eq!(
        (report.exported, report.dropped, report.pending),
        (600, 0, 0)
    );
    assert!(report.is_complete);
    exporter.with(|state| assert_eq!(state.shutdowns, 1));
    // A span that ends later is counted and no more.
    let trace = built(TraceObserver::server().sink(sink.clone()));
    serve(trace, Request::new(()), || ());
    assert!(!sink.has_capacity());
    // The thread may have exported what was there before the last spans came.
    let sizes = exporter.sizes();
    assert!(sizes.iter().all(|size| *size <= 512), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 600);
}

#[tokio::test]
async fn current_thread_runtime_loses_no_span() {
    let exporter = Exporter::default();
    exporter.set(Behavior::UseTokio);
    let pipeline = exporter.start();
    calls(&pipeline, 6);
    // Blocks the only thread of this runtime.
    let report = pipeline.shutdown(SOON);
    assert_eq!(
        (report.exported, report.is_complete),
        (6, true),
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn multi_thread_runtime_loses_no_span() {
    let exporter = Exporter::default();
    exporter.set(Behavior::UseTokio);
    let pipeline = exporter.start();
    calls(&pipeline, 6);
    let report = pipeline.shutdown_async(SOON).await;
    assert_eq!(
        (report.exported, report.is_complete),
        (6, true),
        "{report:?}"
    );
}

#[test]
fn service_without_a_runtime_loses_no_span() {
    let exporter = Exporter::default();
    exporter.set(Behavior::UseTokio);
    let pipeline = exporter.start();
    calls(&pipeline, 6);
    let report = pipeline.shutdown(SOON);
    assert_eq!(
        (report.exported, report.is_complete),
        (6, true),
        "{report:?}"
    );
}

#[test]
fn exporter_is_created_in_a_runtime() {
    let exporter = Exporter::default();
    let created = exporter.clone();
    let pipeline = SpanExporterPipeline::builder().start(move || {
        // As a gRPC channel does.
        tokio::runtime::Handle::try_current().map(|runtime| drop(runtime.spawn(async {})))?;
        Ok::<_, tokio::runtime::TryCurrentError>(created)
    });
    call(&pipeline.unwrap());
    assert_eq!(exporter.sizes(), [1]);
}

#[test]
fn exporter_may_use_a_runtime_that_blocks() {
    // As the blocking client of `reqwest` does, which must not run inside of a runtime.
    #[derive(Debug)]
    struct Blocking(mpsc::Sender<usize>);
    impl SpanExporter for Blocking {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async {});
            drop(runtime);
            self.0.send(batch.len()).unwrap();
            Ok(())
        }
    }
    let (sender, sizes) = mpsc::channel();
    let create = move || Ok::<_, Infallible>(Blocking(sender));
    let pipeline = SpanExporterPipeline::builder().start(create).unwrap();
    call(&pipeline);
    assert_eq!(pipeline.shutdown(SOON).exported, 1);
    assert_eq!(sizes.recv(), Ok(1));
}

#[test]
fn failed_start_names_the_exporter() {
    let refused = SpanExporterPipeline::builder().start(|| Err::<Exporter, _>("no endpoint"));
    let error = refused.unwrap_err();
    assert_eq!(error.setting(), "exporter");
    assert!(error.to_string().contains("no endpoint"), "{error}");
    let panicked = SpanExporterPipeline::builder().start(|| -> Result<Exporter, Infallible> {
        panic!("on purpose");
    });
    assert_eq!(panicked.unwrap_err().setting(), "exporter");
}

#[test]
fn failures_are_counted_and_end_nothing() {
    let exporter = Exporter::default();
    let pipeline = exporter.start();
    for (behavior, panics) in [(Behavior::Fail, 0), (Behavior::Panic, 1)] {
        exporter.set(behavior);
        call(&pipeline);
        assert_eq!(pipeline.flush(SOON).panics, panics);
    }
    exporter.set(Behavior::Succeed);
    call(&pipeline);
    let report = pipeline.shutdown(SOON);
    assert_eq!((report.exported, report.failed, report.pending), (1, 2, 0));
    assert!(report.is_complete);
}

#[test]
fn export_ends_at_its_timeout() {
    let exporter = Exporter::default();
    exporter.set(Behavior::Wait);
    let vars = [
        ("OTEL_BSP_SCHEDULE_DELAY", LATER),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1"),
    ];
    let pipeline = exporter.start_with(SpanExporterPipeline::builder(), &vars);
    call(&pipeline);
    let report = pipeline.flush(SOON);
    assert_eq!((report.failed, report.is_complete), (1, true), "{report:?}");
}

#[test]
fn exporter_that_hangs_holds_neither_calls_nor_shutdown() {
    for behavior in [Behavior::Wait, Behavior::Block] {
        let exporter = Exporter::default();
        exporter.set(behavior);
        let vars = [
            ("OTEL_BSP_MAX_QUEUE_SIZE", "4"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
            ("OTEL_BSP_EXPORT_TIMEOUT", LATER),
        ];
        let pipeline = exporter.start_with(SpanExporterPipeline::builder(), &vars);
        call(&pipeline);
        exporter.wait_for_batch();
        calls(&pipeline, 6);
        let report = pipeline.flush(Duration::from_millis(1));
        assert_eq!((report.pending, report.dropped), (5, 2), "{behavior:?}");
        assert!(!report.is_complete);
        let report = pipeline.shutdown(Duration::from_millis(100));
        assert_eq!((report.exported, report.pending), (0, 5), "{behavior:?}");
        assert!(!report.is_complete);
        exporter.set(Behavior::Succeed);
    }
}

#[test]
fn drop_shuts_down() {
    let exporter = Exporter::default();
    let pipeline = exporter.start();
    call(&pipeline);
    drop(pipeline);
    assert_eq!(exporter.sizes(), [1]);
    exporter.with(|state| assert_eq!(state.shutdowns, 1));
}

#[test]
fn calls_of_the_exporter_have_no_spans() {
    #[derive(Debug)]
    struct Calling(Arc<Mutex<Option<TraceObserver>>>, mpsc::Sender<bool>);
    impl SpanExporter for Calling {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            let client = self.0.lock().unwrap().clone().unwrap();
            request(
                client,
                Request::get("http://collector/").body(()).unwrap(),
                || (),
            );
            // The connections of the exporter live on the other thread of the runtime.
            let suppressed = tokio::spawn(async { opentelemetry::Context::current() });
            let suppressed = suppressed.await.unwrap().is_telemetry_suppressed();
            self.1.send(suppressed).unwrap();
            Ok(())
        }
    }
    let client = Arc::<Mutex<Option<TraceObserver>>>::default();
    let (sender, suppressed) = mpsc::channel();
    let calling = Calling(client.clone(), sender);
    let create = move || Ok::<_, Infallible>(calling);
    let pipeline = SpanExporterPipeline::builder().start(create).unwrap();
    let trace = TraceObserver::client().sink(pipeline.span_sink());
    *client.lock().unwrap() = Some(built(trace));
    call(&pipeline);
    assert_eq!(pipeline.flush(SOON).exported, 1);
    assert_eq!(suppressed.recv(), Ok(true));
    let report = pipeline.shutdown(SOON);
    assert_eq!((report.exported, report.dropped), (1, 0));
}

//! A processor of the provider that receives gusset's spans too.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gusset_opentelemetry::{SharedSpanProcessor, SpanProcessorSink};
use gusset_trace::TraceObserver;
use http::Request;
use opentelemetry::Context;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, InMemorySpanExporter, SdkTracerProvider, Span, SpanData, SpanProcessor,
};

use crate::spans_support::*;
use crate::support::built;

fn provider(shared: &SharedSpanProcessor, service: &'static str) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(resource(service))
        .with_span_processor(shared.clone())
        .build()
}

fn observer(shared: &SharedSpanProcessor) -> TraceObserver {
    built(TraceObserver::server().sink(SpanProcessorSink::new(shared.clone())))
}

fn call(trace: &TraceObserver) {
    serve(trace.clone(), Request::new(()), || ());
}

#[test]
fn one_flush_exports_the_spans_of_both() {
    let exporter = InMemorySpanExporter::default();
    let shared = SharedSpanProcessor::new(BatchSpanProcessor::builder(exporter.clone()).build());
    let provider = provider(&shared, "shop");
    let trace = observer(&shared);
    call(&trace);
    provider.tracer("library").start("load");
    assert!(exporter.get_finished_spans().unwrap().is_empty());
    provider.force_flush().unwrap();
    let names = |spans: Vec<SpanData>| -> Vec<String> {
        spans.iter().map(|span| span.name.to_string()).collect()
    };
    assert_eq!(
        names(exporter.get_finished_spans().unwrap()),
        ["GET", "load"]
    );

    // Whichever owner flushes.
    exporter.reset();
    call(&trace);
    provider.tracer("library").start("load");
    shared.force_flush().unwrap();
    assert_eq!(
        names(exporter.get_finished_spans().unwrap()),
        ["GET", "load"]
    );
}

#[test]
fn resource_of_the_provider_reaches_the_processor() {
    // The observer before the provider, and after it.
    for observer_first in [true, false] {
        let recorder = Recorder::default();
        let shared = SharedSpanProcessor::new(recorder.clone());
        let early = observer_first.then(|| observer(&shared));
        let _provider = provider(&shared, "shop");
        call(&early.unwrap_or_else(|| observer(&shared)));
        recorder.with(|recorded| assert_eq!(recorded.resources, [resource("shop")]));
    }
}

#[test]
fn exporter_gets_the_resource_of_the_provider() {
    #[derive(Clone, Debug)]
    struct Exporter(mpsc::Sender<Resource>);
    impl opentelemetry_sdk::trace::SpanExporter for Exporter {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Ok(())
        }
        fn set_resource(&mut self, resource: &Resource) {
            self.0.send(resource.clone()).unwrap();
        }
    }
    let (sender, resources) = mpsc::channel();
    let processor = BatchSpanProcessor::builder(Exporter(sender)).build();
    let shared = SharedSpanProcessor::new(processor);
    let provider = provider(&shared, "shop");
    call(&observer(&shared));
    provider.shutdown().unwrap();
    assert_eq!(resources.recv().unwrap(), resource("shop"));
}

#[test]
fn resource_after_the_first_span_is_ignored() {
    let recorder = Recorder::default();
    let shared = SharedSpanProcessor::new(recorder.clone());
    call(&observer(&shared));
    let _provider = provider(&shared, "too late");
    recorder.with(|recorded| assert!(recorded.resources.is_empty()));
    assert_eq!(recorder.only().name, "GET");
}

#[test]
fn first_shutdown_shuts_down_once() {
    for provider_first in [true, false] {
        let recorder = Recorder::default();
        let shared = SharedSpanProcessor::new(recorder.clone());
        let provider = provider(&shared, "shop");
        if provider_first {
            provider.shutdown().unwrap();
            shared.shutdown().unwrap();
        } else {
            shared.shutdown().unwrap();
            provider.shutdown().unwrap();
        }
        recorder.with(|recorded| assert_eq!(recorded.shutdowns, 1));
        assert!(shared.force_flush().is_err());
        recorder.with(|recorded| assert_eq!(recorded.flushes, 0));
    }
}

#[test]
fn span_after_the_shutdown_is_dropped_and_counted() {
    let recorder = Recorder::default();
    let shared = SharedSpanProcessor::new(recorder.clone());
    let provider = provider(&shared, "shop");
    let trace = observer(&shared);
    let tracer = provider.tracer("library");
    let open = tracer.start("load");
    shared.shutdown().unwrap();
    call(&trace);
    drop(open);
    assert_eq!(shared.dropped_spans(), 2);
    assert_eq!(trace.sink_panics(), 0);
    recorder.with(|recorded| assert!(recorded.ended.is_empty()));
}

/// A processor that stops at its shutdown until it is released.
#[derive(Debug)]
struct Slow {
    entered: mpsc::SyncSender<()>,
    released: std::sync::Mutex<mpsc::Receiver<OTelSdkResult>>,
}

impl SpanProcessor for Slow {
    fn on_start(&self, _: &mut Span, _: &Context) {}
    fn on_end(&self, _: SpanData) {}
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.entered.send(()).unwrap();
        self.released.lock().unwrap().recv().unwrap()
    }
}

#[test]
fn later_shutdown_waits_for_the_first() {
    let (entered, has_entered) = mpsc::sync_channel(1);
    let (release, released) = mpsc::channel();
    let shared = SharedSpanProcessor::new(Slow {
        entered,
        released: std::sync::Mutex::new(released),
    });
    let first = shared.clone();
    let first = thread::spawn(move || first.shutdown());
    has_entered.recv().unwrap();
    let timeout = shared.shutdown_with_timeout(Duration::from_millis(1));
    assert!(
        matches!(timeout, Err(OTelSdkError::Timeout(_))),
        "{timeout:?}"
    );
    let reason = || OTelSdkError::InternalFailure("the collector is gone".to_owned());
    release.send(Err(reason())).unwrap();
    let results = [shared.shutdown(), first.join().unwrap()];
    for result in results {
        assert_eq!(
            format!("{result:?}"),
            format!("{:?}", Err::<(), _>(reason()))
        );
    }
}

/// A processor that panics.
#[derive(Debug)]
struct Panicking;

impl SpanProcessor for Panicking {
    fn on_start(&self, _: &mut Span, _: &Context) {}
    fn on_end(&self, _: SpanData) {
        panic!("on purpose")
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("on purpose")
    }
}

#[test]
fn panic_of_the_processor_is_contained_and_counted() {
    let shared = SharedSpanProcessor::new(Panicking);
    let trace = observer(&shared);
    call(&trace);
    call(&trace);
    assert_eq!(trace.sink_panics(), 2);
    let first = shared.clone();
    assert!(thread::spawn(move || first.shutdown()).join().is_err());
    // The second one does not wait forever.
    assert!(matches!(
        shared.shutdown(),
        Err(OTelSdkError::InternalFailure(_))
    ));
}

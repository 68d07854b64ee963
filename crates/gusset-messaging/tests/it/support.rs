//! Sources, services and recorders of the tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::{CallContext, CallObserver, End, Observer, Protocol, SpanIds, StaticStr};
use gusset_data::SharedRecorder;
use gusset_messaging::{Acknowledge, Delivery, Settlement, Source};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tower::Service;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A source with one message, which was delivered before.
#[derive(Clone)]
pub(crate) struct Redelivered {
    deliveries: u32,
    failures: u32,
    messages: u32,
    is_taken: bool,
    settled: Arc<Mutex<Vec<Settlement>>>,
}

pub(crate) struct Taken(Arc<Mutex<Vec<Settlement>>>);

impl Redelivered {
    pub(crate) fn new(deliveries: u32) -> Self {
        Self {
            deliveries,
            failures: 0,
            messages: 1,
            is_taken: false,
            settled: Arc::default(),
        }
    }

    /// Makes the delivery a batch of this number of messages.
    pub(crate) fn with_messages(mut self, messages: u32) -> Self {
        self.messages = messages;
        self
    }

    /// Fails so often before it returns the message.
    pub(crate) fn failing(mut self, times: u32) -> Self {
        self.failures = times;
        self
    }

    pub(crate) fn settled(&self) -> Vec<Settlement> {
        self.settled.lock().unwrap().clone()
    }
}

impl Source for Redelivered {
    type Message = ();
    type Acknowledge = Taken;

    async fn receive(&mut self) -> Option<Result<Delivery<(), Taken>, BoxError>> {
        if self.failures > 0 {
            self.failures -= 1;
            return Some(Err("connection lost".into()));
        }
        if std::mem::replace(&mut self.is_taken, true) {
            return None;
        }
        let delivery = Delivery::new((), Taken(self.settled.clone()));
        let delivery = delivery.with_count(self.deliveries).with_id("m-1");
        Some(Ok(delivery.with_messages(self.messages)))
    }
}

impl Acknowledge for Taken {
    async fn settle(self, settlement: Settlement) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(settlement);
        Ok(())
    }
}

/// A source of any number of messages, whose broker confirms no settlement.
#[derive(Clone, Default)]
pub(crate) struct Unconfirmed {
    taken: Arc<Mutex<u32>>,
}

pub(crate) struct NeverSettled;

impl Unconfirmed {
    pub(crate) fn taken(&self) -> u32 {
        *self.taken.lock().unwrap()
    }
}

impl Source for Unconfirmed {
    type Message = ();
    type Acknowledge = NeverSettled;

    async fn receive(&mut self) -> Option<Result<Delivery<(), NeverSettled>, BoxError>> {
        *self.taken.lock().unwrap() += 1;
        Some(Ok(Delivery::new((), NeverSettled)))
    }
}

impl Acknowledge for NeverSettled {
    async fn settle(self, _: Settlement) -> Result<(), BoxError> {
        std::future::pending().await
    }
}

/// A gate around a service, which is ready while the gate is open.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

#[derive(Clone)]
pub(crate) struct Gated<S>(Gate, S);

impl Gate {
    pub(crate) fn around<S>(&self, service: S) -> Gated<S> {
        Gated(self.clone(), service)
    }

    pub(crate) fn close(&self) {
        self.0.lock().unwrap().0 = true;
    }

    pub(crate) fn open(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = false;
        state.1.take().into_iter().for_each(Waker::wake);
    }
}

impl<M, S: Service<M>> Service<M> for Gated<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let mut state = self.0.0.lock().unwrap();
        match state.0 {
            true => {
                state.1 = Some(cx.waker().clone());
                Poll::Pending
            }
            false => self.1.poll_ready(cx),
        }
    }

    fn call(&mut self, message: M) -> S::Future {
        self.1.call(message)
    }
}

/// Writes down the error or the outcome of each call.
#[derive(Clone, Default)]
pub(crate) struct Ends(Arc<Mutex<Vec<&'static str>>>);

impl Ends {
    pub(crate) fn all(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

impl<P: Protocol> Observer<P> for Ends {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Ends {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        let outcome = cx.outcome().map_or("", |outcome| outcome.as_str());
        let end = cx.error_type().map_or(outcome, StaticStr::as_str);
        self.0.lock().unwrap().push(end);
    }
}

pub(crate) struct TestMetrics(Arc<DebuggingRecorder>);

impl TestMetrics {
    pub(crate) fn new() -> Self {
        Self(Arc::new(DebuggingRecorder::new()))
    }

    pub(crate) fn recorder(&self) -> SharedRecorder {
        self.0.clone()
    }

    /// Returns the sum of each metric since the last call; of a histogram the number of its values.
    pub(crate) fn all(&self) -> BTreeMap<String, f64> {
        let mut all = BTreeMap::new();
        for (name, _, value) in self.values() {
            *all.entry(name).or_default() += value;
        }
        all
    }

    /// Returns the label values of each series of a metric, and its value.
    pub(crate) fn series(&self, metric: &str) -> Vec<(String, f64)> {
        let values = self.values().into_iter();
        let of_metric = values.filter(|(name, ..)| name == metric);
        let mut series: Vec<_> = of_metric
            .map(|(_, labels, value)| (labels, value))
            .collect();
        series.sort_by(|(a, _), (b, _)| a.cmp(b));
        series
    }

    fn values(&self) -> Vec<(String, String, f64)> {
        let values = self.0.snapshotter().snapshot().into_vec().into_iter();
        let values = values.map(|(key, _, _, value)| {
            let mut labels: Vec<_> = key.key().labels().collect();
            // Gusset's own last: destination, system, settlement.
            labels.sort_by_key(|label| (label.key().starts_with("gusset."), label.key()));
            let values: Vec<_> = labels.iter().map(|label| label.value()).collect();
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(values) => values.len() as f64,
            };
            (key.key().name().to_owned(), values.join(" "), value)
        });
        values.collect()
    }
}

/// Stands for an observer that makes spans: each call has these ids.
#[derive(Clone, Copy)]
pub(crate) struct Spans(pub(crate) SpanIds);

impl<P: Protocol> Observer<P> for Spans {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        *self
    }
}

impl<P: Protocol> CallObserver<P> for Spans {
    fn span_ids(&self) -> Option<SpanIds> {
        Some(self.0)
    }

    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// Writes down the ids that are current when something is logged about a dead letter.
#[derive(Clone, Default)]
pub(crate) struct LoggedIds(Arc<Mutex<Vec<Option<SpanIds>>>>);

impl LoggedIds {
    pub(crate) fn dispatch(&self) -> Dispatch {
        Dispatch::new(self.clone())
    }

    pub(crate) fn all(&self) -> Vec<Option<SpanIds>> {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for LoggedIds {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata
            .fields()
            .field("gusset.messaging.deliveries")
            .is_some()
    }

    fn event(&self, _: &Event<'_>) {
        self.0.lock().unwrap().push(SpanIds::current());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

//! An exporter that fails, hangs or blocks.

use std::convert::Infallible;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use gusset_core::Env;
use gusset_opentelemetry::{SpanExporterBuilder, SpanExporterPipeline};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// How long the tests wait for what happens at once.
pub(crate) const SOON: Duration = Duration::from_secs(20);
pub(crate) const LATER: &str = "3600000";

/// Records what an exporter receives, and fails as the test sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exporter(Arc<Mutex<State>>, Arc<Condvar>);

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) batches: Vec<Vec<SpanData>>,
    pub(crate) threads: Vec<ThreadId>,
    pub(crate) resource: Option<Resource>,
    pub(crate) flushes: usize,
    pub(crate) shutdowns: usize,
    behavior: Behavior,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Behavior {
    #[default]
    Succeed,
    Fail,
    Panic,
    /// Never ends, and leaves the thread to others.
    Wait,
    /// Blocks the thread until the behavior is another one.
    Block,
    /// Waits for a timer and a task of tokio.
    UseTokio,
}

impl Exporter {
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.0.lock().unwrap());
        self.1.notify_all();
        result
    }

    pub(crate) fn set(&self, behavior: Behavior) {
        self.with(|state| state.behavior = behavior);
    }

    /// Waits until an export has begun.
    pub(crate) fn wait_for_batch(&self) {
        let empty = |state: &mut State| state.batches.is_empty();
        let waited = self
            .1
            .wait_timeout_while(self.0.lock().unwrap(), SOON, empty);
        assert!(!waited.unwrap().1.timed_out());
    }

    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.with(|state| state.batches.iter().map(Vec::len).collect())
    }

    /// Starts a pipeline whose timer does not matter.
    pub(crate) fn start(&self) -> SpanExporterPipeline {
        self.start_with(
            SpanExporterPipeline::builder(),
            &[("OTEL_BSP_SCHEDULE_DELAY", LATER)],
        )
    }

    pub(crate) fn start_with(
        &self,
        builder: SpanExporterBuilder,
        vars: &[(&str, &str)],
    ) -> SpanExporterPipeline {
        let lookup = |name: &str| {
            let mut vars = vars.iter();
            vars.find(|(var, _)| *var == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let exporter = self.clone();
        let create = move || Ok::<_, Infallible>(exporter);
        builder.start_in(Env::from_fn(&lookup), create).unwrap()
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let behavior = self.with(|state| {
            state.batches.push(batch);
            state.threads.push(thread::current().id());
            state.behavior
        });
        match behavior {
            Behavior::Succeed => Ok(()),
            Behavior::Fail => Err(OTelSdkError::InternalFailure("refused".to_owned())),
            Behavior::Panic => panic!("on purpose"),
            Behavior::Wait => std::future::pending().await,
            Behavior::Block => {
                let blocked = |state: &mut State| matches!(state.behavior, Behavior::Block);
                drop(self.1.wait_while(self.0.lock().unwrap(), blocked).unwrap());
                Ok(())
            }
            Behavior::UseTokio => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                tokio::spawn(async {}).await.unwrap();
                Ok(())
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.with(|state| state.flushes += 1);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.with(|state| state.shutdowns += 1);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.with(|state| state.resource = Some(resource.clone()));
    }
}

//! What may cross threads does.

use gusset_prometheus::{
    BuildError, InstallError, Page, PageFuture, Prometheus, PrometheusBuilder, Registry, Resource,
};

fn handle<T: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static>() {}
fn future<T: Future + Send + Unpin + 'static>() {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}

#[test]
fn handles_are_shared_and_errors_are_boxed() {
    handle::<Page>();
    handle::<Prometheus>();
    handle::<PrometheusBuilder>();
    handle::<Resource>();
    handle::<std::sync::Arc<Registry>>();
    future::<PageFuture>();
    error::<BuildError>();
    error::<InstallError>();
    #[cfg(feature = "listener")]
    {
        fn sent<T: Send + Sync + 'static>() {}
        handle::<gusset_prometheus::ListenerBuilder>();
        sent::<gusset_prometheus::Listener>();
        error::<gusset_prometheus::ListenError>();
    }
}

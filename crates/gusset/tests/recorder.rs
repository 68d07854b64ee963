//! The façade records into a recorder of the service.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use gusset::metrics::Registry;
use gusset_data::MetricProducer as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

const DURATION: &str = "http.server.request.duration";

fn has_duration(registry: &Registry) -> bool {
    let metrics = registry.metrics();
    metrics.iter().any(|metric| metric.name == DURATION)
}

/// Serves one call through the layer of an instrumentation.
async fn call(gusset: &gusset::Instrumentation<gusset::kind::HttpServer>) {
    let service = ServiceBuilder::new()
        .layer(gusset.layer())
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello")))
        }));
    let response = service.oneshot(Request::new(())).await.unwrap();
    response.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn recorder_that_is_set_has_the_metrics() {
    let registry = Arc::new(Registry::builder().build().unwrap());
    let gusset = gusset::http().recorder(registry.clone()).build().unwrap();
    call(&gusset).await;
    assert!(has_duration(&registry));
    #[cfg(feature = "prometheus")]
    assert!(
        !gusset
            .prometheus()
            .endpoint()
            .render()
            .contains("http_server")
    );
}

/// `cargo test -p gusset --no-default-features --features metrics --test recorder`
#[cfg(not(feature = "prometheus"))]
#[test]
fn without_an_exporter_the_global_recorder_has_the_metrics() {
    let registry = Registry::builder().build().unwrap();
    let gusset = gusset::http().build().unwrap();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.build().unwrap();
    metrics::with_local_recorder(&registry, || runtime.block_on(call(&gusset)));
    assert!(has_duration(&registry));
}

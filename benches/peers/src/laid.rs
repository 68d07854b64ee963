//! What is laid over the services: one table for all that measures.

use axum::Router;
use gusset_benches::{Scenario, axum as route, layers, svc};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use tower_http::trace::TraceLayer;

use crate::recorders;

macro_rules! table {
    ($($name:literal, $about:literal, $layer:expr;)*) => {
        /// Over a service of plain Tower. It has no router: peers that know only axum's routes find
        /// none, and have the less to do.
        pub fn over_svc() -> Vec<Scenario> {
            vec![
                scenario("svc/bare", "nothing", None, svc::bare),
                $(scenario(concat!("svc/", $name), $about, Some("svc/bare"), || {
                    svc::layered($layer)
                }),)*
            ]
        }

        /// Over a route of axum's.
        pub fn over_axum() -> Vec<Scenario> {
            vec![
                scenario("axum/bare", "nothing", None, || route::works(route::router())),
                $(scenario(concat!("axum/", $name), $about, Some("axum/bare"), || {
                    route::works(route::router().layer($layer))
                }),)*
            ]
        }

        /// Routers to be served, and what is laid over each.
        pub const ROUTERS: &[(&str, &str, fn() -> Router)] = &[
            ("bare", "nothing", route::router),
            $(($name, $about, || route::router().layer($layer)),)*
        ];
    };
}

table! {
    "gusset", "gusset", layers::metrics();
    "axum-prometheus", "axum-prometheus", recorders::axum_prometheus();
    "axum-otel-metrics", "axum-otel-metrics", recorders::axum_otel_metrics();
    "otel-tower-metrics", "opentelemetry-instrumentation-tower (metrics only)", {
        let metrics = recorders::otel_tower().with_tracing(false);
        metrics.build().expect("every part has its default")
    };
    "otel-tower", "opentelemetry-instrumentation-tower (as it comes)", {
        LayerBuilder::build(recorders::otel_tower()).expect("every part has its default")
    };
    "tower-otel", "tower-otel (metrics)", recorders::tower_otel();
    "trace-off", "tower-http `TraceLayer` (nobody listens)", TraceLayer::new_for_http();
    "trace-text", "tower-http `TraceLayer` (log in text)", {
        recorders::subscribe();
        TraceLayer::new_for_http()
    };
}

fn scenario(
    name: &'static str,
    about: &'static str,
    over: Option<&'static str>,
    make: fn() -> gusset_benches::Works,
) -> Scenario {
    Scenario {
        name,
        about,
        over,
        times: 1000,
        make,
    }
}

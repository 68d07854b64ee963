//! The layers that are measured: one table for all programs.

use gusset_benches::sockets::Layered;
use gusset_benches::{Scenario, axum as route, layers, svc};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use tower_http::trace::TraceLayer;

use crate::recorders;

macro_rules! table {
    ($($name:literal, $about:literal, $layer:expr;)*) => {
        /// Returns the scenarios of a plain service. Peers that read the route from axum find none, so they
        /// do less work.
        pub fn svc() -> Vec<Scenario> {
            vec![
                scenario("svc/bare", "nothing", None, svc::bare),
                $(scenario(concat!("svc/", $name), $about, Some("svc/bare"), || {
                    svc::layered($layer)
                }),)*
            ]
        }

        /// Returns the scenarios of an axum route.
        pub fn axum() -> Vec<Scenario> {
            vec![
                scenario("axum/bare", "nothing", None, || route::calls(route::router())),
                $(scenario(concat!("axum/", $name), $about, Some("axum/bare"), || {
                    route::calls(route::router().layer($layer))
                }),)*
            ]
        }

        /// The routers of the servers.
        pub const ROUTERS: &[Layered] = &[
            ("bare", "nothing", |router| router),
            $(($name, $about, |router| router.layer($layer)),)*
        ];
    };
}

table! {
    "gusset", "gusset", layers::metrics();
    "axum-prometheus", "axum-prometheus", recorders::axum_prometheus();
    "axum-otel-metrics", "axum-otel-metrics", recorders::axum_otel_metrics();
    "otel-tower-metrics", "opentelemetry-instrumentation-tower (metrics only)", {
        let metrics = recorders::otel_tower().with_tracing(false);
        metrics.build().expect("every part has a default")
    };
    "otel-tower", "opentelemetry-instrumentation-tower (defaults)", {
        LayerBuilder::build(recorders::otel_tower()).expect("every part has a default")
    };
    "tower-otel", "tower-otel (metrics)", recorders::tower_otel();
    "trace-off", "tower-http `TraceLayer` (no subscriber)", TraceLayer::new_for_http();
    "trace-text", "tower-http `TraceLayer` (text log)", {
        recorders::subscribe();
        TraceLayer::new_for_http()
    };
}

fn scenario(
    name: &'static str,
    about: &'static str,
    baseline: Option<&'static str>,
    make: fn() -> gusset_benches::WorkFactory,
) -> Scenario {
    Scenario {
        name,
        about,
        baseline,
        times: 1000,
        make,
    }
}

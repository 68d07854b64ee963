//! Access log entries on an axum route.

use gusset_benches::{Scenario, WorkFactory, axum as route, layers};
use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_log::AccessLog;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::subscribers::{self, discard};

const BARE: &str = "axum/bare";

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: Some(BARE),
        times: 1000,
        make,
    };
    vec![
        Scenario {
            baseline: None,
            ..scenario(BARE, "nothing", || route::calls(route::router()))
        },
        scenario("axum/pass", "a layer that does nothing", || {
            route::layered(layers::pass())
        }),
        scenario("axum/driver", "the driver, no observer", || {
            route::layered(layers::driver())
        }),
        scenario("axum/gusset", "gusset", || {
            subscribers::gusset(discard(), "info");
            logged()
        }),
        scenario("axum/gusset-off", "gusset (level off)", || {
            subscribers::gusset(discard(), "info,gusset::access=off");
            logged()
        }),
        scenario(
            "axum/trace",
            "tower-http `TraceLayer`, `tracing-subscriber` JSON",
            || {
                subscribers::fmt(discard);
                traced()
            },
        ),
        scenario(
            "axum/trace-slim",
            "tower-http `TraceLayer`, `tracing-subscriber` JSON (minimal)",
            || {
                subscribers::fmt_slim(discard);
                traced()
            },
        ),
        scenario(
            "axum/trace-json-subscriber",
            "tower-http `TraceLayer`, `json-subscriber`",
            || {
                subscribers::json_subscriber(discard);
                traced()
            },
        ),
    ]
}

fn logged() -> WorkFactory {
    let log = AccessLog::server()
        .build_with(|_| None)
        .expect("the defaults are valid");
    route::layered(ObserveLayer::<Http, _>::new(log))
}

/// Returns calls with a span and an entry for each response, at `INFO`.
fn traced() -> WorkFactory {
    let layer = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    route::layered(layer)
}

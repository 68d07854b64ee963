//! Lines of calls on an axum route.

use gusset_benches::{Scenario, Works, axum as route, layers};
use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_log::AccessLog;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::writers::{self, nowhere};

const BARE: &str = "axum/bare";

pub(crate) fn scenarios() -> Vec<Scenario> {
    let over = |name, about, make| Scenario {
        name,
        about,
        over: Some(BARE),
        times: 1000,
        make,
    };
    vec![
        Scenario {
            over: None,
            ..over(BARE, "nothing", || route::works(route::router()))
        },
        over("axum/pass", "a layer that does nothing", || {
            route::layered(layers::pass())
        }),
        over("axum/driver", "the driver, no observer", || {
            route::layered(layers::driver())
        }),
        over("axum/gusset", "gusset", || {
            writers::gusset(nowhere(), "info");
            logged()
        }),
        over("axum/gusset-off", "gusset (level off)", || {
            writers::gusset(nowhere(), "info,gusset::access=off");
            logged()
        }),
        over(
            "axum/trace",
            "tower-http `TraceLayer`, `tracing-subscriber` JSON",
            || {
                writers::fmt(nowhere);
                traced()
            },
        ),
        over(
            "axum/trace-slim",
            "tower-http `TraceLayer`, `tracing-subscriber` JSON (slimmest)",
            || {
                writers::fmt_slim(nowhere);
                traced()
            },
        ),
        over(
            "axum/trace-json-subscriber",
            "tower-http `TraceLayer`, `json-subscriber`",
            || {
                writers::json_subscriber(nowhere);
                traced()
            },
        ),
    ]
}

fn logged() -> Works {
    let log = AccessLog::server()
        .build_with(|_| None)
        .expect("by convention");
    route::layered(ObserveLayer::<Http, _>::new(log))
}

/// As its users have it: a span and a line for each response, at `INFO`.
fn traced() -> Works {
    let layer = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    route::layered(layer)
}

//! Events of a service.

use std::hint::black_box;

use gusset_benches::{Scenario, Work, WorkFactory};
use tracing::{debug, info, info_span};

use crate::subscribers::{self, discard};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: None,
        times: 2000,
        make,
    };
    vec![
        scenario("event/gusset", "gusset", || {
            subscribers::gusset(discard(), "info");
            outside_of_spans()
        }),
        scenario("event/fmt", "`tracing-subscriber` JSON", || {
            subscribers::fmt(discard);
            outside_of_spans()
        }),
        scenario(
            "event/fmt-slim",
            "`tracing-subscriber` JSON (minimal)",
            || {
                subscribers::fmt_slim(discard);
                outside_of_spans()
            },
        ),
        scenario("event/json-subscriber", "`json-subscriber`", || {
            subscribers::json_subscriber(discard);
            outside_of_spans()
        }),
        scenario("span/gusset", "gusset", || {
            subscribers::gusset(discard(), "info");
            in_a_span()
        }),
        scenario("span/fmt", "`tracing-subscriber` JSON", || {
            subscribers::fmt(discard);
            in_a_span()
        }),
        scenario(
            "span/fmt-slim",
            "`tracing-subscriber` JSON (minimal)",
            || {
                subscribers::fmt_slim(discard);
                in_a_span()
            },
        ),
        scenario("span/json-subscriber", "`json-subscriber`", || {
            subscribers::json_subscriber(discard);
            in_a_span()
        }),
        scenario("off/gusset", "gusset", || {
            subscribers::gusset(discard(), "info");
            disabled()
        }),
        scenario("off/fmt", "`tracing-subscriber` JSON", || {
            subscribers::fmt(discard);
            disabled()
        }),
    ]
}

/// Logs a message with three fields.
fn log_event() {
    let (user, cart, total) = black_box((4711_u64, "c-17", 12.5_f64));
    info!(user, cart, total, "cart updated");
}

fn outside_of_spans() -> WorkFactory {
    Box::new(|| -> Work { Box::new(log_event) })
}

/// Returns events in a new span with two fields, like the span of a request.
fn in_a_span() -> WorkFactory {
    Box::new(|| -> Work {
        Box::new(|| {
            let (path, tenant) = black_box(("/carts/17", 7_u64));
            info_span!("request", path, tenant).in_scope(log_event);
        })
    })
}

fn disabled() -> WorkFactory {
    Box::new(|| -> Work {
        Box::new(|| {
            let user = black_box(4711_u64);
            debug!(user, "cart viewed");
        })
    })
}

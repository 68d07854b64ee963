//! A service's own events.

use std::hint::black_box;

use gusset_benches::{Scenario, Work, Works};
use tracing::{debug, info, info_span};

use crate::writers::{self, nowhere};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        over: None,
        times: 2000,
        make,
    };
    vec![
        scenario("event/gusset", "gusset", || {
            writers::gusset(nowhere(), "info");
            alone()
        }),
        scenario("event/fmt", "`tracing-subscriber` JSON", || {
            writers::fmt(nowhere);
            alone()
        }),
        scenario(
            "event/fmt-slim",
            "`tracing-subscriber` JSON (slimmest)",
            || {
                writers::fmt_slim(nowhere);
                alone()
            },
        ),
        scenario("event/json-subscriber", "`json-subscriber`", || {
            writers::json_subscriber(nowhere);
            alone()
        }),
        scenario("span/gusset", "gusset", || {
            writers::gusset(nowhere(), "info");
            in_a_span()
        }),
        scenario("span/fmt", "`tracing-subscriber` JSON", || {
            writers::fmt(nowhere);
            in_a_span()
        }),
        scenario(
            "span/fmt-slim",
            "`tracing-subscriber` JSON (slimmest)",
            || {
                writers::fmt_slim(nowhere);
                in_a_span()
            },
        ),
        scenario("span/json-subscriber", "`json-subscriber`", || {
            writers::json_subscriber(nowhere);
            in_a_span()
        }),
        scenario("off/gusset", "gusset", || {
            writers::gusset(nowhere(), "info");
            unwanted()
        }),
        scenario("off/fmt", "`tracing-subscriber` JSON", || {
            writers::fmt(nowhere);
            unwanted()
        }),
    ]
}

/// A message and three fields.
fn event() {
    let (user, cart, total) = black_box((4711_u64, "c-17", 12.5_f64));
    info!(user, cart, total, "cart updated");
}

fn alone() -> Works {
    Box::new(|| -> Work { Box::new(event) })
}

/// A span of two fields, made and left each time, as a request has one.
fn in_a_span() -> Works {
    Box::new(|| -> Work {
        Box::new(|| {
            let (path, tenant) = black_box(("/carts/17", 7_u64));
            info_span!("request", path, tenant).in_scope(event);
        })
    })
}

fn unwanted() -> Works {
    Box::new(|| -> Work {
        Box::new(|| {
            let user = black_box(4711_u64);
            debug!(user, "cart looked at");
        })
    })
}

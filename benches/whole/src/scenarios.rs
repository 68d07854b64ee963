//! The scenarios.

use axum::Router;
use gusset::breaker::{CircuitOpen, http_response};
use gusset::http::RequestIdLayer;
use gusset_benches::axum::{calls, layered, router};
use gusset_benches::sockets::Layered;
use gusset_benches::{Scenario, WorkFactory};

use crate::layers;

/// The servers.
pub const SERVERS: &[Layered] = &[
    ("bare", "nothing", |router| router),
    ("metrics", "metrics, by `gusset::http()`", |router| {
        let http = gusset::http().build().expect("the defaults are valid");
        router.layer(http.layer())
    }),
    (
        "init",
        "request id, log line, span and metrics, by `init`",
        |router| router.layer(layers::service(&["log", "trace", "metrics", "id"], true).http()),
    ),
    ("five-jobs", "the same with a breaker", |router| {
        with_five_jobs(router, true)
    }),
    (
        "five-jobs-unsampled",
        "the same with a breaker, not sampled",
        |router| with_five_jobs(router, false),
    ),
];

const AXUM: &str = "axum/bare";
const SVC: &str = "svc/bare";

pub(crate) fn all() -> Vec<Scenario> {
    let scenario = |baseline, name, about, make| Scenario {
        name,
        about,
        baseline,
        times: 1000,
        make,
    };
    let axum = Some(AXUM);
    let svc = Some(SVC);
    vec![
        scenario(None, AXUM, "nothing", || calls(router())),
        scenario(axum, "axum/pass", "a layer that does nothing", || {
            layered(gusset_benches::layers::pass())
        }),
        scenario(axum, "axum/request-id", "request id", || {
            layered(RequestIdLayer::new())
        }),
        scenario(axum, "axum/metrics", "metrics, by `gusset::http()`", || {
            let http = gusset::http().build().expect("the defaults are valid");
            layered(http.layer())
        }),
        scenario(axum, "axum/log", "log line", || observed(&["log"], true)),
        scenario(axum, "axum/trace", "sampled span", || {
            observed(&["trace"], true)
        }),
        scenario(axum, "axum/trace-unsampled", "span, not sampled", || {
            observed(&["trace"], false)
        }),
        scenario(
            axum,
            "axum/init",
            "request id, log line, span and metrics, by `init`",
            || observed(&["log", "trace", "metrics", "id"], true),
        ),
        scenario(axum, "axum/five-jobs", "the same with a breaker", || {
            five_jobs(true)
        }),
        scenario(
            axum,
            "axum/five-jobs-unsampled",
            "the same with a breaker, not sampled",
            || five_jobs(false),
        ),
        scenario(None, SVC, "nothing", gusset_benches::svc::bare),
        scenario(svc, "svc/metrics", "metrics, by `gusset::http()`", || {
            let http = gusset::http().build().expect("the defaults are valid");
            gusset_benches::svc::layered(http.layer())
        }),
        scenario(svc, "svc/breaker", "breaker, closed", || {
            let gusset = layers::service(&[], true);
            let breaker = gusset.breaker("route").expect("the name is valid");
            let breaker = breaker
                .http_server()
                .respond_with(|open: CircuitOpen| http_response(&open));
            gusset_benches::svc::layered(breaker)
        }),
    ]
}

/// Returns calls of the router with these parts of a service.
fn observed(parts: &[&str], is_sampled: bool) -> WorkFactory {
    let gusset = layers::service(parts, is_sampled);
    layered(gusset.http())
}

/// Returns calls of the router with all five jobs.
fn five_jobs(is_sampled: bool) -> WorkFactory {
    calls(with_five_jobs(router(), is_sampled))
}

fn with_five_jobs(router: Router, is_sampled: bool) -> Router {
    let gusset = layers::service(&["log", "trace", "metrics", "id"], is_sampled);
    let breaker = gusset.breaker("route").expect("the name is valid");
    let breaker = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response(&open));
    router.layer(gusset.http().admit(breaker))
}

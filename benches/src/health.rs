//! What health costs: an answer of a probe, and a call of a service that has it.

use std::hint::black_box;
use std::time::Duration;

use gusset_core::ObserveLayer;
use gusset_health::{Check, LocalDependency, Health, Probe};
use gusset_http::{Endpoint as _, EndpointService, Http, RequestHead};
use http::Request;
use tokio::runtime;

use crate::{Scenario, Works, axum, layers};

/// What is called, with nothing of health.
pub const BARE: &str = "health/bare";
/// What opens the details.
const TOKEN: &str = "correct-horse-battery";
/// Longer than anybody measures.
const DAY: Duration = Duration::from_secs(86_400);

/// The scenarios of health.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, over, make| Scenario {
        name,
        about,
        over,
        times: 1000,
        make,
    };
    let probe = |name, about, make| scenario(name, about, None, make);
    let call = |name, about, make| scenario(name, about, Some(BARE), make);
    vec![
        probe("probe/livez", "`/livez`", || {
            answers(&well(100), Health::livez, None)
        }),
        probe("probe/readyz-0", "`/readyz`, no checks", || {
            answers(&well(0), Health::readyz, None)
        }),
        probe("probe/readyz-100", "`/readyz`, 100 checks", || {
            answers(&well(100), Health::readyz, None)
        }),
        probe("probe/healthz-100", "`/healthz`, 100 checks", || {
            answers(&well(100), Health::healthz, None)
        }),
        probe(
            "probe/details-100",
            "`/healthz`, 100 checks, details",
            || answers(&well(100), Health::healthz, Some(TOKEN)),
        ),
        scenario(BARE, "nothing", None, || axum::works(axum::router())),
        call("health/mounted", "the probes on the router", || {
            let mounted = well(100)
                .probes()
                .fold(axum::router(), |app, (path, probe)| {
                    app.route_service(path, EndpointService::new(probe))
                });
            axum::works(mounted)
        }),
        call("health/metrics", "HTTP metrics, without health", || {
            axum::layered(layers::metrics())
        }),
        call(
            "health/in-flight",
            "HTTP metrics and calls under way",
            || {
                let metrics = layers::metrics_observer();
                let both = (well(100).in_flight(), metrics);
                axum::layered(ObserveLayer::<Http, _>::new(both))
            },
        ),
        call("health/pass", "a layer that does nothing", || {
            axum::layered(layers::pass())
        }),
        call("health/drain", "the layer that closes connections", || {
            axum::layered(well(100).connection_drain_layer())
        }),
    ]
}

/// The health of a service that is ready, with so many checks that decide on it.
///
/// # Panics
/// Never: this configuration is good.
pub fn well(checks: usize) -> Health {
    let mut builder = Health::builder()
        .handle_signals(false)
        .live_deadline(DAY)
        .details_token(TOKEN);
    for at in 0..checks {
        let check = Check::new(format!("check-{at}"), async || ());
        let check = check.initial_jitter(Duration::ZERO).stale_after(DAY);
        builder = builder.readiness_check(LocalDependency(check));
    }
    let health = builder.build().expect("a good configuration");
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime builds").block_on(async {
        let _running = health.start().expect("a runtime");
        health.lifecycle().mark_started();
        while !health.is_ready() {
            tokio::task::yield_now().await;
        }
    });
    health
}

/// Answers of a probe, with a token or without.
///
/// # Panics
/// Never: a token is a header's value.
pub fn answers(health: &Health, probe: fn(&Health) -> Probe, token: Option<&str>) -> Works {
    let mut request = Request::new(());
    if let Some(token) = token {
        let bearer = format!("Bearer {token}").parse().expect("plain text");
        request.headers_mut().insert("authorization", bearer);
    }
    let probe = probe(health);
    Box::new(move || {
        let (probe, request) = (probe.clone(), request.clone());
        Box::new(move || {
            let answer = probe.answer(RequestHead::from(black_box(&request)));
            drop(black_box(answer.into_inner()));
        })
    })
}

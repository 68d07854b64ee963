//! The cost of health: a response of a probe, and a call of a service with health.

use std::hint::black_box;
use std::time::Duration;

use gusset_core::ObserveLayer;
use gusset_health::{Check, Health, LocalDependency, Probe};
use gusset_http::{Endpoint as _, EndpointService, Http, RequestHead};
use http::Request;
use tokio::runtime;

use crate::{Scenario, WorkFactory, axum, layers};

/// The router without health.
pub const BARE: &str = "health/bare";
/// The bearer token for the details.
const DETAILS_TOKEN: &str = "correct-horse-battery";
/// Longer than any measurement.
const MAX_DURATION: Duration = Duration::from_secs(86_400);

/// Returns the scenarios of health.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, baseline, make| Scenario {
        name,
        about,
        baseline,
        times: 1000,
        make,
    };
    let probe = |name, about, make| scenario(name, about, None, make);
    let call = |name, about, make| scenario(name, about, Some(BARE), make);
    vec![
        probe("probe/livez", "`/livez`", || {
            responses(&healthy(100), Health::livez, None)
        }),
        probe("probe/readyz-0", "`/readyz`, no checks", || {
            responses(&healthy(0), Health::readyz, None)
        }),
        probe("probe/readyz-100", "`/readyz`, 100 checks", || {
            responses(&healthy(100), Health::readyz, None)
        }),
        probe("probe/healthz-100", "`/healthz`, 100 checks", || {
            responses(&healthy(100), Health::healthz, None)
        }),
        probe(
            "probe/details-100",
            "`/healthz`, 100 checks, details",
            || responses(&healthy(100), Health::healthz, Some(DETAILS_TOKEN)),
        ),
        scenario(BARE, "nothing", None, || axum::calls(axum::router())),
        call("health/mounted", "the probes on the router", || {
            let mounted = healthy(100)
                .probes()
                .fold(axum::router(), |app, (path, probe)| {
                    app.route_service(path, EndpointService::new(probe))
                });
            axum::calls(mounted)
        }),
        call("health/metrics", "HTTP metrics, without health", || {
            axum::layered(layers::metrics())
        }),
        call(
            "health/in-flight",
            "HTTP metrics and calls in flight",
            || {
                let metrics = layers::metrics_observer();
                let both = (healthy(100).in_flight(), metrics);
                axum::layered(ObserveLayer::<Http, _>::new(both))
            },
        ),
        call("health/pass", "a layer that does nothing", || {
            axum::layered(layers::pass())
        }),
        call(
            "health/connection-drain",
            "the layer that closes connections",
            || axum::layered(healthy(100).connection_drain_layer()),
        ),
    ]
}

/// Returns the health of a ready service, with this number of readiness checks.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn healthy(checks: usize) -> Health {
    let mut builder = Health::builder()
        .handle_signals(false)
        .live_deadline(MAX_DURATION)
        .details_token(DETAILS_TOKEN);
    for index in 0..checks {
        let check = Check::new(format!("check-{index}"), async || ());
        let check = check
            .initial_jitter(Duration::ZERO)
            .stale_after(MAX_DURATION);
        builder = builder.readiness_check(LocalDependency(check));
    }
    let health = builder.build().expect("the configuration is valid");
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the runtime builds").block_on(async {
        let _runtime = health.start().expect("there is a runtime");
        health.lifecycle().mark_started();
        while !health.is_ready() {
            tokio::task::yield_now().await;
        }
    });
    health
}

/// Returns responses of a probe, with a token or without.
///
/// # Panics
/// Never, because the token is a valid header value.
pub fn responses(health: &Health, probe: fn(&Health) -> Probe, token: Option<&str>) -> WorkFactory {
    let mut request = Request::new(());
    if let Some(token) = token {
        let bearer = format!("Bearer {token}")
            .parse()
            .expect("the token is ASCII");
        request.headers_mut().insert("authorization", bearer);
    }
    let probe = probe(health);
    Box::new(move || {
        let (probe, request) = (probe.clone(), request.clone());
        Box::new(move || {
            let response = probe.answer(RequestHead::from(black_box(&request)));
            drop(black_box(response.into_inner()));
        })
    })
}

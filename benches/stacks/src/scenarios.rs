//! The scenarios.

use gusset_benches::axum::{calls, layered, router};
use gusset_benches::sockets::Layered;
use gusset_benches::{Scenario, WorkFactory, svc};

use crate::{FloorLayer, breakers, crates};

/// The servers.
pub const SERVERS: &[Layered] = &[
    ("bare", "nothing", |router| router),
    (
        "floor",
        "five jobs written manually, for this service alone",
        |router| router.layer(FloorLayer::default()),
    ),
    (
        "usual-otel",
        "the usual crates, with OpenTelemetry's layer",
        crates::otel,
    ),
    ("usual-tuned", "the usual crates, tuned", crates::tuned),
    (
        "usual-untuned",
        "the usual crates, as in their documentation",
        crates::untuned,
    ),
];

const AXUM: &str = "axum/bare";
const SVC: &str = "svc/bare";

/// Returns all scenarios, each after its baseline. Their subscribers are global, so a process can run one only.
pub fn all() -> Vec<Scenario> {
    let scenario = |baseline, name, about, make: fn() -> WorkFactory| Scenario {
        name,
        about,
        baseline,
        times: 1000,
        make,
    };
    let on_axum = |name, about, make| scenario(Some(AXUM), name, about, make);
    let on_svc = |name, about, make| scenario(Some(SVC), name, about, make);
    vec![
        scenario(None, AXUM, "nothing", || calls(router())),
        on_axum(
            "axum/floor",
            "five jobs written manually, for this service alone",
            || layered(FloorLayer::default()),
        ),
        on_axum(
            "axum/usual-otel",
            "the usual crates, with OpenTelemetry's layer",
            || calls(crates::otel(router())),
        ),
        on_axum("axum/usual-tuned", "the usual crates, tuned", || {
            calls(crates::tuned(router()))
        }),
        on_axum(
            "axum/usual-untuned",
            "the usual crates, as in their documentation",
            || calls(crates::untuned(router())),
        ),
        on_axum("axum/fastrace", "fastrace: a sampled span alone", || {
            calls(crates::fastrace(router()))
        }),
        scenario(None, SVC, "nothing", svc::bare),
        on_svc("svc/failsafe", "failsafe, closed", || breakers::failsafe()),
        on_svc("svc/recloser", "recloser, closed", || breakers::recloser()),
    ]
}

//! A permit records exactly one end of each call, of every kind.

use gusset_core::Rejected;
use gusset_http::service_unavailable;
use gusset_testkit::RecordingObserver;
use gusset_tests::cases::{Case, Transport};
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::responses::handler;
use gusset_tests::scripted_service::{ScriptedService, run_script};
use gusset_tests::scripts::script;
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, only_call, router, wait_for_calls};
use proptest::prelude::*;
use tower_layer::Layer;

use crate::gate::{Gate, outer_observer};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The model in `bad_input` defines the record of the observer.
    #[test]
    fn permit_records_scripts_like_an_observer(script in script()) {
        let (gate, recorder) = (Gate::open(), RecordingObserver::new());
        let service = gate.layer().layer(ScriptedService::new(&script));
        run_script(outer_observer(&recorder).layer(service), &script);
        prop_assert_eq!(gate.permits.in_flight(), 0);
        prop_assert_eq!(gate.permits.calls(), recorder.calls());
        prop_assert_eq!(recorder.calls().len(), 1);
    }

    #[test]
    fn admission_leaves_responses_unchanged(script in script()) {
        let service = Gate::open().layer().layer(ScriptedService::new(&script));
        prop_assert_eq!(run_script(service, &script), run_script(ScriptedService::new(&script), &script));
    }
}

/// The matrix in `completion` defines the record of the observer.
#[test]
fn permit_records_connections_like_an_observer() {
    let mut count = 0;
    for transport in [
        Transport::Http1,
        Transport::Http2,
        Transport::AxumHttp1,
        Transport::AxumHttp2,
    ] {
        for case in transport.cases() {
            let (gate, recorder) = (Gate::open(), RecordingObserver::new());
            run_case(case, &gate, &recorder);
            assert_eq!(only_call(&gate.permits), only_call(&recorder), "{case}");
            count += 1;
        }
    }
    assert_eq!(count, 155 + 155 + 145 + 145);
}

fn run_case(case: Case, gate: &Gate, recorder: &RecordingObserver) {
    let (handler, mut entered) = handler(case);
    let observe = outer_observer(recorder);
    let server = if case.transport.is_axum() {
        let admission = gate
            .layer()
            .respond_with(|rejected: Rejected| service_unavailable(&rejected));
        Server::axum(router(handler).layer(admission).layer(observe))
    } else {
        let service = observe.layer(gate.layer().layer(hyper_service(handler)));
        if case.transport == Transport::Http2 {
            Server::http2(service)
        } else {
            Server::http1(service)
        }
    };
    run(async {
        if case.transport.is_http2() {
            let _connection = http2::exchange(case, server.addr(), &mut entered).await;
            wait_for_calls(recorder, 1).await;
        } else {
            http1::exchange(case, server.addr(), &mut entered).await;
            wait_for_calls(recorder, 1).await;
        }
    });
}

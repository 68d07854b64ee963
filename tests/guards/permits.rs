//! A permit is a call: it hears exactly one end, of every kind there is.

use gusset_core::Rejected;
use gusset_http::service_unavailable;
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::handler;
use gusset_tests::cases::{Case, Over};
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::consumer::{Scripted, consume};
use gusset_tests::scripts::script;
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, only_fact, router, told};
use proptest::prelude::*;
use tower_layer::Layer;

use crate::gate::{Gate, outside};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// What an observer outside hears, the model in `bad_input` says.
    #[test]
    fn a_permit_hears_of_any_script_what_an_observer_hears(script in script()) {
        let (gate, witness) = (Gate::open(), RecordingObserver::new());
        let guarded = gate.layer().layer(Scripted::new(&script));
        consume(outside(&witness).layer(guarded), &script);
        prop_assert_eq!(gate.permits.in_flight(), 0);
        prop_assert_eq!(gate.permits.calls(), witness.calls());
        prop_assert_eq!(witness.calls().len(), 1);
    }

    #[test]
    fn the_caller_of_a_guarded_service_sees_what_the_bare_service_gives(script in script()) {
        let guarded = Gate::open().layer().layer(Scripted::new(&script));
        prop_assert_eq!(consume(guarded, &script), consume(Scripted::new(&script), &script));
    }
}

/// The matrix says what an observer outside hears of each of these.
#[test]
fn a_permit_hears_over_real_connections_what_an_observer_hears() {
    let mut count = 0;
    for over in [Over::Http1, Over::Http2, Over::AxumHttp1, Over::AxumHttp2] {
        for case in over.cases() {
            let (gate, witness) = (Gate::open(), RecordingObserver::new());
            play(case, &gate, &witness);
            assert_eq!(only_fact(&gate.permits), only_fact(&witness), "{case}");
            count += 1;
        }
    }
    assert_eq!(count, 155 + 155 + 145 + 145);
}

fn play(case: Case, gate: &Gate, witness: &RecordingObserver) {
    let (handler, mut entered) = handler(case);
    let observe = outside(witness);
    let server = if case.over.is_axum() {
        let guard = gate
            .layer()
            .respond_with(|refused: Rejected| service_unavailable(&refused));
        Server::axum(router(handler).layer(guard).layer(observe))
    } else {
        let service = observe.layer(gate.layer().layer(hyper_service(handler)));
        if case.over == Over::Http2 {
            Server::http2(service)
        } else {
            Server::http1(service)
        }
    };
    run(async {
        if case.over.is_http2() {
            let _connection = http2::play(case, server.addr(), &mut entered).await;
            told(witness, 1).await;
        } else {
            http1::play(case, server.addr(), &mut entered).await;
            told(witness, 1).await;
        }
    });
}

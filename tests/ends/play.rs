//! Plays a case, with the service bare or observed.

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_testkit::{Fact, Witness};
use gusset_tests::answers::{router, service};
use gusset_tests::cases::{Case, Over};
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::servers::Server;
use gusset_tests::wire::Wire;
use tower_layer::Layer;

/// The layer that all of these tests are about.
pub(crate) fn observe(witness: &Witness) -> ObserveLayer<Http, Witness> {
    ObserveLayer::new(witness.clone())
}

/// Plays a case with the bare service.
pub(crate) fn bare(case: Case) -> Wire {
    play(case, None)
}

/// Plays a case with the observed service. Asserts that exactly one end was told, while the server
/// was still up, and that nothing is left of the call.
pub(crate) fn observed(case: Case) -> (Wire, Fact) {
    let witness = Witness::new();
    let wire = play(case, Some(&witness));
    // The server is gone, and with it whatever could have told of a second end.
    let facts = witness.facts();
    assert_eq!(facts.len(), 1, "one end, of one call: {facts:#?}");
    assert_eq!(witness.in_flight(), 0);
    (wire, facts[0].clone())
}

/// The facts of the first `count` calls, as soon as they have ended.
pub(crate) async fn told(witness: &Witness, count: usize) -> Vec<Fact> {
    let witness = witness.clone();
    tokio::task::spawn_blocking(move || witness.wait(count))
        .await
        .expect("it waits, no more")
}

fn play(case: Case, witness: Option<&Witness>) -> Wire {
    let (server, mut entered) = if case.over.is_axum() {
        let (router, entered) = router(case);
        let server = match witness {
            Some(witness) => Server::axum(router.layer(observe(witness))),
            None => Server::axum(router),
        };
        (server, entered)
    } else {
        let (service, entered) = service(case);
        let server = match (witness, case.over) {
            (Some(witness), Over::Http2) => Server::http2(observe(witness).layer(service)),
            (Some(witness), _) => Server::http1(observe(witness).layer(service)),
            (None, Over::Http2) => Server::http2(service),
            (None, _) => Server::http1(service),
        };
        (server, entered)
    };
    run(async {
        let (wire, connection) = if case.over.is_http2() {
            let (wire, connection) = http2::play(case, server.addr(), &mut entered).await;
            (wire, Some(connection))
        } else {
            (http1::play(case, server.addr(), &mut entered).await, None)
        };
        if let Some(witness) = witness {
            // Not the server's stopping is to end the call, nor that of an HTTP/2 connection.
            let facts = told(witness, 1).await;
            assert!(!facts.is_empty(), "the end was told in time");
        }
        drop(connection);
        wire
    })
}

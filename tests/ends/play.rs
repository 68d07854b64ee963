//! Plays a case, with the service bare or observed.

use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::answers::handler;
use gusset_tests::cases::Case;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::stack::{only_fact, serve, told};
use gusset_tests::wire::Wire;

/// Plays a case with the bare service.
pub(crate) fn bare(case: Case) -> Wire {
    play(case, None)
}

/// Plays a case with the observed service. Asserts that exactly one end was told, while the server
/// was still up, and that nothing is left of the call.
pub(crate) fn observed(case: Case) -> (Wire, RecordedCall) {
    let witness = RecordingObserver::new();
    let wire = play(case, Some(&witness));
    (wire, only_fact(&witness))
}

fn play(case: Case, witness: Option<&RecordingObserver>) -> Wire {
    let (handler, mut entered) = handler(case);
    let server = serve(case.over, handler, witness);
    run(async {
        let (wire, connection) = if case.over.is_http2() {
            let (wire, connection) = http2::play(case, server.addr(), &mut entered).await;
            (wire, Some(connection))
        } else {
            (http1::play(case, server.addr(), &mut entered).await, None)
        };
        if let Some(witness) = witness {
            // Neither the server's stopping nor that of an HTTP/2 connection is to end the call.
            told(witness, 1).await;
        }
        drop(connection);
        wire
    })
}

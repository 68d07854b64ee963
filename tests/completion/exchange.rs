//! Runs a case, with and without an observer.

use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::cases::Case;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::responses::handler;
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use gusset_tests::wire::Wire;

/// Runs a case without an observer.
pub(crate) fn without_observer(case: Case) -> Wire {
    exchange(case, None)
}

/// Runs a case with an observer. Asserts that exactly one end was recorded while the server was
/// running.
pub(crate) fn observed(case: Case) -> (Wire, RecordedCall) {
    let recorder = RecordingObserver::new();
    let wire = exchange(case, Some(&recorder));
    (wire, only_call(&recorder))
}

fn exchange(case: Case, recorder: Option<&RecordingObserver>) -> Wire {
    let (handler, mut entered) = handler(case);
    let server = serve(case.transport, handler, recorder);
    run(async {
        let (wire, connection) = if case.transport.is_http2() {
            let (wire, connection) = http2::exchange(case, server.addr(), &mut entered).await;
            (wire, Some(connection))
        } else {
            (
                http1::exchange(case, server.addr(), &mut entered).await,
                None,
            )
        };
        if let Some(recorder) = recorder {
            // Stopping the server or closing the connection must not end the call.
            wait_for_calls(recorder, 1).await;
        }
        drop(connection);
        wire
    })
}

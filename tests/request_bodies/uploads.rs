//! Requests in steps, byte for byte.

use gusset_tests::cases::Transport;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::side::Side;
use gusset_tests::wire::{self, Wire};

use crate::service::serve;

/// A step of a client.
pub(crate) enum Step {
    Send(&'static str),
    /// Waits until these bytes are received.
    Await(&'static str),
    /// Reads to the end of the connection.
    ReadAll,
    /// Disconnects.
    Leave,
}

/// Runs the steps with and without an observer, and returns the side with the observer, on which
/// one call has ended. Asserts that the bytes are the same.
pub(crate) fn exchange(transport: Transport, steps: &[Step]) -> Side {
    let side = Side::new();
    let observed = wire_of(transport, Some(&side), steps);
    assert_eq!(observed, wire_of(transport, None, steps), "{transport:?}");
    side
}

fn wire_of(transport: Transport, side: Option<&Side>, steps: &[Step]) -> Wire {
    let server = serve(transport, side);
    run(async {
        let mut connection = Some(Connection::open(server.addr()).await);
        let mut wire = Wire::new();
        for step in steps {
            let open = connection.as_mut().expect("the client is connected");
            match step {
                Step::Send(bytes) => open.send(bytes).await,
                Step::Await(mark) => wire = wire::http1(open.receive_to(mark).await),
                Step::ReadAll => wire = wire::http1(open.receive_all().await),
                Step::Leave => connection = None,
            }
        }
        if let Some(side) = side {
            side.wait_for_call().await;
        }
        wire
    })
}

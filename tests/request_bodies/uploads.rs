//! Requests byte for byte, in steps.

use gusset_tests::cases::Over;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::numbers::Side;
use gusset_tests::wire::{self, Wire};

use crate::servers::serve;

/// What a client sends, and waits for, in turn.
pub(crate) enum Step {
    Send(&'static str),
    /// Waits until that has come.
    Await(&'static str),
    /// Reads to the end of the connection.
    ReadAll,
    /// Leaves.
    Leave,
}

/// Plays against the service, counted and bare; gives the side that counted, on which one call has
/// ended. Asserts that the wire was the same.
pub(crate) fn play(over: Over, steps: &[Step]) -> Side {
    let side = Side::new();
    let counted = wire_of(over, Some(&side), steps);
    assert_eq!(counted, wire_of(over, None, steps), "{over:?}");
    side
}

fn wire_of(over: Over, side: Option<&Side>, steps: &[Step]) -> Wire {
    let server = serve(over, side);
    run(async {
        let mut connection = Some(Connection::open(server.addr()).await);
        let mut wire = Wire::new();
        for step in steps {
            let open = connection.as_mut().expect("it has not left");
            match step {
                Step::Send(bytes) => open.send(bytes).await,
                Step::Await(mark) => wire = wire::http1(open.receive_to(mark).await),
                Step::ReadAll => wire = wire::http1(open.receive_all().await),
                Step::Leave => connection = None,
            }
        }
        if let Some(side) = side {
            side.told_one().await;
        }
        wire
    })
}

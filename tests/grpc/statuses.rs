//! Every code of gRPC, from a handler of tonic's to a caller of tonic's.

use gusset_core::Outcome;
use gusset_http::GrpcCode;
use gusset_tests::clients::run;

use crate::words::REFUSE;
use crate::worlds::World;

/// The codes that a server is to blame for (semantic conventions 1.44, gRPC).
const FAULTS: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

#[test]
fn every_code_is_told_on_both_sides_and_blamed_on_the_same_one() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        for number in 1..=16 {
            let name = GrpcCode::from_number(number).name().as_str();
            let error = caller.unary(REFUSE, &number.to_string()).await;
            assert_eq!(i32::from(error.expect_err(name).code()), i32::from(number));

            let count = usize::from(number);
            let server = world.on_server.told(count).await.remove(count - 1);
            let client = world.on_client.told(count).await.remove(count - 1);
            let fault = FAULTS.contains(&name);
            let outcome = match fault {
                true => Outcome::ServerError,
                false => Outcome::ClientError,
            };
            assert_eq!((server.status, client.status), (Some(name), Some(name)));
            assert_eq!(
                (server.outcome, client.outcome),
                (outcome, outcome),
                "{name}"
            );
            // The caller's own faults are no errors of the server, but of the call they are.
            assert_eq!(server.error, fault.then_some(name));
            assert_eq!(client.error, Some(name));
        }
    });
}

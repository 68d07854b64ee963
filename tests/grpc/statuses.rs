//! Every gRPC code, with a tonic server and a tonic client.

use gusset_core::Outcome;
use gusset_http::GrpcCode;
use gusset_tests::clients::run;

use crate::harness::Harness;
use crate::service::REFUSE;

/// The codes that are server errors (semantic conventions 1.44, gRPC).
const FAULTS: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

#[test]
fn both_sides_agree_on_every_code() {
    run(async {
        let harness = Harness::new();
        let mut client = harness.client();
        for number in 1..=16 {
            let name = GrpcCode::from_number(number).name().as_str();
            let error = client.unary(REFUSE, &number.to_string()).await;
            assert_eq!(i32::from(error.expect_err(name).code()), i32::from(number));

            let count = usize::from(number);
            let server = harness
                .on_server
                .wait_for_calls(count)
                .await
                .remove(count - 1);
            let client = harness
                .on_client
                .wait_for_calls(count)
                .await
                .remove(count - 1);
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
            // A client error has no `error.type` on the server, but has one on the client.
            assert_eq!(server.error, fault.then_some(name));
            assert_eq!(client.error, Some(name));
        }
    });
}

//! A stream of requests that the client itself breaks off is not the fault of the server.

use gusset_breaker::{CircuitBreaker, CircuitOpen, grpc_response};
use gusset_core::Outcome;
use gusset_tests::clients::{run, with_timeout};
use http::uri::PathAndQuery;
use tonic::Request;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::transport::Endpoint;
use tonic_prost::ProstCodec;
use tower_layer::Layer;

use crate::harness::Harness;
use crate::service::{JOIN, Word};

#[test]
fn client_stream_that_the_client_breaks_off_is_its_own_fault() {
    run(async {
        let harness = Harness::new();
        let breaker = CircuitBreaker::builder("words")
            .build()
            .expect("the settings are valid");
        let channel = Endpoint::from(harness.uri()).connect_lazy();
        let layer = breaker.grpc_client();
        let layer = layer.respond_with(|open: CircuitOpen| grpc_response::<Body>(&open));
        let channel = layer.layer(channel);
        let channel = harness.on_client.grpc_client().layer(channel);
        // The second message is longer than the client sends.
        let mut client = Grpc::with_origin(channel, harness.uri()).max_encoding_message_size(10);
        for call in 1..=3 {
            with_timeout(client.ready()).await.expect("it is ready");
            let words = [Word::new("one"), Word::new("longer than ten bytes")];
            let words = Request::new(futures_util::stream::iter(words));
            let path = PathAndQuery::from_static(JOIN);
            let codec = ProstCodec::<Word, Word>::default();
            let joined = with_timeout(client.client_streaming(words, path, codec)).await;
            joined.expect_err("a message is too long");
            let calls = harness.on_client.wait_for_calls(call).await;
            let last = calls.last().expect("a call");
            let expected = (Outcome::ClientError, Some("request_body"));
            assert_eq!((last.outcome, last.error), expected, "{last:?}");
        }
        let counts = breaker.counts();
        assert_eq!((counts.calls, counts.failures), (0, 0));
    });
}

//! The labels of gRPC metrics. On a server, all unknown methods are one.

use futures_util::{StreamExt, stream};
use gusset_testkit::RecordingObserver;
use gusset_tests::clients::{run, with_timeout};
use gusset_tests::responses::Entered;
use gusset_tests::side::Side;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tower_layer::Layer;

use crate::harness::{Client, Harness, serve};
use crate::service::{ECHO, HEALTH, LIST, LIST_FOREVER, PANIC, REFUSE, Word, WordService};

const SERVER: &str = "rpc_server_call_duration_seconds_count";
const CLIENT: &str = "rpc_client_call_duration_seconds_count";

#[test]
fn server_series_have_method_and_status() {
    run(async {
        let harness = Harness::new();
        let mut client = harness.client();
        for (method, word) in [(ECHO, "a"), (ECHO, "b"), (REFUSE, "5"), (REFUSE, "14")] {
            let _ = client.unary(method, word).await;
        }
        let list = client.list(LIST).await.expect("a list");
        list.for_each(async |word| drop(word.expect("a word")))
            .await;
        harness.on_server.wait_for_calls(5).await;
        assert_eq!(
            harness.on_server.rows(SERVER),
            [
                r#"{error_type="UNAVAILABLE",rpc_method="_OTHER",rpc_response_status_code="UNAVAILABLE",rpc_system_name="grpc"} 1"#,
                r#"{rpc_method="_OTHER",rpc_response_status_code="NOT_FOUND",rpc_system_name="grpc"} 1"#,
                r#"{rpc_method="test.WordService/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 2"#,
                r#"{rpc_method="test.WordService/List",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#,
            ]
        );
        assert_eq!(
            harness.on_server.rows("gusset_rpc_server_outcomes_total"),
            [
                r#"{gusset_outcome="client_error",rpc_method="_OTHER",rpc_system_name="grpc"} 1"#,
                r#"{gusset_outcome="server_error",rpc_method="_OTHER",rpc_system_name="grpc"} 1"#,
                r#"{gusset_outcome="success",rpc_method="test.WordService/Echo",rpc_system_name="grpc"} 2"#,
                r#"{gusset_outcome="success",rpc_method="test.WordService/List",rpc_system_name="grpc"} 1"#,
            ]
        );
    });
}

#[test]
fn unknown_methods_are_one_server_series() {
    run(async {
        let harness = Harness::new();
        let mut client = harness.client();
        for method in ["/test.WordService/Guess", "/other.Service/Guess", "/guess"] {
            let error = client.unary(method, "hello").await.expect_err("no word");
            assert_eq!(error.code(), Code::Unimplemented, "{method}");
        }
        // Although the client has not sent its stream.
        let error = client
            .join("/test.WordService/Tell", stream::pending::<Word>())
            .await;
        assert_eq!(error.expect_err("no word").code(), Code::Unimplemented);
        harness.on_server.wait_for_calls(4).await;
        assert_eq!(
            harness.on_server.rows(SERVER),
            [
                r#"{error_type="UNIMPLEMENTED",rpc_method="_OTHER",rpc_response_status_code="UNIMPLEMENTED",rpc_system_name="grpc"} 4"#
            ]
        );
        harness.on_client.wait_for_calls(4).await;
        let rows = harness.on_client.rows(CLIENT);
        assert_eq!(rows.len(), 4);
        assert!(
            rows.iter()
                .any(|row| row.contains(r#"rpc_method="other.Service/Guess""#))
        );
    });
}

#[test]
fn cancelled_stream_with_data_proves_its_method() {
    run(async {
        let harness = Harness::new();
        let mut list = harness.client().list(LIST_FOREVER).await.expect("a list");
        with_timeout(list.next())
            .await
            .expect("a word")
            .expect("a word");
        drop(list);
        harness.on_server.wait_for_call().await;
        assert_eq!(
            harness.on_server.rows(SERVER),
            [r#"{rpc_method="test.WordService/ListForever",rpc_system_name="grpc"} 1"#]
        );
        assert_eq!(
            harness.on_server.rows("gusset_rpc_server_outcomes_total"),
            [
                r#"{gusset_outcome="cancelled",gusset_stage="body",rpc_method="test.WordService/ListForever",rpc_system_name="grpc"} 1"#
            ]
        );
    });
}

#[test]
fn client_series_have_the_server_of_the_origin() {
    run(async {
        let on_client = Side::new();
        let harnesses = [Harness::new(), Harness::new()];
        for harness in &harnesses {
            let channel = Endpoint::from(harness.uri()).connect_lazy();
            let mut client = Client::new(on_client.grpc_client().layer(channel), harness.uri());
            client.unary(ECHO, "hello").await.expect("a word");
        }
        on_client.wait_for_calls(2).await;
        let mut ports = harnesses.map(|harness| harness.server.addr().port().to_string());
        ports.sort_unstable();
        assert_eq!(on_client.rows(CLIENT), ports.map(|port| format!(
            r#"{{rpc_method="test.WordService/Echo",rpc_response_status_code="OK",rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 1"#
        )));
    });
}

#[test]
fn request_without_origin_has_no_server() {
    run(async {
        let harness = Harness::new();
        let channel = Endpoint::from(harness.uri()).connect_lazy();
        // Clients that are generated with `new` have no origin. The channel adds it inside the
        // layer.
        let observed = harness.on_client.grpc_client().layer(channel);
        let mut client = Client::new(observed, http::Uri::default());
        client.unary(ECHO, "hello").await.expect("a word");
        harness.on_client.wait_for_call().await;
        assert_eq!(
            harness.on_client.rows(CLIENT),
            [
                r#"{rpc_method="test.WordService/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#
            ]
        );
        harness.close();
    });
}

#[test]
fn transport_failures_have_no_grpc_status() {
    run(async {
        let harness = Harness::new();
        let mut client = harness.client();
        client.unary(ECHO, "hello").await.expect("a word");
        client.unary(PANIC, "hello").await.expect_err("no word");
        harness.on_server.wait_for_calls(2).await;
        harness.on_client.wait_for_calls(2).await;
        let port = harness.server.addr().port();
        assert_eq!(
            harness.on_server.rows(SERVER)[0],
            // A method that has never responded is not proven.
            r#"{error_type="panic",rpc_method="_OTHER",rpc_system_name="grpc"} 1"#
        );
        assert_eq!(
            harness.on_client.rows(CLIENT)[0],
            format!(
                r#"{{error_type="_OTHER",rpc_method="test.WordService/Panic",rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 1"#
            )
        );
        assert_eq!(
            harness.on_client.rows("gusset_rpc_client_active_calls"),
            [format!(
                r#"{{rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 0"#
            )]
        );
    });
}

#[test]
fn excluded_path_is_served_without_signals() {
    run(async {
        let side = Side::new();
        let recorder = RecordingObserver::new();
        let gusset = gusset::grpc()
            .observer(recorder.clone())
            .prometheus(side.prometheus())
            .exclude_paths([HEALTH])
            .build()
            .expect("the settings are valid");
        let (words, _entered): (_, Entered) = WordService::new();
        let server = serve(Tonic::builder(), gusset.layer(), words);
        let uri: http::Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let mut client = Client::new(channel, uri);
        client.unary(HEALTH, "hello").await.expect("a word");
        client.unary(ECHO, "hello").await.expect("a word");
        gusset_tests::stack::wait_for_calls(&recorder, 1).await;
        drop(server);
        assert_eq!((recorder.calls().len(), recorder.in_flight()), (1, 0));
        assert_eq!(
            side.rows(SERVER),
            [
                r#"{rpc_method="test.WordService/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#
            ]
        );
    });
}

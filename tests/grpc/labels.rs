//! What stands on the page: methods that are known, by their names; all other words of callers as
//! one.

use futures_util::{StreamExt, stream};
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::Entered;
use gusset_tests::clients::{run, soon};
use gusset_tests::numbers::Side;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tower_layer::Layer;

use crate::words::{ECHO, HEALTH, LIST, LIST_FOREVER, PANIC, REFUSE, Word, Words};
use crate::worlds::{Caller, World, serve};

const SERVER: &str = "rpc_server_call_duration_seconds_count";
const CLIENT: &str = "rpc_client_call_duration_seconds_count";

#[test]
fn a_server_s_page_tells_methods_and_statuses_apart() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        for (method, word) in [(ECHO, "a"), (ECHO, "b"), (REFUSE, "5"), (REFUSE, "14")] {
            let _ = caller.unary(method, word).await;
        }
        let list = caller.list(LIST).await.expect("a list");
        list.for_each(async |word| drop(word.expect("a word")))
            .await;
        world.on_server.told(5).await;
        assert_eq!(
            world.on_server.rows(SERVER),
            [
                r#"{error_type="UNAVAILABLE",rpc_method="test.Words/Refuse",rpc_response_status_code="UNAVAILABLE",rpc_system_name="grpc"} 1"#,
                r#"{rpc_method="test.Words/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 2"#,
                r#"{rpc_method="test.Words/List",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#,
                r#"{rpc_method="test.Words/Refuse",rpc_response_status_code="NOT_FOUND",rpc_system_name="grpc"} 1"#,
            ]
        );
        assert_eq!(
            world.on_server.rows("gusset_rpc_server_outcomes_total"),
            [
                r#"{gusset_outcome="client_error",rpc_method="test.Words/Refuse",rpc_system_name="grpc"} 1"#,
                r#"{gusset_outcome="server_error",rpc_method="test.Words/Refuse",rpc_system_name="grpc"} 1"#,
                r#"{gusset_outcome="success",rpc_method="test.Words/Echo",rpc_system_name="grpc"} 2"#,
                r#"{gusset_outcome="success",rpc_method="test.Words/List",rpc_system_name="grpc"} 1"#,
            ]
        );
    });
}

#[test]
fn words_of_strangers_are_one_on_the_server_s_page_and_the_caller_s_own_on_its() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        for method in ["/test.Words/Guess", "/other.Service/Guess", "/guess"] {
            let error = caller.unary(method, "hello").await.expect_err("no word");
            assert_eq!(error.code(), Code::Unimplemented, "{method}");
        }
        // Whatever else the caller would have to say.
        let error = caller
            .join("/test.Words/Tell", stream::pending::<Word>())
            .await;
        assert_eq!(error.expect_err("no word").code(), Code::Unimplemented);
        world.on_server.told(4).await;
        assert_eq!(
            world.on_server.rows(SERVER),
            [
                r#"{error_type="UNIMPLEMENTED",rpc_method="_OTHER",rpc_response_status_code="UNIMPLEMENTED",rpc_system_name="grpc"} 4"#
            ]
        );
        world.on_client.told(4).await;
        let rows = world.on_client.rows(CLIENT);
        assert_eq!(rows.len(), 4);
        assert!(
            rows.iter()
                .any(|row| row.contains(r#"rpc_method="other.Service/Guess""#))
        );
    });
}

#[test]
fn a_method_whose_callers_all_leave_after_a_word_is_a_method() {
    run(async {
        let world = World::new();
        let mut list = world.caller().list(LIST_FOREVER).await.expect("a list");
        soon(list.next()).await.expect("a word").expect("a word");
        drop(list);
        world.on_server.told_one().await;
        assert_eq!(
            world.on_server.rows(SERVER),
            [r#"{rpc_method="test.Words/ListForever",rpc_system_name="grpc"} 1"#]
        );
        assert_eq!(
            world.on_server.rows("gusset_rpc_server_outcomes_total"),
            [
                r#"{gusset_outcome="cancelled",gusset_stage="body",rpc_method="test.Words/ListForever",rpc_system_name="grpc"} 1"#
            ]
        );
    });
}

#[test]
fn a_client_s_page_tells_servers_apart_by_the_origin_of_its_requests() {
    run(async {
        let on_client = Side::new();
        let worlds = [World::new(), World::new()];
        for world in &worlds {
            let channel = Endpoint::from(world.uri()).connect_lazy();
            let mut caller = Caller::new(on_client.grpc_client().layer(channel), world.uri());
            caller.unary(ECHO, "hello").await.expect("a word");
        }
        on_client.told(2).await;
        let mut ports = worlds.map(|world| world.server.addr().port().to_string());
        ports.sort_unstable();
        assert_eq!(on_client.rows(CLIENT), ports.map(|port| format!(
            r#"{{rpc_method="test.Words/Echo",rpc_response_status_code="OK",rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 1"#
        )));
    });
}

#[test]
fn a_client_whose_requests_have_no_origin_names_no_server() {
    run(async {
        let world = World::new();
        let channel = Endpoint::from(world.uri()).connect_lazy();
        // As generated clients are made by `new`: the channel adds the origin, inside of the layer.
        let observed = world.on_client.grpc_client().layer(channel);
        let mut caller = Caller::new(observed, http::Uri::default());
        caller.unary(ECHO, "hello").await.expect("a word");
        world.on_client.told_one().await;
        assert_eq!(
            world.on_client.rows(CLIENT),
            [
                r#"{rpc_method="test.Words/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#
            ]
        );
        world.close();
    });
}

#[test]
fn failures_on_the_way_bear_no_status_of_grpc() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        caller.unary(ECHO, "hello").await.expect("a word");
        caller.unary(PANIC, "hello").await.expect_err("no word");
        world.on_server.told(2).await;
        world.on_client.told(2).await;
        let port = world.server.addr().port();
        assert_eq!(
            world.on_server.rows(SERVER)[0],
            // A method that has never answered is a stranger's word still.
            r#"{error_type="panic",rpc_method="_OTHER",rpc_system_name="grpc"} 1"#
        );
        assert_eq!(
            world.on_client.rows(CLIENT)[0],
            format!(
                r#"{{error_type="_OTHER",rpc_method="test.Words/Panic",rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 1"#
            )
        );
        assert_eq!(
            world.on_client.rows("gusset_rpc_client_active_calls"),
            [format!(
                r#"{{rpc_system_name="grpc",server_address="127.0.0.1",server_port="{port}"}} 0"#
            )]
        );
    });
}

#[test]
fn a_path_that_is_skipped_is_served_and_left_out_of_every_signal() {
    run(async {
        let page = Side::new();
        let witness = RecordingObserver::new();
        let gusset = gusset::grpc()
            .observe(witness.clone())
            .prometheus(page.prometheus())
            .exclude_paths([HEALTH])
            .build()
            .expect("nothing is misconfigured");
        let (words, _entered): (_, Entered) = Words::new();
        let server = serve(Tonic::builder(), gusset.layer(), words);
        let uri: http::Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let mut caller = Caller::new(channel, uri);
        caller.unary(HEALTH, "hello").await.expect("a word");
        caller.unary(ECHO, "hello").await.expect("a word");
        gusset_tests::stack::told(&witness, 1).await;
        drop(server);
        assert_eq!((witness.calls().len(), witness.in_flight()), (1, 0));
        assert_eq!(
            page.rows(SERVER),
            [
                r#"{rpc_method="test.Words/Echo",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#
            ]
        );
    });
}

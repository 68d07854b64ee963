//! Calls that are answered.

use gusset_core::Outcome;
use gusset_tests::clients::run;
use gusset_tests::numbers::Side;
use http::Method;
use http_body_util::BodyExt;

use crate::worlds::{OVER, answering, get, observed, request, scripted, send};

#[test]
fn an_answer_that_is_read_to_its_end_is_a_success() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let res = get(&observed(&side, over), &server, "/").await;
            let read = res.expect("an answer").collect().await.expect("all of it");
            assert_eq!(read.to_bytes(), "hello");
            let fact = side.told_one().await;
            assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Success));
            assert_eq!((fact.status, fact.error), (Some("200"), None));
            assert_eq!((fact.bytes, fact.responses), (5, 1), "{over:?}");
        });
    }
}

#[test]
fn a_caller_s_fault_is_an_error_of_the_call_and_its_own_fault_still() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let res = get(&observed(&side, over), &server, "/nothing").await;
            res.expect("an answer").collect().await.expect("all of it");
            let fact = side.told_one().await;
            assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ClientError));
            assert_eq!((fact.status, fact.error), (Some("404"), Some("404")));
        });
    }
}

#[test]
fn a_server_s_fault_is_the_service_s() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let res = get(&observed(&side, over), &server, "/broken").await;
            res.expect("an answer").collect().await.expect("all of it");
            let fact = side.told_one().await;
            assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ServerError));
            assert_eq!((fact.status, fact.error), (Some("500"), Some("500")));
        });
    }
}

#[test]
fn an_answer_to_head_is_whole_without_the_length_it_declares() {
    run(async {
        let side = Side::new();
        let server = scripted("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        let client = observed(&side, OVER[0]);
        let res = send(&client, request(Method::HEAD, server.addr(), "/")).await;
        drop(res.expect("an answer"));
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Success));
        assert_eq!((fact.status, fact.bytes), (Some("200"), 0));
    });
}

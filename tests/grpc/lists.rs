//! Many answers: the status comes after them, in the trailers.

use futures_util::{StreamExt, stream};
use gusset_core::Outcome;
use gusset_tests::clients::{run, soon};
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use crate::single::assert_delivered;
use crate::words::{LIST, LIST_AND_FAIL, LIST_NOTHING, REPEAT, Word};
use crate::worlds::World;

async fn read(mut list: Streaming<Word>) -> (Vec<String>, Option<Status>) {
    let mut words = Vec::new();
    while let Some(word) = soon(list.next()).await {
        match word {
            Ok(word) => words.push(word.text),
            Err(status) => return (words, Some(status)),
        }
    }
    (words, None)
}

#[test]
fn a_list_is_a_success_by_the_status_in_its_trailers() {
    run(async {
        let world = World::new();
        let list = world.caller().list(LIST).await.expect("a list");
        let (words, error) = read(list).await;
        assert_eq!(words, ["one", "two", "three"]);
        assert!(error.is_none());
        let (server, client) = world.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        assert_eq!((server.bytes, client.bytes), (3 * 7 + 11, 3 * 7 + 11));
        world.close();
    });
}

#[test]
fn a_list_that_fails_after_some_words_is_told_by_the_status_in_its_trailers() {
    run(async {
        let world = World::new();
        let list = world.caller().list(LIST_AND_FAIL).await.expect("a list");
        let (words, error) = read(list).await;
        assert_eq!(words, ["one", "two"]);
        assert_eq!(error.map(|error| error.code()), Some(Code::DataLoss));
        let (server, client) = world.ended().await;
        for fact in [server, client] {
            assert_eq!(
                (fact.end, fact.stage, fact.trailers),
                ("Complete", None, true)
            );
            assert_eq!(fact.outcome, Outcome::ServerError);
            assert_eq!(
                (fact.status, fact.error),
                (Some("DATA_LOSS"), Some("DATA_LOSS"))
            );
            assert_eq!(fact.bytes, 2 * 7 + 6);
        }
        world.close();
    });
}

#[test]
fn a_list_that_is_refused_is_told_by_the_status_in_the_headers() {
    run(async {
        let world = World::new();
        let error = world
            .caller()
            .list(LIST_NOTHING)
            .await
            .expect_err("no list");
        assert_eq!(error.code(), Code::PermissionDenied);
        let (server, client) = world.ended().await;
        assert_eq!((server.outcome, server.error), (Outcome::ClientError, None));
        let named = Some("PERMISSION_DENIED");
        assert_eq!(
            (client.outcome, client.error),
            (Outcome::ClientError, named)
        );
        for fact in [server, client] {
            assert_eq!((fact.end, fact.trailers), ("Complete", false));
            assert_eq!((fact.status, fact.bytes), (named, 0));
        }
        world.close();
    });
}

#[test]
fn a_conversation_is_one_call_that_ends_when_both_have_said_all() {
    run(async {
        let world = World::new();
        let (say, said) = mpsc::unbounded_channel();
        let said = stream::unfold(said, async |mut said| {
            said.recv().await.map(|word| (word, said))
        });
        let mut heard = {
            say.send(Word::new("first")).expect("it is heard");
            world.caller().converse(REPEAT, said).await.expect("a list")
        };
        for word in ["first", "second"] {
            let repeated = soon(heard.next()).await.expect("a word").expect("a word");
            assert_eq!(repeated.text, word);
            // Both speak: the call is under way.
            assert_eq!(world.on_server.witness.in_flight(), 1);
            assert_eq!(world.on_client.witness.in_flight(), 1);
            if word == "first" {
                say.send(Word::new("second")).expect("it is heard");
            }
        }
        drop(say);
        assert!(soon(heard.next()).await.is_none());
        let (server, client) = world.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        world.close();
    });
}

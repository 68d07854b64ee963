//! The driver against a slow model of its contract, on scripts at random.

use gusset_core::{ObserveLayer, Outcome, Stage};
use gusset_http::Http;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::consumer::{Scripted, consume};
use gusset_tests::scripts::{Declared, Script, Service, Step, script};
use http::Method;
use proptest::prelude::*;
use tower_layer::Layer;

/// What is told of a call.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    end: &'static str,
    stage: Option<Stage>,
    trailers: bool,
    outcome: Outcome,
    status: Option<String>,
    error: Option<String>,
    bytes: u64,
    pieces: usize,
    head: bool,
    first_byte: bool,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Complete { trailers: bool },
    Upgraded,
    Failed(Stage, &'static str),
    Cancelled(Stage),
    Panicked(Stage),
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8192,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_driver_tells_of_any_script_what_the_contract_says(script in script()) {
        let witness = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(witness.clone());
        consume(layer.layer(Scripted::new(&script)), &script);
        let facts = witness.calls();
        prop_assert_eq!((facts.len(), witness.in_flight()), (1, 0), "one call, one end");
        prop_assert_eq!(told(&facts[0]), model(&script));
    }

    #[test]
    fn the_caller_of_any_script_sees_what_the_bare_service_gives(script in script()) {
        let layer = ObserveLayer::<Http, _>::new(RecordingObserver::new());
        let observed = consume(layer.layer(Scripted::new(&script)), &script);
        prop_assert_eq!(observed, consume(Scripted::new(&script), &script));
    }
}

/// The contract, read aloud. What follows is slow and says everything twice.
fn model(script: &Script) -> Told {
    // The service's future was dropped, gave `Err` or unwound: there is no response.
    match script.service {
        Service::IsDropped(_) => return name(script, Ended::Cancelled(Stage::Headers), &[]),
        Service::Fails(_) => return name(script, Ended::Failed(Stage::Headers, "_OTHER"), &[]),
        Service::Unwinds(_) | Service::UnwindsInCall => {
            return name(script, Ended::Panicked(Stage::Headers), &[]);
        }
        Service::Answers(_) => {}
    }

    // The response cannot have a body.
    let status = script.status.as_u16();
    let connected = script.method == Method::CONNECT && (200..300).contains(&status);
    if status == 101 || connected {
        return name(script, Ended::Upgraded, &[]);
    }
    let bare = (100..200).contains(&status) || status == 204 || status == 304;
    if script.method == Method::HEAD || bare {
        return name(script, Ended::Complete { trailers: false }, &[]);
    }

    // What is declared is the header where there is one, whatever it says; else the exact hint.
    let declared = if script.header == Declared::Nothing {
        script.length(script.hint)
    } else {
        script.length(script.header)
    };

    // A body that says its end at the head is never asked for more.
    if script.steps.is_empty() && !script.without_end_hint {
        return name(script, at_its_end(declared, &[]), &[]);
    }
    let mut given = Vec::new();
    for poll in 0..script.polls {
        // A stalled body stays where it is.
        let stalled = script
            .steps
            .iter()
            .take(poll)
            .any(|step| *step == Step::Stall);
        let step = if stalled {
            Some(Step::Stall)
        } else {
            script.steps.get(poll).copied()
        };
        match step {
            Some(Step::Pending | Step::Stall) => {}
            Some(Step::Data(len)) => {
                given.push(len);
                if declared.is_some_and(|declared| sum(&given) > declared) {
                    let end = Ended::Failed(Stage::Body, "body_length_mismatch");
                    return name(script, end, &given);
                }
                let last = poll + 1 == script.steps.len();
                if last && !script.without_end_hint {
                    return name(script, at_its_end(declared, &given), &given);
                }
            }
            Some(Step::Trailers) => {
                let end = match at_its_end(declared, &given) {
                    Ended::Complete { .. } => Ended::Complete { trailers: true },
                    short => short,
                };
                return name(script, end, &given);
            }
            Some(Step::Error) => {
                return name(script, Ended::Failed(Stage::Body, "_OTHER"), &given);
            }
            Some(Step::Panic) => return name(script, Ended::Panicked(Stage::Body), &given),
            None => return name(script, at_its_end(declared, &given), &given),
        }
    }

    // It was dropped before any of that: with its declared length paid, or not.
    let end = if declared == Some(sum(&given)) {
        Ended::Complete { trailers: false }
    } else {
        Ended::Cancelled(Stage::Body)
    };
    name(script, end, &given)
}

/// The end of a body that says it is at its end, after `given`.
fn at_its_end(declared: Option<u64>, given: &[usize]) -> Ended {
    if declared.is_none_or(|declared| sum(given) == declared) {
        Ended::Complete { trailers: false }
    } else {
        Ended::Failed(Stage::Body, "body_length_mismatch")
    }
}

fn sum(given: &[usize]) -> u64 {
    given.iter().map(|len| *len as u64).sum()
}

/// What an end is called, on an HTTP server.
fn name(script: &Script, ended: Ended, given: &[usize]) -> Told {
    let code = script.status.as_u16();
    let answered = matches!(script.service, Service::Answers(_));
    let status = answered.then(|| code.to_string());
    let (end, stage, trailers) = match ended {
        Ended::Complete { trailers } => ("Complete", None, trailers),
        Ended::Upgraded => ("Upgraded", None, false),
        Ended::Failed(stage, _) => ("Failed", Some(stage), false),
        Ended::Cancelled(stage) => ("Cancelled", Some(stage), false),
        Ended::Panicked(stage) => ("Panicked", Some(stage), false),
    };
    let (outcome, error) = match ended {
        Ended::Complete { .. } | Ended::Upgraded => match code {
            500..=599 => (Outcome::ServerError, status.clone()),
            400..=499 => (Outcome::ClientError, None),
            _ => (Outcome::Success, None),
        },
        Ended::Failed(_, error) => (Outcome::ServerError, Some(error.to_owned())),
        Ended::Panicked(_) => (Outcome::ServerError, Some("panic".to_owned())),
        Ended::Cancelled(_) => (Outcome::Cancelled, None),
    };
    Told {
        end,
        stage,
        trailers,
        outcome,
        status,
        error,
        bytes: sum(given),
        pieces: given.len(),
        head: answered,
        first_byte: sum(given) > 0,
    }
}

fn told(fact: &RecordedCall) -> Told {
    Told {
        end: fact.end,
        stage: fact.stage,
        trailers: fact.trailers,
        outcome: fact.outcome,
        status: fact.status.map(str::to_owned),
        error: fact.error.map(str::to_owned),
        bytes: fact.bytes,
        pieces: fact.pieces,
        head: fact.head.is_some() && fact.responses == 1,
        first_byte: fact.first_byte.is_some(),
    }
}

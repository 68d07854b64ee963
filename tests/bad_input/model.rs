//! The driver records random scripts as a slow model of its contract does.

use gusset_core::{ObserveLayer, Outcome, Stage};
use gusset_http::Http;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::scripted_service::{ScriptedService, run_script};
use gusset_tests::scripts::{DeclaredLength, Script, ServiceStep, Step, script};
use http::Method;
use proptest::prelude::*;
use tower_layer::Layer;

/// The record of a call.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    end: &'static str,
    stage: Option<Stage>,
    trailers: bool,
    outcome: Outcome,
    status: Option<String>,
    error: Option<String>,
    bytes: u64,
    chunks: usize,
    headers: bool,
    first_byte: bool,
}

/// The end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedEnd {
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
    fn driver_records_what_the_contract_requires(script in script()) {
        let recorder = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(recorder.clone());
        run_script(layer.layer(ScriptedService::new(&script)), &script);
        let recorded = recorder.calls();
        prop_assert_eq!((recorded.len(), recorder.in_flight()), (1, 0), "one call has one end");
        prop_assert_eq!(record_of(&recorded[0]), model(&script));
    }

    #[test]
    fn driver_leaves_responses_unchanged(script in script()) {
        let layer = ObserveLayer::<Http, _>::new(RecordingObserver::new());
        let observed = run_script(layer.layer(ScriptedService::new(&script)), &script);
        prop_assert_eq!(observed, run_script(ScriptedService::new(&script), &script));
    }
}

/// Returns the record that the contract requires. Slow and explicit.
fn model(script: &Script) -> Record {
    // There is no response if the future was dropped, returned `Err` or panicked.
    match script.service {
        ServiceStep::Dropped(_) => {
            return expected_record(script, ExpectedEnd::Cancelled(Stage::Headers), &[]);
        }
        ServiceStep::Fails(_) => {
            return expected_record(script, ExpectedEnd::Failed(Stage::Headers, "_OTHER"), &[]);
        }
        ServiceStep::Panics(_) | ServiceStep::PanicsInCall => {
            return expected_record(script, ExpectedEnd::Panicked(Stage::Headers), &[]);
        }
        ServiceStep::Responds(_) => {}
    }

    // The response cannot have a body.
    let status = script.status.as_u16();
    let connected = script.method == Method::CONNECT && (200..300).contains(&status);
    if status == 101 || connected {
        return expected_record(script, ExpectedEnd::Upgraded, &[]);
    }
    let has_no_body = (100..200).contains(&status) || status == 204 || status == 304;
    if script.method == Method::HEAD || has_no_body {
        return expected_record(script, ExpectedEnd::Complete { trailers: false }, &[]);
    }

    // The declared length is that of the header if there is one, even if it is invalid. Otherwise
    // it is the exact hint.
    let declared = if script.header == DeclaredLength::Absent {
        script.length(script.hint)
    } else {
        script.length(script.header)
    };

    // A body with an end hint before its first chunk is not polled.
    if script.steps.is_empty() && !script.without_end_hint {
        return expected_record(script, end_of_body(declared, &[]), &[]);
    }
    let mut chunks = Vec::new();
    for poll in 0..script.polls {
        // A stalled body makes no progress.
        let is_stalled = script
            .steps
            .iter()
            .take(poll)
            .any(|step| *step == Step::PendForever);
        let step = if is_stalled {
            Some(Step::PendForever)
        } else {
            script.steps.get(poll).copied()
        };
        match step {
            Some(Step::Pending | Step::PendForever) => {}
            Some(Step::Data(len)) => {
                chunks.push(len);
                if declared.is_some_and(|declared| sum(&chunks) > declared) {
                    let end = ExpectedEnd::Failed(Stage::Body, "body_length_mismatch");
                    return expected_record(script, end, &chunks);
                }
                let last = poll + 1 == script.steps.len();
                if last && !script.without_end_hint {
                    return expected_record(script, end_of_body(declared, &chunks), &chunks);
                }
            }
            Some(Step::Trailers) => {
                let end = match end_of_body(declared, &chunks) {
                    ExpectedEnd::Complete { .. } => ExpectedEnd::Complete { trailers: true },
                    short => short,
                };
                return expected_record(script, end, &chunks);
            }
            Some(Step::Error) => {
                return expected_record(
                    script,
                    ExpectedEnd::Failed(Stage::Body, "_OTHER"),
                    &chunks,
                );
            }
            Some(Step::Panic) => {
                return expected_record(script, ExpectedEnd::Panicked(Stage::Body), &chunks);
            }
            None => return expected_record(script, end_of_body(declared, &chunks), &chunks),
        }
    }

    // The body was dropped before its end, with or without its declared length.
    let end = if declared == Some(sum(&chunks)) {
        ExpectedEnd::Complete { trailers: false }
    } else {
        ExpectedEnd::Cancelled(Stage::Body)
    };
    expected_record(script, end, &chunks)
}

/// Returns the end of a body that ends after the chunks in `chunks`.
fn end_of_body(declared: Option<u64>, chunks: &[usize]) -> ExpectedEnd {
    if declared.is_none_or(|declared| sum(chunks) == declared) {
        ExpectedEnd::Complete { trailers: false }
    } else {
        ExpectedEnd::Failed(Stage::Body, "body_length_mismatch")
    }
}

fn sum(chunks: &[usize]) -> u64 {
    chunks.iter().map(|len| *len as u64).sum()
}

/// Returns the record of an end, for an HTTP server.
fn expected_record(script: &Script, expected: ExpectedEnd, chunks: &[usize]) -> Record {
    let code = script.status.as_u16();
    let has_response = matches!(script.service, ServiceStep::Responds(_));
    let status = has_response.then(|| code.to_string());
    let (end, stage, trailers) = match expected {
        ExpectedEnd::Complete { trailers } => ("Complete", None, trailers),
        ExpectedEnd::Upgraded => ("Upgraded", None, false),
        ExpectedEnd::Failed(stage, _) => ("Failed", Some(stage), false),
        ExpectedEnd::Cancelled(stage) => ("Cancelled", Some(stage), false),
        ExpectedEnd::Panicked(stage) => ("Panicked", Some(stage), false),
    };
    let (outcome, error) = match expected {
        ExpectedEnd::Complete { .. } | ExpectedEnd::Upgraded => match code {
            500..=599 => (Outcome::ServerError, status.clone()),
            400..=499 => (Outcome::ClientError, None),
            _ => (Outcome::Success, None),
        },
        // An error status that was sent stays the error, also if the body breaks or is not read.
        ExpectedEnd::Failed(Stage::Body, _)
        | ExpectedEnd::Panicked(Stage::Body)
        | ExpectedEnd::Cancelled(Stage::Body)
            if (500..=599).contains(&code) =>
        {
            (Outcome::ServerError, status.clone())
        }
        ExpectedEnd::Cancelled(Stage::Body) if (400..=499).contains(&code) => {
            (Outcome::ClientError, None)
        }
        ExpectedEnd::Failed(_, error) => (Outcome::ServerError, Some(error.to_owned())),
        ExpectedEnd::Panicked(_) => (Outcome::ServerError, Some("panic".to_owned())),
        ExpectedEnd::Cancelled(_) => (Outcome::Cancelled, None),
    };
    Record {
        end,
        stage,
        trailers,
        outcome,
        status,
        error,
        bytes: sum(chunks),
        chunks: chunks.len(),
        headers: has_response,
        first_byte: sum(chunks) > 0,
    }
}

fn record_of(call: &RecordedCall) -> Record {
    Record {
        end: call.end,
        stage: call.stage,
        trailers: call.trailers,
        outcome: call.outcome,
        status: call.status.map(str::to_owned),
        error: call.error.map(str::to_owned),
        bytes: call.bytes,
        chunks: call.chunks,
        headers: call.headers.is_some() && call.responses == 1,
        first_byte: call.first_byte.is_some(),
    }
}

//! Settings that an operator changes for a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_data::StateTree;
use gusset_ops::{ConfigError, Operations, TemporarySetting};
use gusset_testkit::EventRecorder;
use http::{Request, StatusCode};
use tracing::Level;

use crate::support::*;

/// A setting that keeps the time of its change.
#[derive(Clone, Default)]
pub(crate) struct Greeting(Arc<Mutex<Option<(String, Duration)>>>);

impl TemporarySetting for Greeting {
    fn current(&self) -> StateTree {
        let changed = self.0.lock().unwrap();
        let value = changed.as_ref().map(|(value, _)| value.clone());
        value.unwrap_or_else(|| "hello".to_owned()).into()
    }

    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError> {
        if value == "nonsense" {
            return Err(ConfigError::new("greeting", "not a greeting"));
        }
        *self.0.lock().unwrap() = Some((value.to_owned(), time));
        Ok(())
    }

    fn revert(&self) {
        *self.0.lock().unwrap() = None;
    }
}

fn with_setting() -> (Operations, Greeting) {
    let greeting = Greeting::default();
    let operations = builder()
        .token(token())
        .setting("greeting", greeting.clone());
    (operations.build().unwrap(), greeting)
}

fn post(query: &str) -> http::request::Builder {
    let request = Request::post(format!("/ops/settings/greeting?{query}"));
    request.header("authorization", format!("Bearer {TOKEN}"))
}

#[tokio::test]
async fn setting_is_changed_for_a_time_and_reverted() {
    let (operations, greeting) = with_setting();
    let changed = answer(&operations, post("value=hi&seconds=60&confirm=greeting")).await;
    assert_eq!(
        (changed.status(), &**changed.body()),
        (StatusCode::OK, "hi\n")
    );
    let expected = Some(("hi".to_owned(), Duration::from_secs(60)));
    assert_eq!(*greeting.0.lock().unwrap(), expected);
    let reverted = answer(&operations, post("revert&confirm=greeting")).await;
    assert_eq!(reverted.body(), "hello\n");
}

#[tokio::test]
async fn change_needs_token_same_origin_confirmation_and_a_valid_value() {
    let (operations, _) = with_setting();
    let status = async |request| answer(&operations, request).await.status();
    let query = "value=hi&confirm=greeting";
    let without_token = Request::post(format!("/ops/settings/greeting?{query}"));
    assert_eq!(status(without_token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(post("value=hi")).await, StatusCode::BAD_REQUEST);
    assert_eq!(
        status(post("value=nonsense&confirm=greeting")).await,
        StatusCode::BAD_REQUEST
    );
    let host = |request: http::request::Builder| request.header("host", "shop.example:9464");
    for (name, value, expected) in [
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
        ("origin", "http://shop.example:9464", StatusCode::OK),
    ] {
        let request = host(post(query)).header(name, value);
        assert_eq!(status(request).await, expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn each_change_is_logged() {
    let (operations, _) = with_setting();
    let events = EventRecorder::new(Level::INFO);
    let recording = events.set_default();
    answer(&operations, post("value=hi&seconds=60&confirm=greeting")).await;
    answer(&operations, post("revert&confirm=greeting")).await;
    answer(&operations, post("value=nonsense&confirm=greeting")).await;
    drop(recording);
    let events: Vec<_> = events.events().iter().map(ToString::to_string).collect();
    assert_eq!(
        events,
        [
            "WARN gusset::ops message=an operator changes a setting setting=greeting value=hi seconds=60",
            "WARN gusset::ops message=an operator reverts a setting setting=greeting",
        ]
    );
}

#[tokio::test]
async fn page_has_a_form_for_each_setting() {
    let (operations, _) = with_setting();
    let request = Request::get("/ops").header("accept", "text/html");
    let request = request.header("authorization", format!("Bearer {TOKEN}"));
    let page = answer(&operations, request).await;
    for part in [
        "data-setting=\"greeting\"",
        "data-revert=\"greeting\"",
        "<td>hello</td>",
    ] {
        assert!(page.body().contains(part), "{part}");
    }
}

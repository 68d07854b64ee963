//! The span of a page load.

use std::time::{Duration, SystemTime};

use gusset_data::Value;

use crate::support::*;

const TRACE: &str = "&trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

#[tokio::test]
async fn load_is_a_child_of_its_request() {
    let spans = Spans::default();
    let monitored = Monitored::new(|it| it.spans(spans.clone()));
    let before = SystemTime::now();
    monitored.post(&format!("{BEACON}{TRACE}01")).await;
    let [span] = spans.take().try_into().unwrap();
    assert_eq!(span.name, "page load /");
    assert_eq!(span.trace_id[..2], [0x0a, 0xf7]);
    assert_eq!(span.parent_span_id.map(|id| id[0]), Some(0xb7));
    assert_ne!(span.span_id, [0; 8]);
    assert_eq!(span.flags, 1);
    // 900 ms ago, and 700 ms long.
    assert_eq!(
        span.end.duration_since(span.start).unwrap(),
        Duration::from_millis(700)
    );
    let ago = before.duration_since(span.start).unwrap();
    assert!(
        ago <= Duration::from_millis(900) && ago > Duration::from_millis(800),
        "{ago:?}"
    );
    let value = |name: &str| {
        span.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, it)| it.clone())
    };
    assert_eq!(value("gusset.browser.page"), Some(Value::from("/")));
    assert_eq!(
        value("gusset.browser.phase.first_byte"),
        Some(Value::from(0.3))
    );
    assert_eq!(value("gusset.browser.phase.dns"), None);
    assert_eq!(
        value("gusset.browser.cumulative_layout_shift"),
        Some(Value::from(0.05))
    );
}

#[tokio::test]
async fn request_decides_whether_the_load_is_sampled() {
    let spans = Spans::default();
    let monitored = Monitored::new(|it| it.spans(spans.clone()));
    monitored.post(&format!("{BEACON}{TRACE}00")).await;
    assert!(spans.take().is_empty());
}

#[tokio::test]
async fn load_that_was_left_ends_with_the_beacon() {
    let spans = Spans::default();
    let monitored = Monitored::new(|it| it.spans(spans.clone()));
    monitored
        .post(&format!("page=/&ratio=1&errors=0&age=900.0{TRACE}01"))
        .await;
    let [span] = spans.take().try_into().unwrap();
    assert_eq!(
        span.end.duration_since(span.start).unwrap(),
        Duration::from_millis(900)
    );
}

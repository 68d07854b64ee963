//! The shop lives through each outage, and its page of numbers tells the story.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../outage/main.rs"]
mod outage;

use std::time::Duration;

use outage::{Chapter, Mode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_answers_through_every_outage_and_recovers_by_itself() {
    let mut out = Vec::new();
    let (chapters, page) = outage::tell(&mut out).await.expect("the story");
    let modes: Vec<Mode> = chapters.iter().map(|chapter| chapter.mode).collect();
    let all = [
        Mode::Fails,
        Mode::Hangs,
        Mode::Breaks,
        Mode::FailsInTrailers,
    ];
    assert_eq!(modes, all);
    for Chapter {
        mode,
        until_open,
        refused,
        slowest,
        recovered,
    } in chapters
    {
        assert_eq!(until_open, 3, "{mode:?}: three failures in a row");
        assert!(refused > 0, "{mode:?}: nobody was refused");
        // The payment service would have taken 150 ms to hang.
        assert!(
            slowest < Duration::from_millis(140),
            "{mode:?}: {slowest:?}"
        );
        assert!(
            recovered < Duration::from_secs(3),
            "{mode:?}: {recovered:?}"
        );
    }

    let number = |series: &str| {
        let line = page.lines().find(|line| line.starts_with(series));
        let line = line.unwrap_or_else(|| panic!("no {series} in\n{page}"));
        let (_, number) = line.rsplit_once(' ').expect("a number");
        number.parse::<f64>().expect("a number")
    };
    for breaker in ["payments", "payments-grpc"] {
        let of = |name: &str, label: &str| {
            number(&format!(
                "gusset_breaker_{name}{{gusset_breaker_name=\"{breaker}\",{label}"
            ))
        };
        assert_eq!(of("state", r#"gusset_breaker_state="closed""#), 1.0);
        assert_eq!(of("state", r#"gusset_breaker_state="open""#), 0.0);
        assert!(of("rejected_calls_total", r#"gusset_breaker_state="open""#) >= 1.0);
        assert!(of("calls_total", r#"gusset_breaker_result="failure""#) >= 3.0);
        assert!(of("calls_total", r#"gusset_breaker_result="success""#) >= 2.0);
    }
}

//! The shop responds during each outage, and the metrics of its breakers show it.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../outage/main.rs"]
mod outage;

use std::time::Duration;

use outage::{Mode, Outage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shop_responds_during_outages_and_recovers() {
    let mut out = Vec::new();
    let (outages, metrics) = outage::run(&mut out).await.expect("the shop responds");
    let modes: Vec<Mode> = outages.iter().map(|outage| outage.mode).collect();
    let all = [
        Mode::Fail,
        Mode::Hang,
        Mode::AbortBody,
        Mode::FailInTrailers,
    ];
    assert_eq!(modes, all);
    for Outage {
        mode,
        until_open,
        rejected,
        slowest,
        recovery,
    } in outages
    {
        assert_eq!(until_open, 3, "{mode:?}: three consecutive failures");
        assert!(rejected > 0, "{mode:?}");
        // Less than the timeout of payments, which is 150 ms.
        assert!(
            slowest < Duration::from_millis(140),
            "{mode:?}: {slowest:?}"
        );
        assert!(recovery < Duration::from_secs(3), "{mode:?}: {recovery:?}");
    }

    let value = |series: &str| {
        let line = metrics.lines().find(|line| line.starts_with(series));
        let line = line.unwrap_or_else(|| panic!("no {series} in\n{metrics}"));
        let (_, value) = line.rsplit_once(' ').expect("a number");
        value.parse::<f64>().expect("a number")
    };
    for breaker in ["payments", "payments-grpc"] {
        let value_of = |name: &str, label: &str| {
            value(&format!(
                "gusset_breaker_{name}{{gusset_breaker_name=\"{breaker}\",{label}"
            ))
        };
        assert_eq!(value_of("state", r#"gusset_breaker_state="closed""#), 1.0);
        assert_eq!(value_of("state", r#"gusset_breaker_state="open""#), 0.0);
        assert!(value_of("rejected_calls_total", r#"gusset_breaker_state="open""#) >= 1.0);
        assert!(value_of("calls_total", r#"gusset_breaker_result="failure""#) >= 3.0);
        assert!(value_of("calls_total", r#"gusset_breaker_result="success""#) >= 2.0);
    }
}

//! Experiments end with the conclusion that their checks justify.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gusset_chaos::experiment::{Conclusion, Experiment, Phase};
use gusset_chaos::{Chaos, Fault, Limits, Rule, StopReason, experiment};
use tower_layer::Layer as _;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

fn down() -> Chaos {
    chaos([Rule::new("down")
        .every_nth(2)
        .fault(Fault::Status { status: 503 })])
}

/// Sends one call each second.
async fn traffic(chaos: &Chaos) {
    let mut service = chaos.http_server().layer(Hello::default());
    loop {
        call(&mut service, get("/a")).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
}

/// Returns a check that is met while the flag is not set.
fn unless(flag: &Arc<AtomicBool>) -> impl Fn() -> Result<String, String> + Send + Sync + 'static {
    let flag = flag.clone();
    move || match flag.load(Ordering::Relaxed) {
        false => Ok("well".to_owned()),
        true => Err("broken".to_owned()),
    }
}

fn for_ten_seconds() -> Experiment {
    experiment("half of the calls fail")
        .duration(SECOND * 10)
        .recovery(SECOND * 5)
}

#[tokio::test(start_paused = true)]
async fn experiment_whose_promises_are_kept_passes() {
    let chaos = down();
    let fine = Arc::<AtomicBool>::default();
    let report = for_ten_seconds()
        .steady_state("steady", unless(&fine))
        .promise("kept", unless(&fine))
        .run(&chaos, traffic(&chaos))
        .await;
    report.assert_passed();
    assert_eq!(report.took, SECOND * 10);
    assert_eq!(
        (report.rules[0].candidates, report.rules[0].injected),
        (11, 5),
        "from 0 s to 10 s"
    );
    assert_eq!(report.log.decisions.len(), 5);
    assert!(!chaos.status().armed);
    let phases: Vec<Phase> = report
        .evidence
        .iter()
        .map(|evidence| evidence.phase)
        .collect();
    // The first and the last of what was met again and again.
    assert_eq!(
        phases,
        [Phase::Before, Phase::During, Phase::During, Phase::After]
    );
    let text = report.to_string();
    assert!(
        text.starts_with("half of the calls fail: passed\n"),
        "{text}"
    );
    assert!(
        text.contains("rule down: 5 injected and 0 skipped of 5 picked of 11 calls"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn broken_promise_ends_the_faults_and_fails() {
    let chaos = down();
    let flag = Arc::<AtomicBool>::default();
    let setter = flag.clone();
    let report = for_ten_seconds()
        .promise("kept", unless(&flag))
        .run(&chaos, async {
            tokio::time::sleep(SECOND * 3).await;
            setter.store(true, Ordering::Relaxed);
            pending::<()>().await;
        })
        .await;
    let expected = Conclusion::Failed {
        check: "kept".to_owned(),
        reason: "broken".to_owned(),
    };
    assert_eq!(report.conclusion, expected);
    assert!(report.took <= SECOND * 4, "{:?}", report.took);
    assert!(!chaos.status().armed);
    assert!(report.to_string().contains("NOT MET: kept: broken"));
}

#[tokio::test(start_paused = true)]
async fn condition_stops_the_experiment() {
    let chaos = down();
    let flag = Arc::<AtomicBool>::default();
    let (setter, red) = (flag.clone(), flag.clone());
    let report = for_ten_seconds()
        .abort_when("budget", move || {
            red.load(Ordering::Relaxed).then(|| "burnt".to_owned())
        })
        .run(&chaos, async {
            tokio::time::sleep(SECOND * 3).await;
            setter.store(true, Ordering::Relaxed);
            pending::<()>().await;
        })
        .await;
    let reason = "budget: burnt".to_owned();
    assert_eq!(report.conclusion, Conclusion::Stopped { reason });
    assert!(matches!(report.stopped, Some(StopReason::Guard { .. })));
    assert!(report.took <= SECOND * 5, "{:?}", report.took);
}

#[tokio::test(start_paused = true)]
async fn objectives_that_are_missed_stop_the_experiment() {
    struct Objectives(Arc<AtomicBool>);
    impl gusset_data::SteadyState for Objectives {
        fn violation(&self) -> Option<gusset_data::SharedStr> {
            let is_missed = self.0.load(Ordering::Relaxed);
            is_missed.then(|| "availability of orders: 97.1 %".into())
        }
    }
    let chaos = down();
    let flag = Arc::<AtomicBool>::default();
    let setter = flag.clone();
    let load = async {
        tokio::time::sleep(SECOND * 3).await;
        setter.store(true, Ordering::Relaxed);
        pending::<()>().await;
    };
    let report = for_ten_seconds()
        .objectives(Objectives(flag.clone()))
        .run(&chaos, load)
        .await;
    let reason = "objectives and ranges: availability of orders: 97.1 %".to_owned();
    assert_eq!(report.conclusion, Conclusion::Stopped { reason });
    // Nothing begins while they are missed.
    let again = for_ten_seconds()
        .objectives(Objectives(flag))
        .run(&chaos, pending())
        .await;
    assert!(
        matches!(again.conclusion, Conclusion::NotStarted { .. }),
        "{again}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_injected_without_a_steady_state() {
    let chaos = down();
    let broken = Arc::new(AtomicBool::new(true));
    let experiment = for_ten_seconds().steady_state("steady", unless(&broken));
    let report = experiment.run(&chaos, traffic(&chaos)).await;
    let reason = "steady: broken".to_owned();
    assert_eq!(report.conclusion, Conclusion::NotStarted { reason });
    assert!(report.rules.is_empty() && report.took.is_zero());
}

#[tokio::test(start_paused = true)]
async fn production_is_not_assaulted_without_words() {
    let chaos = Chaos::builder().environment("production");
    let chaos = chaos.build_with(|_| None).unwrap();
    let report = for_ten_seconds().run(&chaos, pending()).await;
    assert!(
        matches!(report.conclusion, Conclusion::NotStarted { .. }),
        "{report}"
    );
    let allowed = for_ten_seconds().allow_production("game day, announced");
    let report = allowed.run(&chaos, pending()).await;
    assert_eq!(
        report.conclusion,
        Conclusion::Inconclusive,
        "there are no rules"
    );
}

#[tokio::test(start_paused = true)]
async fn experiment_without_a_fault_shows_nothing() {
    let chaos = chaos([Rule::new("down").route("/other").fault(Fault::Panic)]);
    let report = for_ten_seconds().run(&chaos, traffic(&chaos)).await;
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
}

#[tokio::test(start_paused = true)]
async fn steady_state_has_to_come_back() {
    for (comes_back, seconds) in [(true, 3), (false, 60)] {
        let chaos = down();
        let flag = Arc::<AtomicBool>::default();
        let setter = flag.clone();
        let report = for_ten_seconds().steady_state("steady", unless(&flag));
        let load = traffic(&chaos);
        tokio::spawn(async move {
            tokio::time::sleep(SECOND * 5).await;
            setter.store(true, Ordering::Relaxed);
            tokio::time::sleep(SECOND * (5 + seconds)).await;
            setter.store(false, Ordering::Relaxed);
        });
        let report = report.run(&chaos, load).await;
        assert_eq!(
            report.conclusion == Conclusion::Passed,
            comes_back,
            "{report}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn faults_end_with_the_load() {
    let chaos = down();
    let load = async {
        let mut service = chaos.http_server().layer(Hello::default());
        for _ in 0..4 {
            call(&mut service, get("/a")).await.unwrap();
        }
    };
    let report = for_ten_seconds().run(&chaos, load).await;
    report.assert_passed();
    assert_eq!((report.took, report.rules[0].injected), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn used_budget_is_no_failure() {
    let rules = [Rule::new("down").fault(Fault::Status { status: 503 })];
    let chaos = builder(rules).limits(Limits::new().budget(3));
    let chaos = chaos.build_with(|_| None).unwrap();
    let report = for_ten_seconds().run(&chaos, traffic(&chaos)).await;
    report.assert_passed();
    assert_eq!(report.stopped, Some(StopReason::Budget));
    assert_eq!(report.rules[0].injected, 3);
}

#[tokio::test(start_paused = true)]
async fn dropped_experiment_disarms() {
    let chaos = down();
    let mut running = Box::pin(for_ten_seconds().run(&chaos, pending()));
    assert!(poll_once(running.as_mut()).is_pending());
    assert!(chaos.status().armed);
    drop(running);
    assert!(!chaos.status().armed);
}

#[tokio::test(start_paused = true)]
async fn panic_of_a_check_is_a_broken_promise() {
    let chaos = down();
    let count = Arc::new(AtomicU32::new(0));
    let report = for_ten_seconds()
        .promise("broken", move || {
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(String::new()),
                _ => panic!("on purpose"),
            }
        })
        .run(&chaos, traffic(&chaos))
        .await;
    let expected = Conclusion::Failed {
        check: "broken".to_owned(),
        reason: "the check panicked".to_owned(),
    };
    assert_eq!(report.conclusion, expected);
}

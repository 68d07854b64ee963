//! Nothing is injected without a token.

use std::time::Duration;

use gusset_chaos::{ArmError, Arming, Chaos, Fault, Injected, Rule, RuleSet, StopReason};
use tower_layer::Layer as _;

use crate::support::*;

fn down() -> RuleSet {
    RuleSet::new([Rule::new("down").fault(Fault::Status { status: 503 })]).unwrap()
}

async fn status(chaos: &Chaos) -> u16 {
    let mut service = chaos.http_server().layer(Hello::default());
    call(&mut service, get("/a"))
        .await
        .unwrap()
        .status()
        .as_u16()
}

fn from_env(vars: &[(&str, &str)]) -> Result<Chaos, gusset_chaos::ConfigError> {
    Chaos::builder().rules(down()).build_with(|name| {
        let mut vars = vars.iter();
        vars.find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

const STAGING: (&str, &str) = (
    "OTEL_RESOURCE_ATTRIBUTES",
    "deployment.environment.name=staging",
);
const PRODUCTION: (&str, &str) = (
    "OTEL_RESOURCE_ATTRIBUTES",
    "deployment.environment.name=production",
);
const ARM: (&str, &str) = ("GUSSET_CHAOS_ARM_SECONDS", "60");

#[tokio::test]
async fn nothing_is_injected_before_it_is_armed_and_after_it_is_disarmed() {
    let chaos = chaos([Rule::new("down").fault(Fault::Status { status: 503 })]);
    assert_eq!(status(&chaos).await, 200);
    chaos.arm(arming()).unwrap();
    assert_eq!(status(&chaos).await, 503);
    assert!(chaos.disarm());
    assert_eq!(status(&chaos).await, 200);
    assert!(!chaos.disarm());
    assert_eq!(chaos.status().stopped, Some(StopReason::Disarmed));
}

#[tokio::test]
async fn scoped_arming_ends_with_its_guard_alone() {
    let chaos = chaos([Rule::new("down").fault(Fault::Status { status: 503 })]);
    let guard = chaos.arm_scoped(arming()).unwrap();
    assert_eq!(status(&chaos).await, 503);
    chaos.disarm();
    chaos.arm(arming()).unwrap();
    drop(guard);
    assert!(chaos.status().armed, "it is another arming");
    drop(chaos.arm_scoped(arming()).unwrap_err());
    chaos.disarm();
    drop(chaos.arm_scoped(arming()).unwrap());
    assert!(!chaos.status().armed);
}

#[test]
fn production_is_refused_unless_it_is_allowed_in_words() {
    let in_production = |arming| {
        let chaos = Chaos::builder().environment("production");
        chaos.build_with(|_| None).unwrap().arm(arming)
    };
    let environment = Some("production".to_owned());
    let refused = Err(ArmError::Production { environment });
    assert_eq!(in_production(arming()), refused);
    assert_eq!(
        in_production(arming().allow_production("yes")),
        refused,
        "no reason"
    );
    let allowed = arming().allow_production("game day, announced");
    assert_eq!(in_production(allowed), Ok(()));
}

#[test]
fn environment_without_a_name_counts_as_production() {
    let chaos = Chaos::builder().build_with(|_| None).unwrap();
    let error = chaos.arm(arming()).unwrap_err();
    assert_eq!(error, ArmError::Production { environment: None });
    let text = error.to_string();
    assert!(text.contains("deployment.environment.name") && text.contains("allow_production"));
}

#[test]
fn time_limit_is_more_than_nothing_and_at_most_a_day() {
    let chaos = chaos([]);
    for time in [Duration::ZERO, Duration::from_secs(86_401)] {
        assert_eq!(
            chaos.arm(Arming::for_at_most(time)),
            Err(ArmError::TimeLimit)
        );
    }
}

#[test]
fn second_arming_is_refused() {
    let chaos = armed([]);
    assert_eq!(chaos.arm(arming()), Err(ArmError::Armed));
}

#[tokio::test]
async fn environment_variables_arm_at_the_start() {
    assert_eq!(status(&from_env(&[STAGING]).unwrap()).await, 200);
    assert_eq!(status(&from_env(&[STAGING, ARM]).unwrap()).await, 503);
    let chaos = from_env(&[STAGING, ARM, ("GUSSET_CHAOS_DRY_RUN", "true")]).unwrap();
    assert_eq!(status(&chaos).await, 200);
    assert!(chaos.status().dry_run);
}

#[test]
fn environment_variables_do_not_arm_production_without_words() {
    let error = from_env(&[PRODUCTION, ARM]).unwrap_err();
    assert_eq!(error.setting(), "GUSSET_CHAOS_ARM_SECONDS");
    assert!(from_env(&[ARM]).is_err(), "the environment is not named");
    let words = ("GUSSET_CHAOS_ALLOW_PRODUCTION", "game day, announced");
    assert!(from_env(&[PRODUCTION, ARM, words]).unwrap().status().armed);
}

#[test]
fn invalid_variables_are_errors_that_name_them() {
    for (name, value) in [
        ("GUSSET_CHAOS_ARM_SECONDS", "soon"),
        ("GUSSET_CHAOS_SEED", "-1"),
        ("GUSSET_CHAOS_DRY_RUN", "yes"),
    ] {
        let vars = match name {
            "GUSSET_CHAOS_DRY_RUN" => vec![STAGING, ARM, (name, value)],
            _ => vec![STAGING, (name, value)],
        };
        assert_eq!(from_env(&vars).unwrap_err().setting(), name);
    }
}

#[tokio::test]
async fn dry_run_only_counts_and_logs() {
    let chaos = chaos([Rule::new("down").fault(Fault::Status { status: 503 })]);
    chaos.arm(arming().dry_run()).unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.extensions().get::<Injected>().is_none());
    let counts = &chaos.status().rules[0];
    assert_eq!((counts.matched, counts.injected, counts.skipped), (1, 0, 1));
    let log = chaos.replay_log();
    assert!(log.decisions[0].dry_run);
    assert!(log.rules(&chaos.rules()).unwrap().len() == 1);
}

#[tokio::test]
async fn header_can_be_switched_off() {
    let rules = [Rule::new("down").fault(Fault::Status { status: 503 })];
    let chaos = builder(rules)
        .without_header()
        .build_with(|_| None)
        .unwrap();
    chaos.arm(arming()).unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert!(!response.headers().contains_key("x-gusset-chaos"));
    assert!(response.extensions().get::<Injected>().is_some());
}

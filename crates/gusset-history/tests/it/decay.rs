//! A leak is found hours before it hurts, and what only looks like one is not.

use gusset_history::{Decay, DecayRules, History};

use crate::support::{Readings, counter, gauge, number, secs};

const MIB: f64 = 1_048_576.0;
const LIMIT: f64 = 512.0 * MIB;

/// Returns deterministic noise between -1 and 1.
fn noise(at: u64) -> f64 {
    let mixed = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Records an hour of memory and traffic, and returns the decay at its end.
fn after_an_hour(memory: impl Fn(u64) -> f64, per_second: impl Fn(u64) -> f64) -> Option<Decay> {
    after(360, memory, per_second)
}

fn after(
    readings: u64,
    memory: impl Fn(u64) -> f64,
    per_second: impl Fn(u64) -> f64,
) -> Option<Decay> {
    let history = Readings::with(History::builder().retention(secs(7200)).build().unwrap());
    let mut requests = 0.0;
    for reading in 0..=readings {
        requests += 10.0 * per_second(reading);
        let metrics = vec![
            gauge(
                "process.memory.usage",
                vec![number(&[], 0, memory(reading))],
            ),
            counter("requests", vec![number(&[], 0, requests)]),
        ];
        history.record(10 * reading, metrics);
    }
    let end = 10 * readings;
    let memory = history.select("process.memory.usage", end, 3600)?;
    let requests = history.select("requests", end, 3600)?;
    memory.decay(LIMIT, Some(&requests), &DecayRules::new())
}

fn steady(_: u64) -> f64 {
    100.0
}

#[test]
fn leak_is_found_hours_before_the_limit() {
    // 1 MiB a minute, with noise of 3 MiB.
    let leak = |at: u64| 100.0 * MIB + MIB * at as f64 / 6.0 + 3.0 * MIB * noise(at);
    let decay = after_an_hour(leak, steady).unwrap();
    let hours = decay.time_to_limit.as_secs_f64() / 3600.0;
    assert!((hours - (512.0 - 160.0) / 60.0).abs() < 0.3, "{hours}");
    assert!(decay.trend.r_squared() > 0.9);
}

#[test]
fn leak_under_changing_traffic_is_found() {
    let leak = |at: u64| 100.0 * MIB + MIB * at as f64 / 6.0;
    let traffic = |at: u64| 100.0 + 60.0 * (at as f64 / 30.0).sin() + 5.0 * noise(at);
    assert!(after_an_hour(leak, traffic).is_some());
    let both = |at: u64| leak(at) + 0.1 * MIB * traffic(at);
    let decay = after_an_hour(both, traffic).unwrap();
    let per_minute = 60.0 * decay.trend.per_second() / MIB;
    assert!((per_minute - 1.0).abs() < 0.1, "{per_minute}");
}

#[test]
fn growth_that_follows_traffic_is_not_decay() {
    // Traffic doubles in the hour, by a ramp or in waves, and memory with it.
    let ramp = |at: u64| 100.0 + at as f64 / 3.6;
    let curve = |at: u64| 100.0 + 100.0 * (at as f64 / 360.0).powi(2) + 8.0 * noise(at);
    for traffic in [&ramp as &dyn Fn(u64) -> f64, &curve] {
        let memory = |at: u64| 50.0 * MIB + MIB * traffic(at) + MIB * noise(at + 7);
        assert_eq!(after_an_hour(memory, traffic), None);
        // The same growth without the traffic is one.
        assert!(after_an_hour(memory, steady).is_some());
    }
}

#[test]
fn leak_is_not_excused_by_a_little_more_traffic() {
    let leak = |at: u64| 100.0 * MIB + MIB * at as f64 / 6.0;
    // One percent in the hour.
    let traffic = |at: u64| 100.0 + at as f64 / 360.0;
    assert!(after_an_hour(leak, traffic).is_some());
}

#[test]
fn restart_is_not_decay() {
    // Leaks to 200 MiB in each half hour, and is restarted.
    let saw = |at: u64| 50.0 * MIB + MIB * (at % 180) as f64;
    assert_eq!(after_an_hour(saw, steady), None);
}

#[test]
fn leak_since_a_restart_is_decay_after_its_time() {
    let since_restart = |at: u64| match at < 90 {
        true => 400.0 * MIB,
        false => 50.0 * MIB + MIB * (at - 90) as f64 / 6.0,
    };
    assert_eq!(after(300, since_restart, steady), None, "35 minutes after");
    assert!(
        after(365, since_restart, steady).is_some(),
        "46 minutes after"
    );
}

#[test]
fn growth_after_the_start_is_not_decay() {
    for minutes in [5.0, 15.0, 30.0] {
        // Caches fill up.
        let warm_up =
            |at: u64| 50.0 * MIB + 200.0 * MIB * (1.0 - (-(at as f64) / 6.0 / minutes).exp());
        assert_eq!(after_an_hour(warm_up, steady), None, "{minutes} minutes");
    }
}

#[test]
fn short_history_has_no_decay() {
    let leak = |at: u64| 100.0 * MIB + MIB * at as f64;
    assert_eq!(after(60, leak, steady), None);
}

#[test]
fn noise_and_steps_are_not_decay() {
    let noisy = |at: u64| 100.0 * MIB + 50.0 * MIB * noise(at);
    assert_eq!(after_an_hour(noisy, steady), None);
    let step = |at: u64| if at < 200 { 100.0 * MIB } else { 150.0 * MIB };
    assert_eq!(after_an_hour(step, steady), None);
    assert_eq!(after_an_hour(|_| 100.0 * MIB, steady), None);
}

#[test]
fn limit_beyond_the_horizon_is_not_decay() {
    let slow = |at: u64| 100.0 * MIB + MIB * at as f64 / 360.0;
    // 1 MiB an hour, so more than 400 hours.
    assert_eq!(after_an_hour(slow, steady), None);
}

#[test]
fn new_start_of_the_series_is_a_restart() {
    let readings = Readings::new();
    for reading in 0..=360_u64 {
        let start = if reading < 200 { 1 } else { 2 };
        let value = 100.0 * MIB + MIB * reading as f64 / 6.0;
        let point = number(&[], start, value);
        readings.record(
            10 * reading,
            vec![gauge("process.memory.usage", vec![point])],
        );
    }
    let memory = readings.select("process.memory.usage", 3600, 3600).unwrap();
    assert_eq!(memory.decay(LIMIT, None, &DecayRules::new()), None);
    let sooner = DecayRules::new().min_covered(secs(1200));
    assert!(memory.decay(LIMIT, None, &sooner).is_some());
}

#[test]
fn invalid_rule_is_named() {
    let error = DecayRules::new().min_r_squared(1.5).validate().unwrap_err();
    assert_eq!(error.to_string(), "`min_r_squared`: not from 0 to 1");
    let error = DecayRules::new().horizon(secs(0)).validate().unwrap_err();
    assert_eq!(error.to_string(), "`horizon`: zero");
}

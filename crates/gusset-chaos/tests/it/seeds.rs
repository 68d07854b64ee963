//! Which calls are hit depends on the seed, the rule and the call, and not on threads.

use std::collections::BTreeSet;
use std::thread;

use gusset_chaos::{Chaos, Delay, Fault, Limits, Rule};
use proptest::prelude::*;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::*;

fn seeded(seed: u64, rules: impl IntoIterator<Item = Rule>) -> Chaos {
    let builder = builder(rules)
        .seed(seed)
        .limits(Limits::new().max_active(u32::MAX));
    let chaos = builder.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    chaos
}

fn some(name: &str) -> Rule {
    Rule::new(name)
        .share_ppm(300_000)
        .fault(Fault::Status { status: 503 })
}

/// Calls with these ids and returns those that were hit.
fn hit_ids(chaos: &Chaos, ids: impl IntoIterator<Item = u64>) -> BTreeSet<u64> {
    let mut service = chaos.http_server().layer(Hello::default());
    let hit = |id: &u64| {
        let mut request = get("/a");
        request.headers_mut().insert("x-request-id", (*id).into());
        now(service.call(request)).unwrap().status() == 503
    };
    ids.into_iter().filter(hit).collect()
}

/// Calls with these ids on several threads and returns those that were hit.
fn hit_ids_on_threads(chaos: &Chaos, threads: u64, calls: u64) -> BTreeSet<u64> {
    let parts: Vec<_> = (0..threads)
        .map(|thread| {
            let chaos = chaos.clone();
            thread::spawn(move || hit_ids(&chaos, (0..calls).filter(|id| id % threads == thread)))
        })
        .collect();
    parts
        .into_iter()
        .flat_map(|part| part.join().unwrap())
        .collect()
}

fn ordinals(chaos: &Chaos) -> BTreeSet<u64> {
    let decisions = chaos.replay_log().decisions;
    decisions.iter().map(|decision| decision.ordinal).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn same_keys_are_hit_in_any_interleaving(seed: u64, threads in 2_u64..6, calls in 1_u64..400) {
        let rule = || some("some").key_header("x-request-id");
        let in_order = hit_ids(&seeded(seed, [rule()]), 0..calls);
        let reversed = hit_ids(&seeded(seed, [rule()]), (0..calls).rev());
        let on_threads = hit_ids_on_threads(&seeded(seed, [rule()]), threads, calls);
        prop_assert_eq!(&in_order, &reversed);
        prop_assert_eq!(&in_order, &on_threads);
    }

    #[test]
    fn same_ordinals_are_hit_in_any_interleaving(seed: u64, threads in 2_u64..6, calls in 1_u64..400) {
        let (alone, shared) = (seeded(seed, [some("some")]), seeded(seed, [some("some")]));
        hit_ids(&alone, 0..calls);
        hit_ids_on_threads(&shared, threads, calls);
        prop_assert_eq!(ordinals(&alone), ordinals(&shared));
    }

    #[test]
    fn other_rules_do_not_change_what_a_rule_draws(seed: u64, others in 0_usize..5) {
        let alone = seeded(seed, [some("mine")]);
        hit_ids(&alone, 0..200);
        let names = (0..others).map(|at| format!("other-{at}"));
        let more: Vec<Rule> = names.map(|name| some(&name).route("/b")).collect();
        let among = seeded(seed, more.into_iter().chain([some("mine")]));
        hit_ids(&among, 0..200);
        prop_assert_eq!(ordinals(&alone), ordinals(&among));
    }

    #[test]
    fn replay_hits_what_the_log_has(seed: u64, budget in 1_u64..40) {
        let limits = Limits::new().budget(budget);
        let chaos = builder([some("a"), some("b")]).seed(seed).limits(limits);
        let chaos = chaos.build_with(|_| None).unwrap();
        chaos.arm(arming()).unwrap();
        hit_ids(&chaos, 0..200);
        let log = chaos.replay_log();
        // Another seed: the ordinals alone decide.
        let again = seeded(!seed, log.rules(&chaos.rules()).unwrap().iter().cloned());
        hit_ids(&again, 0..200);
        prop_assert_eq!(log.decisions, again.replay_log().decisions);
    }
}

#[test]
fn another_seed_hits_others() {
    let first = hit_ids(&seeded(1, [some("some")]), 0..300);
    assert_ne!(first, hit_ids(&seeded(2, [some("some")]), 0..300));
    assert_eq!(first, hit_ids(&seeded(1, [some("some")]), 0..300));
}

#[test]
fn log_is_bounded_and_states_what_is_missing() {
    let chaos = seeded(1, [Rule::new("all").fault(Fault::Status { status: 503 })]);
    hit_ids(&chaos, 0..5000);
    let log = chaos.replay_log();
    assert_eq!((log.decisions.len(), log.dropped), (4096, 904));
    let error = log.rules(&chaos.rules()).unwrap_err();
    assert_eq!(error.setting(), "replay_log");
}

#[tokio::test(start_paused = true)]
async fn latency_of_a_key_is_always_the_same() {
    let delay = Delay::new(gusset_chaos::Latency::Uniform {
        min: std::time::Duration::from_millis(1),
        max: std::time::Duration::from_secs(50),
    });
    let chaos = seeded(9, [Rule::new("slow").key_header("x-user").delay(delay)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let mut times = Vec::new();
    for user in ["ann", "bob", "ann", "bob"] {
        let mut request = get("/a");
        request
            .headers_mut()
            .insert("x-user", user.parse().unwrap());
        let started = tokio::time::Instant::now();
        call(&mut service, request).await.unwrap();
        times.push(started.elapsed());
    }
    assert_eq!(times[..2], times[2..]);
    assert_ne!(times[0], times[1]);
}

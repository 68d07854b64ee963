//! Distinct visitors, compared with exact counts.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::Ipv6Addr;

use gusset_usage::WindowUsage;
use proptest::prelude::*;

use crate::support::{BROWSER, HOUR, MINUTE, Scene, client, request, scene};

/// Asserts an estimate. The secrets are random, so the bound is that of five standard errors, and of two pairs of visitors in
/// one register. The bound of 2 % is tested with the sketch, where the hashes are given.
#[track_caller]
fn assert_near(estimate: u64, exact: usize) {
    let error = (estimate as f64 - exact as f64).abs();
    assert!(
        error <= 2.0 + 0.04 * exact as f64,
        "{estimate} instead of {exact}"
    );
}

fn last_hour(scene: &Scene) -> WindowUsage {
    scene.usage.report().last_hour
}

fn last_day(scene: &Scene) -> WindowUsage {
    scene.usage.report().last_day
}

#[test]
fn visitor_counts_once() {
    let scene = scene();
    for _ in 0..3 {
        (0..500).for_each(|number| scene.visit(client(number), "/"));
        scene.time.advance(10 * MINUTE);
    }
    assert_near(last_hour(&scene).visitors, 500);
    assert_near(last_day(&scene).visitors, 500);
}

#[test]
fn visitors_of_an_hour_and_a_day_are_estimated() {
    let scenes = (0..4).map(|_| scene());
    let errors = scenes.flat_map(|scene| {
        (0..10_000).for_each(|number| scene.visit(client(number), "/"));
        scene.time.advance(2 * HOUR);
        (10_000..20_000).for_each(|number| scene.visit(client(number), "/"));
        let (hour, day) = (last_hour(&scene), last_day(&scene));
        assert_near(hour.visitors, 10_000);
        assert_near(day.visitors, 20_000);
        let error = |estimate: u64, exact: f64| (estimate as f64 / exact - 1.0).abs();
        [
            error(hour.visitors, 10_000.0),
            error(day.visitors, 20_000.0),
        ]
    });
    let mean = errors.sum::<f64>() / 8.0;
    assert!(mean <= 0.02, "{mean}");
}

#[test]
fn hour_slides_by_five_minutes() {
    let scene = scene();
    for number in 0..24 {
        (0..50).for_each(|of| scene.visit(client(50 * number + of), "/"));
        scene.time.advance(5 * MINUTE);
    }
    // At 2 h: the visitors of 1 h 0 min to 1 h 55 min.
    assert_near(last_hour(&scene).visitors, 600);
    scene.time.advance(20 * MINUTE);
    assert_near(last_hour(&scene).visitors, 400);
    scene.time.advance(40 * MINUTE);
    assert_eq!(last_hour(&scene).visitors, 0);
    assert_near(last_day(&scene).visitors, 1200);
}

#[test]
fn visitors_are_known_over_a_rotation_and_then_forgotten() {
    let scene = scene();
    scene.time.advance(23 * HOUR);
    (0..100).for_each(|number| scene.visit(client(number), "/"));
    // The secret that is read is replaced at 24 h.
    scene.time.advance(90 * MINUTE);
    (50..150).for_each(|number| scene.visit(client(number), "/"));
    let (hour, day) = (last_hour(&scene), last_day(&scene));
    assert_near(hour.visitors, 100);
    assert_near(day.visitors, 150);
    assert_near(hour.new_visitors.unwrap(), 50);
    assert_near(hour.returning_visitors.unwrap(), 50);
    // Two rotations later they are unknown.
    scene.time.advance(49 * HOUR);
    (0..150).for_each(|number| scene.visit(client(number), "/"));
    let hour = last_hour(&scene);
    assert_near(hour.new_visitors.unwrap(), 150);
    assert_near(hour.returning_visitors.unwrap(), 0);
}

#[test]
fn new_visitors_of_an_hour_are_returning_in_the_next() {
    let scene = scene();
    (0..100).for_each(|number| scene.visit(client(number), "/"));
    assert_near(last_hour(&scene).new_visitors.unwrap(), 100);
    scene.time.advance(2 * HOUR);
    (80..130).for_each(|number| scene.visit(client(number), "/"));
    let (hour, day) = (last_hour(&scene), last_day(&scene));
    assert_near(hour.new_visitors.unwrap(), 30);
    assert_near(hour.returning_visitors.unwrap(), 20);
    assert_near(day.new_visitors.unwrap(), 130);
}

#[test]
fn new_visitors_are_unknown_after_too_many() {
    let scene = scene();
    (0..400_000).for_each(|number| scene.visit(client(number), "/"));
    let day = last_day(&scene);
    assert_eq!((day.new_visitors, day.returning_visitors), (None, None));
    assert_near(day.visitors, 400_000);
}

#[test]
fn addresses_of_one_ipv6_subnet_are_one_visitor() {
    let scene = scene();
    for host in 1..100 {
        scene.visit(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, host, 0, 0, host), "/");
    }
    assert_eq!(last_hour(&scene).visitors, 1);
}

#[test]
fn service_names_its_visitors() {
    let scene = Scene::new(|usage| {
        usage.visitor_key(|req| {
            let device = req.head().headers.get("x-device")?;
            Some(Cow::Borrowed(device.as_bytes()))
        })
    });
    for (address, device) in [(1, Some("a")), (2, Some("a")), (3, None)] {
        let mut req = request(client(address), Some(BROWSER), Some("/"));
        if let Some(device) = device {
            req.headers_mut()
                .insert("x-device", device.parse().unwrap());
        }
        scene.call(req);
    }
    let hour = last_hour(&scene);
    assert_eq!((hour.visitors, hour.calls), (1, 3));
}

#[test]
fn panic_of_the_key_function_does_not_reach_the_call() {
    let scene = Scene::new(|usage| usage.visitor_key(|_| panic!("on purpose")));
    let before = gusset_usage::visitor_key_panics();
    scene.visit(client(1), "/");
    scene.visit(client(1), "/");
    assert_eq!(gusset_usage::visitor_key_panics() - before, 2);
    let hour = last_hour(&scene);
    assert_eq!((hour.visitors, hour.calls), (0, 2));
}

#[test]
fn threads_count_every_visitor() {
    let scene = scene();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let scene = &scene;
            // Each visitor comes by two of the threads.
            let clients = (thread / 2 * 1000)..(thread / 2 * 1000 + 1000);
            threads.spawn(move || clients.for_each(|number| scene.visit(client(number), "/")));
        }
    });
    let hour = last_hour(&scene);
    assert_eq!(hour.calls, 4000);
    assert_near(hour.visitors, 2000);
    assert_near(hour.new_visitors.unwrap(), 2000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Visits at any times, compared with a list of them.
    #[test]
    fn visitors_are_those_of_the_window(visits in prop::collection::vec((0u32..40, 0u64..90), 1..120)) {
        let scene = scene();
        let (mut now, mut list) = (0, Vec::new());
        for (number, minutes) in visits {
            scene.time.advance(MINUTE * u32::try_from(minutes).unwrap());
            now += minutes;
            scene.visit(client(number), "/");
            list.push((now, number));
        }
        let exact = |start: u64| {
            let in_window = list.iter().filter(|(time, _)| *time >= start);
            in_window.map(|(_, number)| *number).collect::<HashSet<_>>().len() as u64
        };
        // The window begins with a sub-window.
        let hour = (now / 5).saturating_sub(12) * 5;
        let day = (now / 120).saturating_sub(12) * 120;
        let report = scene.usage.report();
        // Two of forty visitors share one of 16,384 registers with a probability of 1 in 20, which hides one.
        prop_assert!(report.last_hour.visitors.abs_diff(exact(hour)) <= 4);
        prop_assert!(report.last_day.visitors.abs_diff(exact(day)) <= 4);
        let calls = list.iter().filter(|(time, _)| *time >= hour).count() as u64;
        prop_assert_eq!(report.last_hour.calls, calls);
        let calls = list.iter().filter(|(time, _)| *time >= day).count() as u64;
        prop_assert_eq!(report.last_day.calls, calls);
    }
}

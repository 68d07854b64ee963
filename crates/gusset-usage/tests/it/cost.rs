//! What a call costs.

use std::ops::Range;

use gusset_usage::FailureReason;

use crate::support::{BROWSER, HOUR, call_without_observer, client, request, scene};

/// Returns the allocations of calls by these visitors.
fn allocations(visitors: impl Iterator<Item = u32>, call: impl Fn(u32)) -> u64 {
    allocation_counter::measure(|| visitors.for_each(call)).count_total
}

fn bare(number: u32) {
    call_without_observer(request(client(number), Some(BROWSER), Some("/")));
}

#[test]
fn call_of_a_known_visitor_allocates_nothing() {
    let scene = scene();
    let visitors = || std::iter::repeat_n(1, 1000);
    scene.visit(client(1), "/");
    let observed = allocations(visitors(), |number| scene.visit(client(number), "/"));
    assert_eq!(observed, allocations(visitors(), bare));
}

#[test]
fn new_visitors_allocate_nothing() {
    const VISITORS: Range<u32> = 1..1000;
    let scene = scene();
    scene.visit(client(0), "/");
    let observed = allocations(VISITORS, |number| scene.visit(client(number), "/"));
    assert_eq!(observed, allocations(VISITORS, bare));
}

#[test]
fn memory_is_bounded() {
    const MAX_BYTES: u64 = 1_700_000;
    let memory = allocation_counter::measure(|| {
        let scene = scene();
        for number in 0..30_000_u32 {
            let route: &'static str = match number % 3 {
                0 => "/",
                1 => "/items/{id}",
                _ => "/basket",
            };
            scene.visit(client(number), route);
            let sign_ins = scene.usage.sign_ins();
            sign_ins.failure(&number.to_string(), client(number), FailureReason::Other);
            if number % 1000 == 0 {
                scene.time.advance(HOUR);
            }
        }
    });
    assert!(memory.bytes_max <= MAX_BYTES, "{} bytes", memory.bytes_max);
}

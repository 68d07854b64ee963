//! What guards keeps the contract of guards.

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::judge::JudgeHttp;
use gusset_breaker::{Breaker, BreakerGuard};
use gusset_testkit::guard_contract;

/// Admits whatever comes of it, or refuses all.
fn breaker(open: bool) -> BreakerGuard<JudgeHttp> {
    let breaker = Breaker::builder("stock").build().unwrap();
    if open {
        breaker.force_open();
    } else {
        breaker.observe();
    }
    breaker.guard(JudgeHttp)
}

/// With a place for one call at a time, which may be taken.
fn bulkhead(full: bool) -> Bulkhead {
    let bulkhead = Bulkhead::new("stock", 1).unwrap();
    if full {
        std::mem::forget(bulkhead.try_acquire().unwrap());
    }
    bulkhead
}

guard_contract!(
    a_breaker_keeps_the_contract,
    admits: breaker(false),
    refuses: breaker(true),
);
guard_contract!(
    a_bulkhead_keeps_the_contract,
    admits: bulkhead(false),
    refuses: bulkhead(true),
);

//! The contract of admissions.

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::classify::HttpFailures;
use gusset_breaker::{CircuitBreaker, CircuitBreakerAdmission};
use gusset_testkit::admission_contract;

/// Creates an admission that admits or rejects every call.
fn breaker(open: bool) -> CircuitBreakerAdmission<HttpFailures> {
    let breaker = CircuitBreaker::builder("stock").build().unwrap();
    if open {
        breaker.force_open();
    } else {
        breaker.dry_run();
    }
    breaker.admission(HttpFailures)
}

/// Creates a bulkhead with one permit, which is in use if `full`.
fn bulkhead(full: bool) -> Bulkhead {
    let bulkhead = Bulkhead::new("stock", 1).unwrap();
    if full {
        std::mem::forget(bulkhead.try_acquire().unwrap());
    }
    bulkhead
}

admission_contract!(
    breaker_keeps_contract,
    admits: breaker(false),
    rejects: breaker(true),
);
admission_contract!(
    bulkhead_keeps_contract,
    admits: bulkhead(false),
    rejects: bulkhead(true),
);

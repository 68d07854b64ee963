//! The cases of the adaptive throttle.

use gusset_breaker::throttle::reject_probability;

use crate::schema::Adaptive;

/// Compares each case with what the throttle computes.
pub(crate) fn check(cases: &[Adaptive], mismatches: &mut Vec<String>) {
    for Adaptive {
        k,
        requests,
        accepts,
        reject_probability: expected,
    } in cases
    {
        let is = reject_probability(*k, *requests, *accepts);
        // Not a number is not near either.
        let near = (is - expected).abs() <= 1e-9;
        if !near {
            mismatches.push(format!(
                "adaptive case k={k}, {accepts} of {requests} accepted: \
                 reject_probability is {is}, expected {expected}"
            ));
        }
    }
}

//! The cases of the adaptive throttle.

use gusset_breaker::throttle::reject_probability;

use crate::schema::Adaptive;

/// Compares each case with the probability of the throttle.
pub(crate) fn check(cases: &[Adaptive], mismatches: &mut Vec<String>) {
    for Adaptive {
        k,
        requests,
        accepts,
        reject_probability: expected,
    } in cases
    {
        let actual = reject_probability(*k, *requests, *accepts);
        // False for NaN.
        let close = (actual - expected).abs() <= 1e-9;
        if !close {
            mismatches.push(format!(
                "adaptive case k={k}, {accepts} of {requests} accepted: \
                 reject_probability is {actual}, expected {expected}"
            ));
        }
    }
}

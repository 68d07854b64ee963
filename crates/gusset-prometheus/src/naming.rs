//! The suffixes of Prometheus names: the unit, and `_total`.
//!
//! The rules are those of OpenTelemetry's "Prometheus and OpenMetrics Compatibility". For the rest of the
//! name see [`gusset_metrics::registry::prometheus_names`].

use metrics::Unit;

/// Returns `name` with the suffix of its unit. Adds none if the name already ends in it.
pub(crate) fn with_unit(name: &str, unit: Option<Unit>) -> String {
    let Some(suffix) = unit_suffix(unit) else {
        return name.to_owned();
    };
    match name.strip_suffix(suffix) {
        Some(stem) if stem.is_empty() || stem.ends_with('_') => name.to_owned(),
        _ => format!("{name}_{suffix}"),
    }
}

/// Returns the name of a gauge with its unit. That of the unit 1 in UCUM, a ratio from 0 to 1, is `ratio`.
pub(crate) fn gauge(name: &str, unit: Option<Unit>, ucum: Option<&str>) -> String {
    match ucum {
        Some("1") if name.ends_with("_ratio") => name.to_owned(),
        Some("1") => format!("{name}_ratio"),
        _ => with_unit(name, unit),
    }
}

/// Returns the name of a counter with its unit and without `_total`.
pub(crate) fn counter(name: &str, unit: Option<Unit>) -> String {
    with_unit(name.strip_suffix("_total").unwrap_or(name), unit)
}

/// Returns the suffix of a unit. Counts have none.
pub(crate) fn unit_suffix(unit: Option<Unit>) -> Option<&'static str> {
    match unit {
        None | Some(Unit::Count) => None,
        // From 0 to 100. A ratio, from 0 to 1, has no unit in the facade.
        Some(Unit::Percent) => Some("percent"),
        Some(unit) => Some(unit.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_is_appended_once() {
        assert_eq!(with_unit("wait", Some(Unit::Seconds)), "wait_seconds");
        assert_eq!(
            with_unit("wait_seconds", Some(Unit::Seconds)),
            "wait_seconds"
        );
        assert_eq!(
            with_unit("milliseconds", Some(Unit::Seconds)),
            "milliseconds_seconds"
        );
        assert_eq!(with_unit("calls", Some(Unit::Count)), "calls");
        assert_eq!(with_unit("use", Some(Unit::Percent)), "use_percent");
        assert_eq!(with_unit("calls", None), "calls");
    }

    #[test]
    fn gauge_of_unit_1_is_a_ratio() {
        assert_eq!(gauge("use", None, Some("1")), "use_ratio");
        assert_eq!(
            gauge("use_ratio", Some(Unit::Count), Some("1")),
            "use_ratio"
        );
        assert_eq!(gauge("calls", Some(Unit::Count), Some("{call}")), "calls");
        assert_eq!(gauge("age", Some(Unit::Seconds), Some("s")), "age_seconds");
        assert_eq!(gauge("calls", Some(Unit::Count), None), "calls");
    }

    #[test]
    fn unit_of_a_counter_is_before_total() {
        assert_eq!(counter("calls", None), "calls");
        assert_eq!(counter("calls_total", Some(Unit::Count)), "calls");
        for name in ["wait", "wait_total", "wait_seconds_total"] {
            assert_eq!(counter(name, Some(Unit::Seconds)), "wait_seconds");
        }
    }
}

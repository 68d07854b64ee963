//! What the page adds to a name: the word for its unit, and `_total`.
//!
//! The rules are those of the specification's "Prometheus and OpenMetrics Compatibility"; what else a
//! name and a label have to become is [`gusset_metrics::registry::spelling`]'s to say.

use metrics::Unit;

/// `name` with the word for its unit, unless it ends in it already.
pub(crate) fn with_unit(name: &str, unit: Option<Unit>) -> String {
    let word = match unit {
        None | Some(Unit::Count) => return name.to_owned(),
        Some(Unit::Percent) => "ratio",
        Some(ref unit) => unit.as_str(),
    };
    match name.strip_suffix(word) {
        Some(stem) if stem.is_empty() || stem.ends_with('_') => name.to_owned(),
        _ => format!("{name}_{word}"),
    }
}

/// The name of a counter: with its unit, and `_total` last.
pub(crate) fn counter(name: &str, unit: Option<Unit>) -> String {
    let name = name.strip_suffix("_total").unwrap_or(name);
    with_unit(name, unit) + "_total"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_appended_once_and_count_is_no_word() {
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
        assert_eq!(with_unit("use", Some(Unit::Percent)), "use_ratio");
        assert_eq!(with_unit("calls", None), "calls");
    }

    #[test]
    fn a_counter_ends_in_total_once_and_its_unit_stands_before() {
        assert_eq!(counter("calls", None), "calls_total");
        assert_eq!(counter("calls_total", Some(Unit::Count)), "calls_total");
        assert_eq!(
            counter("wait_total", Some(Unit::Seconds)),
            "wait_seconds_total"
        );
        assert_eq!(
            counter("wait_seconds_total", Some(Unit::Seconds)),
            "wait_seconds_total"
        );
    }
}

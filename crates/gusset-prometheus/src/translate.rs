//! What the page adds to a name: the word for its unit, and `_total`.
//!
//! The rules are those of the specification's "Prometheus and OpenMetrics Compatibility"; what else a
//! name and a label have to become is [`gusset_metrics::registry::spelling`]'s to say.

use metrics::Unit;

/// `name` with the word for its unit, unless it ends in it already.
pub(crate) fn with_unit(name: &str, unit: Option<Unit>) -> String {
    let Some(word) = word(unit) else {
        return name.to_owned();
    };
    match name.strip_suffix(word) {
        Some(stem) if stem.is_empty() || stem.ends_with('_') => name.to_owned(),
        _ => format!("{name}_{word}"),
    }
}

/// The name of a counter, with its unit, but for the `_total` that is last.
pub(crate) fn counter(name: &str, unit: Option<Unit>) -> String {
    with_unit(name.strip_suffix("_total").unwrap_or(name), unit)
}

/// The word for a unit on a page; a count needs none.
pub(crate) fn word(unit: Option<Unit>) -> Option<&'static str> {
    match unit {
        None | Some(Unit::Count) => None,
        Some(Unit::Percent) => Some("ratio"),
        Some(unit) => Some(unit.as_str()),
    }
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
    fn the_unit_of_a_counter_stands_before_its_total() {
        assert_eq!(counter("calls", None), "calls");
        assert_eq!(counter("calls_total", Some(Unit::Count)), "calls");
        for name in ["wait", "wait_total", "wait_seconds_total"] {
            assert_eq!(counter(name, Some(Unit::Seconds)), "wait_seconds");
        }
    }
}

//! Text in Prometheus's query language.

use std::fmt;
use std::time::Duration;

/// A selector of series: a name and conditions on labels.
///
/// Its text is also that of a series, if all conditions are equalities.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    name: String,
    matchers: Vec<Matcher>,
}

#[derive(Clone, Debug)]
struct Matcher {
    label: String,
    operator: &'static str,
    value: String,
}

// === impl Selector ===

impl Selector {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            matchers: Vec::new(),
        }
    }

    /// Adds `label="value"`. The label is in the spelling of OpenTelemetry or of Prometheus.
    pub(crate) fn equal(self, label: &str, value: &str) -> Self {
        self.with(label, "=", value)
    }

    /// Adds `label!="value"`.
    pub(crate) fn not_equal(self, label: &str, value: &str) -> Self {
        self.with(label, "!=", value)
    }

    /// Adds `label=~"a|b"`. The values have no characters that are special in a regular expression.
    pub(crate) fn any_of(self, label: &str, values: &[&str]) -> Self {
        self.with(label, "=~", &values.join("|"))
    }

    /// Adds `label=~"$variable"`, a variable of a dashboard.
    pub(crate) fn variable(self, label: &str, variable: &str) -> Self {
        self.with(label, "=~", variable)
    }

    /// Adds a condition on the bucket with this upper bound.
    ///
    /// Prometheus 3 writes integers with a decimal point (`1.0`), earlier versions and other readers of the
    /// text format do not.
    pub(crate) fn bucket(self, bound: f64) -> Self {
        match bound.fract() == 0.0 {
            true => self.with("le", "=~", &format!("{bound}([.]0)?")),
            false => self.with("le", "=", &bound.to_string()),
        }
    }

    /// Returns the same conditions for another name.
    pub(crate) fn renamed(&self, suffix: &str) -> Self {
        Self {
            name: format!("{}{suffix}", self.name),
            matchers: self.matchers.clone(),
        }
    }

    fn with(mut self, label: &str, operator: &'static str, value: &str) -> Self {
        self.matchers.push(Matcher {
            label: label.replace('.', "_"),
            operator,
            value: value.to_owned(),
        });
        self
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, matchers } = self;
        f.write_str(name)?;
        if matchers.is_empty() {
            return Ok(());
        }
        for (index, matcher) in matchers.iter().enumerate() {
            let before = if index == 0 { "{" } else { "," };
            let Matcher {
                label,
                operator,
                value,
            } = matcher;
            write!(f, "{before}{label}{operator}\"{}\"", escaped(value))?;
        }
        f.write_str("}")
    }
}

/// Returns a string with the escapes of the query language.
pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('"', "\\\"");
    text.replace('\n', r"\n")
}

/// Returns a duration in the query language, in the largest unit of which it is a multiple: `30m`, `1d`.
pub(crate) fn duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    let millis = duration.as_millis();
    let unit = UNITS.iter().find(|(unit, _)| millis % unit == 0);
    match unit {
        Some((unit, name)) if millis > 0 => format!("{}{name}", millis / unit),
        _ => format!("{millis}ms"),
    }
}

/// Returns a number without the noise of floating-point arithmetic: 12 significant digits.
pub(crate) fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_the_largest_unit() {
        for (seconds, text) in [
            (300, "5m"),
            (3600, "1h"),
            (21_600, "6h"),
            (86_400, "1d"),
            (90, "90s"),
            (5400, "90m"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
        assert_eq!(duration(Duration::from_millis(2500)), "2500ms");
        assert_eq!(duration(Duration::ZERO), "0ms");
    }

    #[test]
    fn selectors_escape_values() {
        let selector = Selector::new("a_total").equal("http.route", "/\"x\\\n");
        assert_eq!(selector.to_string(), r#"a_total{http_route="/\"x\\\n"}"#);
    }

    #[test]
    fn buckets_of_integers_have_two_spellings() {
        let bucket = |bound| Selector::new("a_bucket").bucket(bound).to_string();
        assert_eq!(bucket(0.5), r#"a_bucket{le="0.5"}"#);
        assert_eq!(bucket(10.0), r#"a_bucket{le=~"10([.]0)?"}"#);
    }

    #[test]
    fn numbers_have_no_noise() {
        assert_eq!(number(1.0 - 0.999), "0.001");
        assert_eq!(number(14.4 * (1.0 - 0.999)), "0.0144");
        assert_eq!(number(250.0), "250");
    }
}

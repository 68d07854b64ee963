//! The names of alerts, and the value in their text as Prometheus's templates write it.

/// How the value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueFormat {
    /// Not at all.
    None,
    /// As a percentage: `1.73%`.
    Percentage,
}

// === impl ValueFormat ===

impl ValueFormat {
    pub(super) const fn template(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Percentage => "{{ $value | humanizePercentage }}",
        }
    }
}

/// Returns a name for an alert: `orders-latency` becomes `OrdersLatency`.
pub(super) fn pascal_case(name: &str) -> String {
    let words = name.split('-');
    let capitalized = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    capitalized.collect()
}

/// Returns the text that Prometheus makes of a value.
pub(super) fn format_value(format: ValueFormat, value: f64) -> String {
    match format {
        ValueFormat::None => String::new(),
        ValueFormat::Percentage => format!("{}%", four_digits(value * 100.0)),
    }
}

/// Formats a value from 0.0001 to 9999 as Go's `%.4g`: four significant digits, no trailing zeros.
fn four_digits(value: f64) -> String {
    const DIGITS: i32 = 4;
    if value == 0.0 {
        return "0".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a float")]
    let exponent = value.abs().log10().floor() as i32;
    let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.017_28, "0.01728"),
            (0.5, "0.5"),
            (100.0, "100"),
            (1.0, "1"),
            (1234.0, "1234"),
            (0.123_456, "0.1235"),
        ] {
            assert_eq!(four_digits(value), text);
        }
        assert_eq!(format_value(ValueFormat::Percentage, 0.017_28), "1.728%");
        assert_eq!(format_value(ValueFormat::Percentage, 0.5), "50%");
        assert_eq!(format_value(ValueFormat::None, 0.5), "");
    }
}

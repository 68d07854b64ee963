//! Formats figures and parses the output of programs.

use crate::Result;

/// Stands for what has no figure.
pub(super) const DASH: &str = "–";

/// Splits a line into exactly `N` columns, separated by tabs.
pub(super) fn columns<const N: usize>(line: &str) -> Result<[&str; N]> {
    let columns: Vec<&str> = line.split('\t').collect();
    columns
        .try_into()
        .map_err(|_| format!("`{line}`: expected {N} columns").into())
}

/// Formats the difference to the bare service, with a sign if it is negative.
pub(super) fn added(layered: u64, bare: u64) -> String {
    if layered < bare {
        format!("−{}", grouped(bare - layered))
    } else {
        grouped(layered - bare)
    }
}

/// Formats the change from one count to another in percent, with a sign.
pub(super) fn percent(before: u64, after: u64) -> String {
    if before == 0 {
        return DASH.into();
    }
    let change = (after as f64 / before as f64 - 1.0) * 100.0;
    // Rounded first, so that no change has no sign.
    match (change * 10.0).round() / 10.0 {
        0.0 => "0.0 %".into(),
        change if change < 0.0 => format!("−{:.1} %", -change),
        change => format!("+{change:.1} %"),
    }
}

/// Formats the ratio of two costs, or a dash if one of them is not positive.
pub(super) fn ratio(theirs: f64, ours: f64) -> String {
    if ours > 0.0 && theirs > 0.0 {
        format!("{:.1}×", theirs / ours)
    } else {
        DASH.into()
    }
}

/// Formats a number in groups of three digits: `12,345,678`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_column_count_is_an_error() {
        assert!(columns::<2>("a\tb").is_ok());
        assert!(columns::<2>("a\tb\tc").is_err());
    }

    #[test]
    fn lower_cost_has_minus_sign() {
        assert_eq!(added(5, 7), "−2");
        assert_eq!(added(7, 5), "2");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }

    #[test]
    fn change_is_in_percent_with_a_sign() {
        assert_eq!(percent(1000, 1015), "+1.5 %");
        assert_eq!(percent(1000, 985), "−1.5 %");
        assert_eq!(percent(100_000, 99_999), "0.0 %");
        assert_eq!(percent(0, 3), "–");
    }

    #[test]
    fn ratio_to_zero_is_a_dash() {
        assert_eq!(ratio(49.0, 10.0), "4.9×");
        assert_eq!(ratio(49.0, 0.0), "–");
        assert_eq!(ratio(-3.0, 10.0), "–");
    }
}

//! Figures as text, and text as figures.

use crate::Result;

/// A line of a program: so many columns, apart by tabs.
pub(super) fn columns<const N: usize>(line: &str) -> Result<[&str; N]> {
    let columns: Vec<&str> = line.split('\t').collect();
    columns
        .try_into()
        .map_err(|_| format!("not {N} columns: {line}").into())
}

/// What is more, or less, with its sign.
pub(super) fn added(layered: u64, bare: u64) -> String {
    if layered < bare {
        format!("−{}", grouped(bare - layered))
    } else {
        grouped(layered - bare)
    }
}

/// How many times as much that adds as ours does. A dash where ours adds nothing to be compared with.
pub(super) fn ratio(theirs: f64, ours: f64) -> String {
    if ours > 0.0 && theirs > 0.0 {
        format!("{:.1}×", theirs / ours)
    } else {
        "–".into()
    }
}

/// `12,345,678`.
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
    fn a_line_with_other_columns_is_an_error() {
        assert!(columns::<2>("a\tb").is_ok());
        assert!(columns::<2>("a\tb\tc").is_err());
    }

    #[test]
    fn what_costs_less_says_so() {
        assert_eq!(added(5, 7), "−2");
        assert_eq!(added(7, 5), "2");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }

    #[test]
    fn there_is_no_ratio_to_nothing() {
        assert_eq!(ratio(49.0, 10.0), "4.9×");
        assert_eq!(ratio(49.0, 0.0), "–");
        assert_eq!(ratio(-3.0, 10.0), "–");
    }
}

//! Text format 0.0.4.

use std::fmt::{Display, Write as _};

use gusset_metrics::registry::{CounterCell, Family, GaugeCell, HistogramCell};

/// The two lines that a family begins with; the first only if it is described.
fn comments<C>(page: &mut String, name: &str, family: &Family<C>, kind: &str) {
    if let Some(help) = family.help() {
        line(page, &["# HELP ", name, " "]);
        for c in help.chars() {
            match c {
                '\\' => page.push_str(r"\\"),
                '\n' => page.push_str(r"\n"),
                c => page.push(c),
            }
        }
        page.push('\n');
    }
    line(page, &["# TYPE ", name, " ", kind, "\n"]);
}

pub(crate) fn counter(page: &mut String, name: &str, family: &Family<CounterCell>) {
    comments(page, name, family, "counter");
    for series in family.series() {
        sample(page, name, series.text());
        whole(page, series.cell().value());
    }
}

pub(crate) fn gauge(page: &mut String, name: &str, family: &Family<GaugeCell>) {
    comments(page, name, family, "gauge");
    for series in family.series() {
        sample(page, name, series.text());
        number(page, series.cell().value());
    }
}

pub(crate) fn histogram(page: &mut String, name: &str, family: &Family<HistogramCell>) {
    comments(page, name, family, "histogram");
    // What the lines of one series begin with; the buffers serve all of them.
    let (mut bucket, mut rest) = (String::new(), String::new());
    for series in family.series() {
        let (labels, cell) = (series.text(), series.cell());
        bucket.clear();
        rest.clear();
        line(&mut bucket, &[name, "_bucket{", labels]);
        if labels.is_empty() {
            rest.push(' ');
        } else {
            bucket.push(',');
            line(&mut rest, &["{", labels, "} "]);
        }
        bucket.push_str("le=\"");
        let mut count = 0;
        for (le, in_bucket) in cell.bounds().texts().iter().zip(cell.counts()) {
            count += in_bucket;
            line(page, &[&bucket, le, "\"} "]);
            whole(page, count);
        }
        line(page, &[name, "_sum", &rest]);
        number(page, cell.sum());
        line(page, &[name, "_count", &rest]);
        whole(page, count);
    }
}

/// A line up to its value.
fn sample(page: &mut String, name: &str, labels: &str) {
    if labels.is_empty() {
        line(page, &[name, " "]);
    } else {
        line(page, &[name, "{", labels, "} "]);
    }
}

fn line(page: &mut String, parts: &[&str]) {
    for part in parts {
        page.push_str(part);
    }
}

/// The value of a line, and its end. A third of the cost of the formatter of `std`; most of a page
/// is whole numbers.
fn whole(page: &mut String, mut number: u64) {
    // Twenty digits and the end of the line.
    let mut text = [b'\n'; 21];
    let mut at = text.len() - 1;
    loop {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    page.push_str(std::str::from_utf8(&text[at..]).expect("digits are text"));
}

fn number(page: &mut String, number: impl Display) {
    writeln!(page, "{number}").expect("a string takes whatever is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_numbers_are_written_as_the_standard_library_writes_them(
            number in prop_oneof![any::<u64>(), 0..1000_u64, Just(u64::MAX)],
        ) {
            let mut page = String::new();
            whole(&mut page, number);
            prop_assert_eq!(page, format!("{number}\n"));
        }
    }
}

//! The formats of a page: text 0.0.4, and OpenMetrics 1.0.0.

use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use gusset_data::Exemplar;
use gusset_metrics::registry::{CounterCell, Family, GaugeCell, HistogramCell};

use crate::translate;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// SharedStr format 0.0.4, which every Prometheus reads.
    SharedStr,
    /// OpenMetrics 1.0.0, which has a place for exemplars.
    OpenMetrics,
}

/// A page that is being written.
pub(crate) struct Writer {
    format: Format,
    page: String,
}

// === impl Writer ===

impl Writer {
    pub(crate) fn new(format: Format, capacity: usize) -> Self {
        Self {
            format,
            page: String::with_capacity(capacity),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.page.push_str("# EOF\n");
        }
        self.page
    }

    /// What there is to say of the origin of all families.
    pub(crate) fn target(&mut self, name: &str, labels: &str) {
        let kind = match self.format {
            Format::SharedStr => "gauge",
            Format::OpenMetrics => "info",
        };
        let page = &mut self.page;
        line(page, &["# HELP ", name, " Target metadata\n"]);
        line(page, &["# TYPE ", name, " ", kind, "\n"]);
        line(page, &["target_info{", labels, "} 1\n"]);
    }

    pub(crate) fn counter(&mut self, name: &str, family: &Family<CounterCell>) {
        self.comments(name, family, "counter");
        let total = match self.format {
            Format::SharedStr => name.to_owned(),
            Format::OpenMetrics => name.to_owned() + "_total",
        };
        for series in family.series() {
            sample(&mut self.page, &total, series.text());
            whole(&mut self.page, series.cell().value());
            self.page.push('\n');
        }
    }

    pub(crate) fn gauge(&mut self, name: &str, family: &Family<GaugeCell>) {
        self.comments(name, family, "gauge");
        for series in family.series() {
            sample(&mut self.page, name, series.text());
            number(&mut self.page, series.cell().value());
            self.page.push('\n');
        }
    }

    pub(crate) fn histogram(&mut self, name: &str, family: &Family<HistogramCell>) {
        self.comments(name, family, "histogram");
        let open = self.format == Format::OpenMetrics;
        let page = &mut self.page;
        // What the lines of one series begin with; the buffers serve all of them.
        let (mut bucket, mut rest) = (String::new(), String::new());
        // All series of a family have the same boundaries.
        let canonical: Vec<_> = match family.series().next() {
            Some(series) if open => canonical(series.cell().bounds().ends()).collect(),
            _ => Vec::new(),
        };
        for series in family.series() {
            let (labels, cell) = (series.text(), series.cell());
            let ends = match &canonical[..] {
                [] => cell.bounds().texts(),
                canonical => canonical,
            };
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
            let exemplars = open.then(|| cell.exemplars());
            let mut exemplars = exemplars.into_iter().flatten().peekable();
            let mut count = 0;
            for (at, (le, in_bucket)) in ends.iter().zip(cell.counts()).enumerate() {
                count += in_bucket;
                line(page, &[&bucket, le, "\"} "]);
                whole(page, count);
                if let Some((_, kept)) = exemplars.next_if(|(bucket, _)| *bucket == at) {
                    exemplar(page, &kept);
                }
                page.push('\n');
            }
            line(page, &[name, "_sum", &rest]);
            number(page, cell.sum());
            line(page, &["\n", name, "_count", &rest]);
            whole(page, count);
            page.push('\n');
        }
    }

    /// The lines that a family begins with.
    fn comments<C>(&mut self, name: &str, family: &Family<C>, kind: &str) {
        let page = &mut self.page;
        if let Some(help) = family.help() {
            line(page, &["# HELP ", name, " "]);
            for c in help.chars() {
                match c {
                    '\\' => page.push_str(r"\\"),
                    '\n' => page.push_str(r"\n"),
                    '"' if self.format == Format::OpenMetrics => page.push_str("\\\""),
                    c => page.push(c),
                }
            }
            page.push('\n');
        }
        line(page, &["# TYPE ", name, " ", kind, "\n"]);
        if self.format == Format::OpenMetrics {
            // Only what the name ends in may be said of its unit.
            let unit = translate::word(family.unit());
            let unit = unit.filter(|unit| name.len() > unit.len() + 1);
            if let Some(unit) = unit {
                line(page, &["# UNIT ", name, " ", unit, "\n"]);
            }
        }
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

/// What follows a bucket that has one.
fn exemplar(page: &mut String, exemplar: &Exemplar) {
    page.push_str(" # {trace_id=\"");
    hex(page, &exemplar.trace_id);
    page.push_str("\",span_id=\"");
    hex(page, &exemplar.span_id);
    page.push_str("\"} ");
    number(page, exemplar.value);
    // A clock that stands before 1970 has no time to tell.
    let since = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    page.push(' ');
    write(
        page,
        format_args!("{}.{:03}", since.as_secs(), since.subsec_millis()),
    );
}

fn hex(page: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write(page, format_args!("{byte:02x}"));
    }
}

/// Ends of buckets as OpenMetrics has them ("Considerations: Canonical Numbers"), which is how Go
/// writes floats: `1.0`, `0.25`, `1e+06`.
fn canonical(ends: &[f64]) -> impl Iterator<Item = String> {
    let ends = ends.iter().map(|end| {
        let short = format!("{end:e}");
        let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
        match exponent.parse::<i32>() {
            Ok(exponent @ (..-4 | 6..)) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
            }
            // Adds the `.0` that tells a float.
            _ => format!("{end:?}"),
        }
    });
    ends.chain(["+Inf".to_owned()])
}

/// A whole number. A third of the cost of the formatter of `std`; most of a page
/// is whole numbers.
fn whole(page: &mut String, mut number: u64) {
    let mut text = [0; 20];
    let mut at = text.len();
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

fn number(page: &mut String, number: f64) {
    if number.is_infinite() {
        page.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        write(page, format_args!("{number}"));
    }
}

fn write(page: &mut String, what: std::fmt::Arguments<'_>) {
    page.write_fmt(what)
        .expect("a string takes whatever is written to it");
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
            prop_assert_eq!(page, number.to_string());
        }
    }

    #[test]
    fn ends_of_buckets_are_written_as_go_writes_them() {
        let ends = [
            -5.0,
            0.0,
            0.00001,
            0.0001,
            0.005,
            1.0,
            2.5,
            100_000.0,
            1e6,
            67_108_864.0,
            1e21,
        ];
        assert_eq!(
            canonical(&ends).collect::<Vec<_>>(),
            [
                "-5.0",
                "0.0",
                "1e-05",
                "0.0001",
                "0.005",
                "1.0",
                "2.5",
                "100000.0",
                "1e+06",
                "6.7108864e+07",
                "1e+21",
                "+Inf",
            ]
        );
    }
}

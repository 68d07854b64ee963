//! Writes text format 0.0.4 and OpenMetrics 1.0.0.

use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use gusset_data::Exemplar;
use gusset_metrics::registry::{CounterValue, GaugeValue, HistogramValue, MetricFamily};
use metrics::Unit;

use crate::naming;
use crate::produced::{ProducedFamily, ProducedSeries};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    /// Text format 0.0.4, which every Prometheus reads.
    Plain,
    /// OpenMetrics 1.0.0, which has exemplars.
    OpenMetrics,
}

/// Writes families in one of the formats.
pub(crate) struct TextWriter {
    format: TextFormat,
    text: String,
}

// === impl TextWriter ===

impl TextWriter {
    pub(crate) fn new(format: TextFormat, capacity: usize) -> Self {
        Self {
            format,
            text: String::with_capacity(capacity),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.format == TextFormat::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    /// Writes the resource.
    pub(crate) fn target(&mut self, name: &str, labels: &str) {
        let kind = match self.format {
            TextFormat::Plain => "gauge",
            TextFormat::OpenMetrics => "info",
        };
        let text = &mut self.text;
        push_all(text, &["# HELP ", name, " Target metadata\n"]);
        push_all(text, &["# TYPE ", name, " ", kind, "\n"]);
        push_all(text, &["target_info{", labels, "} 1\n"]);
    }

    pub(crate) fn counter(&mut self, name: &str, family: &MetricFamily<CounterValue>) {
        self.metadata(name, family, "counter");
        let sample_name = match self.format {
            TextFormat::Plain => name.to_owned(),
            TextFormat::OpenMetrics => name.to_owned() + "_total",
        };
        self.counts(&sample_name, family);
    }

    /// Writes a counter without the suffix of OpenMetrics.
    pub(crate) fn unknown(&mut self, name: &str, family: &MetricFamily<CounterValue>) {
        self.metadata(name, family, "unknown");
        self.counts(name, family);
    }

    fn counts(&mut self, sample_name: &str, family: &MetricFamily<CounterValue>) {
        for series in family.series() {
            push_sample_start(&mut self.text, sample_name, series.label_text());
            push_integer(&mut self.text, series.value().get());
            self.text.push('\n');
        }
    }

    pub(crate) fn gauge(&mut self, name: &str, family: &MetricFamily<GaugeValue>) {
        self.metadata(name, family, "gauge");
        for series in family.series() {
            push_sample_start(&mut self.text, name, series.label_text());
            push_float(&mut self.text, series.value().get());
            self.text.push('\n');
        }
    }

    pub(crate) fn histogram(&mut self, name: &str, family: &MetricFamily<HistogramValue>) {
        self.metadata(name, family, "histogram");
        let is_open_metrics = self.format == TextFormat::OpenMetrics;
        let text = &mut self.text;
        // The start of each bucket sample, and the labels of the other samples. All series reuse the
        // two buffers.
        let (mut bucket_start, mut labels_end) = (String::new(), String::new());
        // All series of a family have the same boundaries.
        let canonical: Vec<_> = match family.series().next() {
            Some(series) if is_open_metrics => {
                canonical_bounds(series.value().boundaries().upper_bounds()).collect()
            }
            _ => Vec::new(),
        };
        for series in family.series() {
            let (labels, value) = (series.label_text(), series.value());
            let bounds = match &canonical[..] {
                [] => value.boundaries().labels(),
                canonical => canonical,
            };
            bucket_start.clear();
            labels_end.clear();
            push_all(&mut bucket_start, &[name, "_bucket{", labels]);
            if labels.is_empty() {
                labels_end.push(' ');
            } else {
                bucket_start.push(',');
                push_all(&mut labels_end, &["{", labels, "} "]);
            }
            bucket_start.push_str("le=\"");
            let exemplars = is_open_metrics.then(|| value.exemplars());
            let mut exemplars = exemplars.into_iter().flatten().peekable();
            let mut count = 0;
            for (index, (le, in_bucket)) in bounds.iter().zip(value.bucket_counts()).enumerate() {
                count += in_bucket;
                push_all(text, &[&bucket_start, le, "\"} "]);
                push_integer(text, count);
                if let Some((_, exemplar)) = exemplars.next_if(|(bucket, _)| *bucket == index) {
                    push_exemplar(text, &exemplar);
                }
                text.push('\n');
            }
            // The sum and the count are counters, and each requires the other (OpenMetrics 1.0.0,
            // "Histogram"). A sum of negative values is not a counter.
            if is_open_metrics && value.has_negative_values() {
                continue;
            }
            push_all(text, &[name, "_sum", &labels_end]);
            push_float(text, value.sum());
            push_all(text, &["\n", name, "_count", &labels_end]);
            push_integer(text, count);
            text.push('\n');
        }
    }

    /// Writes a family that a producer returned.
    pub(crate) fn produced(&mut self, name: &str, family: &ProducedFamily) {
        self.describe(name, family.help(), family.unit(), family.kind());
        let is_open_metrics = self.format == TextFormat::OpenMetrics;
        let text = &mut self.text;
        for ProducedSeries { labels, value } in family.numbers() {
            let suffix = match family.is_counter() && is_open_metrics {
                true => "_total",
                false => "",
            };
            push_all(text, &[name, suffix]);
            push_labels(text, &labels);
            push_float(text, value);
            text.push('\n');
        }
        for ProducedSeries { labels, value } in family.histograms() {
            let bounds: Vec<_> = match is_open_metrics {
                true => canonical_bounds(&value.bounds).collect(),
                false => {
                    let bounds = value.bounds.iter().map(f64::to_string);
                    bounds.chain(["+Inf".to_owned()]).collect()
                }
            };
            let mut count = 0;
            for (bound, in_bucket) in bounds.iter().zip(&value.counts) {
                count += in_bucket;
                let separator = if labels.is_empty() { "" } else { "," };
                push_all(
                    text,
                    &[name, "_bucket{", &labels, separator, "le=\"", bound, "\"} "],
                );
                push_integer(text, count);
                text.push('\n');
            }
            // As for histograms of the registry: OpenMetrics has the sum and the count together or not at all.
            if value.sum.is_some() || !is_open_metrics {
                push_all(text, &[name, "_sum"]);
                push_labels(text, &labels);
                push_float(text, value.sum.unwrap_or(f64::NAN));
                push_all(text, &["\n", name, "_count"]);
                push_labels(text, &labels);
                push_integer(text, count);
                text.push('\n');
            }
        }
    }

    fn metadata<V>(&mut self, name: &str, family: &MetricFamily<V>, kind: &str) {
        self.describe(name, family.help().map(|help| &**help), family.unit(), kind);
    }

    /// Writes `# HELP`, `# TYPE` and `# UNIT`.
    fn describe(&mut self, name: &str, help: Option<&str>, unit: Option<Unit>, kind: &str) {
        let text = &mut self.text;
        if let Some(help) = help {
            push_all(text, &["# HELP ", name, " "]);
            for c in help.chars() {
                match c {
                    '\\' => text.push_str(r"\\"),
                    '\n' => text.push_str(r"\n"),
                    '"' if self.format == TextFormat::OpenMetrics => text.push_str("\\\""),
                    c => text.push(c),
                }
            }
            text.push('\n');
        }
        push_all(text, &["# TYPE ", name, " ", kind, "\n"]);
        if self.format == TextFormat::OpenMetrics {
            // OpenMetrics demands that the name ends in `_` and the unit.
            let unit = naming::unit_suffix(unit);
            let unit = unit.filter(|unit| {
                let stem = name.strip_suffix(unit).unwrap_or_default();
                stem.len() > 1 && stem.ends_with('_')
            });
            if let Some(unit) = unit {
                push_all(text, &["# UNIT ", name, " ", unit, "\n"]);
            }
        }
    }
}

/// Writes a sample without its value.
fn push_sample_start(text: &mut String, name: &str, labels: &str) {
    text.push_str(name);
    push_labels(text, labels);
}

/// Writes the labels of a sample, and the space before its value.
fn push_labels(text: &mut String, labels: &str) {
    if labels.is_empty() {
        text.push(' ');
    } else {
        push_all(text, &["{", labels, "} "]);
    }
}

fn push_all(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// Writes the exemplar of a bucket.
fn push_exemplar(text: &mut String, exemplar: &Exemplar) {
    text.push_str(" # {trace_id=\"");
    push_hex(text, &exemplar.trace_id);
    text.push_str("\",span_id=\"");
    push_hex(text, &exemplar.span_id);
    text.push_str("\"} ");
    push_float(text, exemplar.value);
    // Zero if the system clock is before 1970.
    let since = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    text.push(' ');
    push_fmt(
        text,
        format_args!("{}.{:03}", since.as_secs(), since.subsec_millis()),
    );
}

pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        push_fmt(text, format_args!("{byte:02x}"));
    }
}

/// Formats upper bounds as OpenMetrics specifies ("Considerations: Canonical Numbers"), which is how Go
/// formats floats: `1.0`, `0.25`, `1e+06`.
fn canonical_bounds(upper_bounds: &[f64]) -> impl Iterator<Item = String> {
    let bounds = upper_bounds.iter().map(|bound| {
        let short = format!("{bound:e}");
        let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
        match exponent.parse::<i32>() {
            Ok(exponent @ (..-4 | 6..)) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
            }
            // `Debug` adds the `.0` of integers.
            _ => format!("{bound:?}"),
        }
    });
    bounds.chain(["+Inf".to_owned()])
}

/// Writes an integer. Costs a third of the formatter of `std`, and most numbers are integers.
fn push_integer(text: &mut String, mut number: u64) {
    // The digits of `u64::MAX`.
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"));
}

fn push_float(text: &mut String, number: f64) {
    if number.is_infinite() {
        text.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        push_fmt(text, format_args!("{number}"));
    }
}

fn push_fmt(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("writing to a string never fails");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_are_formatted_like_std(
            number in prop_oneof![any::<u64>(), 0..1000_u64, Just(u64::MAX)],
        ) {
            let mut text = String::new();
            push_integer(&mut text, number);
            prop_assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn upper_bounds_are_formatted_like_go() {
        let bounds = [
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
            canonical_bounds(&bounds).collect::<Vec<_>>(),
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

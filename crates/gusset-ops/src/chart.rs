//! Small charts of the last hour, as SVG.

use std::fmt::Write as _;

use gusset_data::SharedStr;

use crate::html::escape;

/// The values of a chart, oldest first. `None` is a time without a reading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: SharedStr,
    pub(crate) unit: SharedStr,
    pub(crate) values: Vec<Option<f64>>,
    /// Lines across the chart: where, as a share of its width, and what happened.
    pub(crate) marks: Vec<(f64, String)>,
}

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 48.0;

// === impl Chart ===

impl Chart {
    /// Writes the chart, with its greatest value as a text.
    ///
    /// Colours are classes of the style sheet, because a policy forbids `style`.
    pub(crate) fn write(&self, page: &mut String) {
        let known = self.values.iter().flatten().copied();
        let greatest = known.clone().fold(0.0, f64::max);
        let last = known.last();
        let label = match last {
            Some(last) => format!(
                "{}: {} {}, at most {} {}",
                self.title,
                number(last),
                self.unit,
                number(greatest),
                self.unit
            ),
            None => format!("{}: unknown", self.title),
        };
        let label = escape(&label);
        let _ = write!(
            page,
            "<figure><figcaption>{label}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\">"
        );
        for (share, event) in &self.marks {
            let (x, event) = (WIDTH * share, escape(event));
            let _ = write!(
                page,
                "<line class=\"mark\" x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{HEIGHT}\"><title>{event}</title></line>"
            );
        }
        for points in self.lines(greatest) {
            let _ = write!(page, "<polyline points=\"{points}\"/>");
        }
        page.push_str("</svg></figure>");
    }

    /// Returns the points of each line: a gap of readings is a gap of the line.
    fn lines(&self, greatest: f64) -> Vec<String> {
        let steps = self.values.len().saturating_sub(1).max(1);
        let mut lines = Vec::new();
        let mut line = String::new();
        for (at, value) in self.values.iter().enumerate() {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                lines.push(std::mem::take(&mut line));
                continue;
            };
            let x = WIDTH * at as f64 / steps as f64;
            let share = if greatest > 0.0 {
                value / greatest
            } else {
                0.0
            };
            // One unit above and below, so that the line is not cut.
            let y = HEIGHT - 1.0 - (HEIGHT - 2.0) * share.clamp(0.0, 1.0);
            let _ = write!(line, "{x:.1},{y:.1} ");
        }
        lines.push(line);
        lines.retain(|line| !line.is_empty());
        lines
    }
}

/// Writes a number with three significant digits.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        it if it >= 100.0 || it == 0.0 => 0,
        it if it >= 10.0 => 1,
        it if it >= 1.0 => 2,
        it if it >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[Option<f64>]) -> Chart {
        Chart {
            title: "Requests".into(),
            unit: "/s".into(),
            values: values.to_vec(),
            marks: Vec::new(),
        }
    }

    #[test]
    fn gap_of_readings_is_a_gap_of_the_line() {
        let lines = chart(&[Some(1.0), Some(2.0), None, Some(0.0)]).lines(2.0);
        assert_eq!(lines, ["0.0,24.0 80.0,1.0 ", "240.0,47.0 "]);
    }

    #[test]
    fn chart_without_values_is_unknown() {
        let mut page = String::new();
        chart(&[None, None]).write(&mut page);
        assert!(page.contains("Requests: unknown") && !page.contains("polyline"));
    }

    #[test]
    fn event_is_a_line_with_its_text() {
        let mut page = String::new();
        let mut chart = chart(&[Some(1.0), Some(2.0)]);
        chart.marks = vec![(0.25, "breaker stock: <open>".to_owned())];
        chart.write(&mut page);
        assert!(page.contains("x1=\"60.0\""), "{page}");
        assert!(page.contains("<title>breaker stock: &lt;open&gt;</title>"));
    }

    #[test]
    fn numbers_have_three_digits() {
        let texts = [0.0, 0.01234, 0.5, 1.234, 12.34, 1234.5].map(number);
        assert_eq!(texts, ["0", "0.0123", "0.500", "1.23", "12.3", "1234"]);
    }
}

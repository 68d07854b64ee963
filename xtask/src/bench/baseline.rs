//! A file of counts: `benches/baseline.txt`, an earlier state, which `docs/benchmarks.md` shows beside the current
//! one, and `benches/counts.txt`, what a change must not raise.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::measure::Cost;
use super::text::columns;
use crate::Result;

/// The counts of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    /// What was measured: the first line of the file.
    pub(super) state: String,
    pub(super) rows: Vec<Row>,
}

/// The counts of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The group of scenarios and the scenario: `calls/svc/metrics`. The groups have some names in common.
    pub(super) name: String,
    /// The row that it is compared with: the bare service.
    pub(super) bare: String,
    pub(super) instructions: u64,
    pub(super) allocations: u64,
}

// === impl Row ===

impl Row {
    /// Returns a row for each scenario of gusset: peers do not change with it.
    pub(super) fn from_costs(group: &str, costs: &[Cost]) -> Vec<Self> {
        let ours = costs.iter().filter(|cost| is_ours(group, &cost.name));
        ours.map(|cost| Self {
            name: format!("{group}/{}", cost.name),
            bare: format!("{group}/{}", cost.baseline),
            instructions: cost.instructions,
            allocations: cost.allocations,
        })
        .collect()
    }
}

/// Returns whether a scenario has a layer of gusset, or what one is compared with.
fn is_ours(group: &str, name: &str) -> bool {
    let program = name.rsplit('/').next().unwrap_or_default();
    group == "calls" || program.starts_with("gusset") || matches!(program, "bare" | "driver")
}

// === impl Baseline ===

impl Baseline {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::parse(&fs::read_to_string(path)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let state = lines.next().unwrap_or_default().trim_start_matches("# ");
        let rows = lines.map(row).collect::<Result<_>>()?;
        Ok(Self {
            state: state.into(),
            rows,
        })
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        Ok(fs::write(path, self.text()?)?)
    }

    fn text(&self) -> Result<String> {
        let mut text = format!("# {}\n", self.state);
        for row in &self.rows {
            writeln!(
                text,
                "{}\t{}\t{}\t{}",
                row.name, row.bare, row.instructions, row.allocations
            )?;
        }
        Ok(text)
    }
}

fn row(line: &str) -> Result<Row> {
    let [name, bare, instructions, allocations] = columns(line)?;
    Ok(Row {
        name: name.into(),
        bare: bare.into(),
        instructions: instructions.parse()?,
        allocations: allocations.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::page::cost;
    use super::*;

    #[test]
    fn written_baseline_is_read() {
        let baseline = Baseline {
            state: "commit 1234567".into(),
            rows: Row::from_costs("calls", &[cost("svc/driver", "svc/bare", 1833, 3)]),
        };
        let text = baseline.text().unwrap();
        assert_eq!(
            text,
            "# commit 1234567\ncalls/svc/driver\tcalls/svc/bare\t1833\t3\n"
        );
        assert_eq!(Baseline::parse(&text).unwrap(), baseline);
        assert!(Baseline::parse("# x\nonly a name").is_err());
    }

    #[test]
    fn peers_are_not_kept() {
        let costs = ["axum/bare", "svc/off/gusset", "svc/off/tower-otel"];
        let rows = Row::from_costs("traces", &costs.map(|name| cost(name, "", 1, 1)));
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["traces/axum/bare", "traces/svc/off/gusset"]);
    }
}

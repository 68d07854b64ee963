//! The current counts beside those of an earlier state.

use std::fmt::Write as _;

use crate::Result;
use crate::bench::baseline::{Baseline, Row};
use crate::bench::text::{DASH, added, grouped, percent};

/// Writes a row for each scenario of either state.
pub(super) fn write(page: &mut String, before: &Baseline, after: &[Row]) -> Result<()> {
    writeln!(
        page,
        "
## Before and after

Before is {}, in `benches/baseline.txt`, which `cargo xtask baseline` writes. Instructions of a whole call,
what of them is added to the bare service, and allocations of a whole call. A dash is a scenario that one of
the two states does not have.

| scenario | before | after | change | added before | added after | allocations before | after |
|---|--:|--:|--:|--:|--:|--:|--:|",
        before.state
    )?;
    for row in after {
        let old = before.rows.iter().find(|old| old.name == row.name);
        let old = old.map(|old| (old, added_by(old, &before.rows)));
        write_row(page, &row.name, old, Some((row, added_by(row, after))))?;
    }
    for old in &before.rows {
        if !after.iter().any(|row| row.name == old.name) {
            write_row(
                page,
                &old.name,
                Some((old, added_by(old, &before.rows))),
                None,
            )?;
        }
    }
    Ok(())
}

/// Returns the instructions that a scenario adds to its bare service, or `None` for a bare service.
fn added_by(row: &Row, rows: &[Row]) -> Option<String> {
    let bare = rows.iter().find(|bare| bare.name == row.bare)?;
    (bare.name != row.name).then(|| added(row.instructions, bare.instructions))
}

fn write_row(
    page: &mut String,
    name: &str,
    old: Option<(&Row, Option<String>)>,
    new: Option<(&Row, Option<String>)>,
) -> Result<()> {
    let change = match (&old, &new) {
        (Some((old, _)), Some((new, _))) => percent(old.instructions, new.instructions),
        _ => DASH.into(),
    };
    let [old, new] = [old, new].map(|state| match state {
        Some((row, added)) => [
            grouped(row.instructions),
            added.unwrap_or_else(|| DASH.into()),
            grouped(row.allocations),
        ],
        None => [DASH; 3].map(String::from),
    });
    writeln!(
        page,
        "| {name} | {} | {} | {change} | {} | {} | {} | {} |",
        old[0], new[0], old[1], new[1], old[2], new[2],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn rows_of_both_states_are_shown() {
        let rows = |name, bare, layer| {
            let costs = [
                cost("svc/bare", "svc/bare", bare, 3),
                cost(name, "svc/bare", layer, 3),
                cost("svc/driver", "svc/bare", layer, 3),
            ];
            Row::from_costs("calls", &costs)
        };
        let before = Baseline {
            state: "the state before".into(),
            rows: rows("svc/gone", 1000, 2000),
        };
        let mut page = String::new();
        write(&mut page, &before, &rows("svc/new", 990, 2030)).unwrap();
        for line in [
            "| calls/svc/bare | 1,000 | 990 | −1.0 % | – | – | 3 | 3 |",
            "| calls/svc/driver | 2,000 | 2,030 | +1.5 % | 1,000 | 1,040 | 3 | 3 |",
            "| calls/svc/new | – | 2,030 | – | – | 1,040 | – | 3 |",
            "| calls/svc/gone | 2,000 | – | – | 1,000 | – | 3 | – |",
        ] {
            assert!(page.contains(line), "{line} in {page}");
        }
    }
}

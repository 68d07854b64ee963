//! The page that is written of the figures.

mod beside;
mod calls;
mod health;
mod logs;
mod scale;
mod scrape;
mod sockets;
mod traces;

use std::fmt::Write as _;

use super::Figures;
use super::measure::Cost;
use crate::Result;

const HEAD: &str = "\
# What a call costs

Written by `cargo xtask bench`; not edited by hand. Instructions and allocations repeat to the last
one on the same machine with the same compiler. Times do not: none is told here but beside another
that was taken in the same run, in turns of a millisecond, and what is told is the median. `cargo xtask
count` tells the first two, ours alone; `cargo xtask time` takes times with criterion.
";

/// The whole page.
pub(super) fn write(figures: &Figures) -> Result<String> {
    let Figures {
        machine,
        ours,
        sizes,
        threads,
        peers,
        pairs,
        sockets,
        traces,
        logs,
    } = figures;
    let mut page = HEAD.to_owned();
    writeln!(page, "\n| | |\n|---|---|")?;
    for (what, of) in machine {
        writeln!(page, "| {what} | {of} |")?;
    }
    beside::write(&mut page, peers, pairs)?;
    sockets::write(&mut page, sockets)?;
    traces::write(&mut page, traces)?;
    logs::write(&mut page, logs)?;
    calls::write(&mut page, ours)?;
    scale::write(&mut page, ours, threads)?;
    calls::sizes(&mut page, sizes)?;
    scrape::write(&mut page, ours)?;
    health::write(&mut page, ours)?;
    Ok(page)
}

/// The scenario of that name.
fn find<'a>(costs: &'a [Cost], name: &str) -> Result<&'a Cost> {
    costs
        .iter()
        .find(|cost| cost.name == name)
        .ok_or_else(|| format!("nobody measured {name}").into())
}

/// The instructions that a scenario adds to its bare service.
fn instructions(costs: &[Cost], cost: &Cost) -> Result<f64> {
    let bare = find(costs, &cost.over)?;
    Ok(cost.instructions as f64 - bare.instructions as f64)
}

#[cfg(test)]
fn cost(name: &str, over: &str, instructions: u64, allocations: u64) -> Cost {
    Cost {
        name: name.into(),
        about: format!("about {name}"),
        over: over.into(),
        instructions,
        allocations,
        bytes: allocations * 100,
    }
}

//! What the page says, in few words: the same words in which the traffic counts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::traffic;

/// How many calls ended in each way.
pub(crate) type Counts = BTreeMap<&'static str, i64>;

pub(crate) const SUCCESS: &str = "success";
pub(crate) const CALLER_FAULT: &str = "caller's fault";
pub(crate) const SHOP_FAULT: &str = "shop's fault";
pub(crate) const LEFT_EARLY: &str = "left before the head";
pub(crate) const LEFT_MIDWAY: &str = "left mid-stream";
pub(crate) const LISTENED: &str = "event streams";
/// The shop never heard of such a call, so it is not on the page.
pub(crate) const UNANSWERED: &str = "without an answer";
pub(crate) const STOCK_OK: &str = "stock: OK";
pub(crate) const STOCK_NOT_FOUND: &str = "stock: NOT_FOUND";
pub(crate) const STOCK_UNIMPLEMENTED: &str = "stock: UNIMPLEMENTED";
pub(crate) const CHARGED: &str = "payments: charged";
pub(crate) const DECLINED: &str = "payments: declined";

const ENDS: [&str; 6] = [
    SUCCESS,
    CALLER_FAULT,
    SHOP_FAULT,
    LEFT_EARLY,
    LEFT_MIDWAY,
    LISTENED,
];

const DURATION: &str = "http_server_request_duration_seconds";

/// The traffic's share of a page.
pub(crate) fn counts(page: &str) -> Counts {
    let driven = format!("shop_caller=\"{}\"", traffic::TRAFFIC);
    let shop = |metric: &str, part: &str| {
        sum(page, metric, |labels| {
            labels.contains(&driven) && labels.contains(part)
        })
    };
    let ended = |status: &str| {
        sum(page, &format!("{DURATION}_count"), |labels| {
            let error = labels.contains("error_type=");
            labels.contains(&driven)
                && !error
                && labels.contains(&format!("status_code=\"{status}"))
        })
    };
    let abandoned = "gusset_http_server_abandoned_requests_total";
    let left = shop(abandoned, r#"gusset_stage="body""#);
    let listened = shop("gusset_http_server_stream_duration_seconds_count", "");
    let stock = |code: &str| {
        let code = format!("status_code=\"{code}\"");
        shop("rpc_server_call_duration_seconds_count", &code)
    };
    let payments = |status: &str| {
        let status = format!("status_code=\"{status}\"");
        let metric = "http_client_request_duration_seconds_count";
        sum(page, metric, |labels| labels.contains(&status))
    };
    Counts::from([
        // Whoever leaves mid-stream has seen a head with 200, and so has who listens to events.
        (SUCCESS, ended("2") + ended("3") - left),
        (CALLER_FAULT, ended("4")),
        (
            SHOP_FAULT,
            shop(&format!("{DURATION}_count"), "error_type="),
        ),
        (LEFT_EARLY, shop(abandoned, r#"gusset_stage="head""#)),
        (LEFT_MIDWAY, left - listened),
        (LISTENED, listened),
        (STOCK_OK, stock("OK")),
        (STOCK_NOT_FOUND, stock("NOT_FOUND")),
        (STOCK_UNIMPLEMENTED, stock("UNIMPLEMENTED")),
        (CHARGED, payments("201")),
        (DECLINED, payments("402")),
    ])
}

/// Calls under way, whoever made them.
pub(crate) fn in_flight(page: &str) -> i64 {
    let gauges = [
        "http_server_active_requests",
        "http_client_active_requests",
        "gusset_rpc_server_active_calls",
    ];
    gauges
        .into_iter()
        .map(|gauge| sum(page, gauge, |_| true))
        .sum()
}

/// What stands above the lines.
pub(crate) fn head(out: &mut impl Write) -> io::Result<()> {
    write!(out, "{:>5}{:>9}", "s", "requests")?;
    for end in ENDS {
        write!(out, "  {end}")?;
    }
    writeln!(out, "  in flight  p50 under  p99 under")
}

/// One line for each second of the traffic.
pub(crate) fn line(out: &mut impl Write, seconds: u64, page: &str) -> io::Result<()> {
    let counts = counts(page);
    let all: i64 = ENDS.iter().map(|end| counts[end]).sum();
    write!(out, "{seconds:>5}{all:>9}")?;
    for end in ENDS {
        write!(out, "{:>width$}", counts[end], width = end.len() + 2)?;
    }
    let (p50, p99) = (quantile(page, 0.50), quantile(page, 0.99));
    writeln!(out, "{:>11}{p50:>9} s{p99:>9} s", in_flight(page))
}

/// Both counts side by side, and whether they agree.
pub(crate) fn compare(out: &mut impl Write, driven: &Counts, page: &str) -> io::Result<bool> {
    let counted = counts(page);
    let rows: BTreeSet<_> = driven.keys().chain(counted.keys()).collect();
    writeln!(out, "\n{:<24}{:>10}{:>12}", "", "driven", "on the page")?;
    let mut row = |what: &str, driven: i64, counted: i64| {
        writeln!(out, "{what:<24}{driven:>10}{counted:>12}")?;
        io::Result::Ok(driven == counted)
    };
    let mut agree = true;
    for what in rows {
        let of = |counts: &Counts| counts.get(what).copied().unwrap_or_default();
        agree &= row(what, of(driven), of(&counted))?;
    }
    agree &= row("in flight", 0, in_flight(page))?;
    agree &= row("all", driven.values().sum(), counted.values().sum())?;
    writeln!(out, "{}", if agree { "agree" } else { "DISAGREE" })?;
    Ok(agree)
}

/// The samples of a metric, added up, for the labels that are asked for.
fn sum(page: &str, metric: &str, labels: impl Fn(&str) -> bool) -> i64 {
    samples(page, metric)
        .filter(|(found, _)| labels(found))
        .map(|(_, value)| value)
        .sum()
}

/// The end of the bucket that holds a quantile of all requests.
fn quantile(page: &str, quantile: f64) -> f64 {
    let mut buckets: Vec<(f64, i64)> = Vec::new();
    for (labels, count) in samples(page, &format!("{DURATION}_bucket")) {
        let end = labels
            .split("le=\"")
            .nth(1)
            .and_then(|le| le.split('"').next());
        let end = end
            .and_then(|end| end.parse().ok())
            .unwrap_or(f64::INFINITY);
        match buckets.iter_mut().find(|(known, _)| *known == end) {
            Some((_, sum)) => *sum += count,
            None => buckets.push((end, count)),
        }
    }
    let all = buckets
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default();
    let rank = quantile * all as f64;
    let holds = |(end, count): &(f64, i64)| (*count as f64 >= rank).then_some(*end);
    buckets.iter().find_map(holds).unwrap_or_default()
}

/// The samples of one metric: labels as they stand on the page, and the value.
fn samples<'a>(page: &'a str, metric: &str) -> impl Iterator<Item = (&'a str, i64)> {
    page.lines().filter_map(move |line| {
        let (labels, value) = line.strip_prefix(metric)?.rsplit_once(' ')?;
        let labels_only = labels.is_empty() || labels.starts_with('{');
        Some((labels, value.parse().ok()?)).filter(|_| labels_only)
    })
}

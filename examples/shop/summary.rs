//! What the page says, in few words: the same words in which the traffic counts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::reading::{quantile, sum};
use super::traffic;

/// How often each thing happened.
pub(crate) type Counts = BTreeMap<&'static str, i64>;

pub(crate) const SUCCESS: &str = "success";
pub(crate) const CALLER_FAULT: &str = "caller's fault";
pub(crate) const SHOP_FAULT: &str = "shop's fault";
pub(crate) const LEFT_EARLY: &str = "left before the head";
pub(crate) const LEFT_MIDWAY: &str = "left mid-stream";
pub(crate) const LISTENED: &str = "event streams";
/// The shop never heard of such a call, so it is not on the page.
pub(crate) const UNANSWERED: &str = "without an answer";
pub(crate) const PAID_PLAN: &str = "by the paid plan";
pub(crate) const PLACED: &str = "orders placed";
pub(crate) const STOCK_OK: &str = "stock: OK";
pub(crate) const STOCK_NOT_FOUND: &str = "stock: NOT_FOUND";
pub(crate) const STOCK_UNKNOWN: &str = "stock: UNIMPLEMENTED";
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
const REQUESTS: &str = "http_server_request_duration_seconds_count";
const OUTCOMES: &str = "gusset_http_server_outcomes_total";
const STREAMS: &str = "gusset_http_server_stream_duration_seconds_count";
const RPCS: &str = "rpc_server_call_duration_seconds_count";
const CLIENT: &str = "http_client_request_duration_seconds_count";

/// What a page says of the traffic; of orders and payments, what it says of all callers.
pub(crate) fn counts(page: &str) -> Counts {
    let driven = format!("shop_caller=\"{}\"", traffic::TRAFFIC);
    let driven = |metric, parts: &[&str]| {
        let parts: Vec<_> = parts.iter().copied().chain([&*driven]).collect();
        sum(page, metric, &parts)
    };
    let outcome = |outcome, stage| driven(OUTCOMES, &[outcome, stage]);
    let listened = driven(STREAMS, &[]);
    Counts::from([
        (SUCCESS, outcome("outcome=\"success\"", "")),
        (CALLER_FAULT, outcome("outcome=\"client_error\"", "")),
        (SHOP_FAULT, outcome("outcome=\"server_error\"", "")),
        (
            LEFT_EARLY,
            outcome("outcome=\"cancelled\"", "stage=\"head\""),
        ),
        // Who listens to events leaves mid-stream too.
        (
            LEFT_MIDWAY,
            outcome("outcome=\"cancelled\"", "stage=\"body\"") - listened,
        ),
        (LISTENED, listened),
        (PAID_PLAN, driven(REQUESTS, &["shop_plan=\"paid\""])),
        (PLACED, sum(page, "shop_orders_placed_total", &[])),
        (STOCK_OK, driven(RPCS, &["status_code=\"OK\""])),
        (
            STOCK_NOT_FOUND,
            driven(RPCS, &["status_code=\"NOT_FOUND\""]),
        ),
        (
            STOCK_UNKNOWN,
            driven(RPCS, &["status_code=\"UNIMPLEMENTED\""]),
        ),
        (CHARGED, sum(page, CLIENT, &["status_code=\"201\""])),
        (DECLINED, sum(page, CLIENT, &["status_code=\"402\""])),
    ])
}

/// Calls under way, whoever made them.
pub(crate) fn in_flight(page: &str) -> i64 {
    let gauges = [
        "http_server_active_requests",
        "http_client_active_requests",
        "gusset_rpc_server_active_calls",
    ];
    gauges.into_iter().map(|gauge| sum(page, gauge, &[])).sum()
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
    let all = requests(&counts);
    write!(out, "{seconds:>5}{all:>9}")?;
    for end in ENDS {
        write!(out, "{:>width$}", counts[end], width = end.len() + 2)?;
    }
    let (p50, p99) = (
        quantile(page, DURATION, 0.50),
        quantile(page, DURATION, 0.99),
    );
    writeln!(out, "{:>11}{p50:>9} s{p99:>9} s", in_flight(page))
}

fn requests(counts: &Counts) -> i64 {
    ENDS.iter().filter_map(|end| counts.get(end)).sum()
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
    agree &= row("all HTTP requests", requests(driven), requests(&counted))?;
    writeln!(out, "{}", if agree { "agree" } else { "DISAGREE" })?;
    Ok(agree)
}

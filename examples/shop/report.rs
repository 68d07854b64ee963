//! A summary of the metrics, with the same outcomes that the clients count.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::exposition::{quantile, sum};
use super::traffic;

/// The number of requests by outcome.
pub(crate) type Counts = BTreeMap<&'static str, i64>;

pub(crate) const SUCCESS: &str = "success";
pub(crate) const CLIENT_ERROR: &str = "client error";
pub(crate) const SERVER_ERROR: &str = "server error";
pub(crate) const CANCELLED_EARLY: &str = "cancelled early";
pub(crate) const CANCELLED_LATE: &str = "cancelled late";
pub(crate) const EVENT_STREAMS: &str = "event streams";
/// Not in the metrics, because the shop did not receive these requests.
pub(crate) const NO_RESPONSE: &str = "no response";
pub(crate) const PAID_PLAN: &str = "orders, paid plan";
pub(crate) const PLACED: &str = "orders placed";
pub(crate) const STOCK_OK: &str = "stock: OK";
pub(crate) const STOCK_NOT_FOUND: &str = "stock: NOT_FOUND";
pub(crate) const STOCK_UNIMPLEMENTED: &str = "stock: UNIMPLEMENTED";
pub(crate) const CHARGED: &str = "payments: charged";
pub(crate) const DECLINED: &str = "payments: declined";

/// The outcomes of HTTP requests. Each request has one.
const OUTCOMES: [&str; 6] = [
    SUCCESS,
    CLIENT_ERROR,
    SERVER_ERROR,
    CANCELLED_EARLY,
    CANCELLED_LATE,
    EVENT_STREAMS,
];

const DURATION_METRIC: &str = "http_server_request_duration_seconds";
const REQUESTS_METRIC: &str = "http_server_request_duration_seconds_count";
const OUTCOMES_METRIC: &str = "gusset_http_server_outcomes_total";
const STREAMS_METRIC: &str = "gusset_http_server_stream_duration_seconds_count";
const RPCS_METRIC: &str = "rpc_server_call_duration_seconds_count";
const CLIENT_METRIC: &str = "http_client_request_duration_seconds_count";

/// Counts the requests of the traffic in the metrics; orders and payments are those of all clients.
pub(crate) fn counts(metrics: &str) -> Counts {
    let of_traffic = format!("shop_client=\"{}\"", traffic::TRAFFIC);
    let of_traffic = |metric, labels: &[&str]| {
        let labels: Vec<_> = labels.iter().copied().chain([&*of_traffic]).collect();
        sum(metrics, metric, &labels)
    };
    let outcome = |outcome, stage| of_traffic(OUTCOMES_METRIC, &[outcome, stage]);
    let rpcs = |status| of_traffic(RPCS_METRIC, &[status]);
    let event_streams = of_traffic(STREAMS_METRIC, &[]);
    let cancelled = "outcome=\"cancelled\"";
    Counts::from([
        (SUCCESS, outcome("outcome=\"success\"", "")),
        (CLIENT_ERROR, outcome("outcome=\"client_error\"", "")),
        (SERVER_ERROR, outcome("outcome=\"server_error\"", "")),
        (CANCELLED_EARLY, outcome(cancelled, "stage=\"headers\"")),
        // Clients cancel event streams too, but those are a row of their own.
        (
            CANCELLED_LATE,
            outcome(cancelled, "stage=\"body\"") - event_streams,
        ),
        (EVENT_STREAMS, event_streams),
        (
            PAID_PLAN,
            of_traffic(REQUESTS_METRIC, &["shop_plan=\"paid\""]),
        ),
        (PLACED, sum(metrics, "shop_orders_placed_total", &[])),
        (STOCK_OK, rpcs("status_code=\"OK\"")),
        (STOCK_NOT_FOUND, rpcs("status_code=\"NOT_FOUND\"")),
        (STOCK_UNIMPLEMENTED, rpcs("status_code=\"UNIMPLEMENTED\"")),
        (
            CHARGED,
            sum(metrics, CLIENT_METRIC, &["status_code=\"201\""]),
        ),
        (
            DECLINED,
            sum(metrics, CLIENT_METRIC, &["status_code=\"402\""]),
        ),
    ])
}

/// Returns the number of calls in flight, of all clients.
pub(crate) fn in_flight(metrics: &str) -> i64 {
    let gauges = [
        "http_server_active_requests",
        "http_client_active_requests",
        "gusset_rpc_server_active_calls",
    ];
    gauges
        .into_iter()
        .map(|gauge| sum(metrics, gauge, &[]))
        .sum()
}

/// Prints the column titles.
pub(crate) fn print_header(out: &mut impl Write) -> io::Result<()> {
    write!(out, "{:>7}{:>10}", "seconds", "requests")?;
    for outcome in OUTCOMES {
        write!(out, "  {outcome}")?;
    }
    writeln!(out, "  in flight    p50 <    p99 <")
}

/// Prints the counts after some seconds of traffic.
pub(crate) fn print_row(out: &mut impl Write, seconds: u64, metrics: &str) -> io::Result<()> {
    let counts = counts(metrics);
    let total = requests(&counts);
    write!(out, "{seconds:>7}{total:>10}")?;
    for outcome in OUTCOMES {
        write!(
            out,
            "{:>width$}",
            counts[outcome],
            width = outcome.len() + 2
        )?;
    }
    let (p50, p99) = (
        quantile(metrics, DURATION_METRIC, 0.50),
        quantile(metrics, DURATION_METRIC, 0.99),
    );
    writeln!(out, "{:>11}{p50:>7} s{p99:>7} s", in_flight(metrics))
}

fn requests(counts: &Counts) -> i64 {
    OUTCOMES
        .iter()
        .filter_map(|outcome| counts.get(outcome))
        .sum()
}

/// Prints what the clients counted and what the metrics report. Returns whether they agree.
pub(crate) fn compare(out: &mut impl Write, sent: &Counts, metrics: &str) -> io::Result<bool> {
    let counted = counts(metrics);
    let rows: BTreeSet<_> = sent.keys().chain(counted.keys()).collect();
    writeln!(out, "\n{:<22}{:>10}{:>10}", "", "clients", "metrics")?;
    let mut row = |name: &str, sent: i64, counted: i64| {
        writeln!(out, "{name:<22}{sent:>10}{counted:>10}")?;
        io::Result::Ok(sent == counted)
    };
    let mut agree = true;
    for name in rows {
        let count = |counts: &Counts| counts.get(name).copied().unwrap_or_default();
        agree &= row(name, count(sent), count(&counted))?;
    }
    agree &= row("in flight", 0, in_flight(metrics))?;
    agree &= row("all HTTP requests", requests(sent), requests(&counted))?;
    let result = match agree {
        true => "The metrics agree with the clients.",
        false => "The metrics do NOT agree with the clients.",
    };
    writeln!(out, "\n{result}")?;
    Ok(agree)
}

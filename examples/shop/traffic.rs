//! The traffic, from its first request until the last has completed.

use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;

use gusset::metrics::Label;
use gusset::prometheus::PrometheusExporter;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::BoxError;
use super::clients::Clients;
use super::report::{self, Counts};

/// A header that marks requests of the traffic, so that other requests do not disturb the comparison.
pub(crate) const CLIENT_HEADER: &str = "x-shop-client";
pub(crate) const TRAFFIC: &str = "traffic";

const CLIENTS: u8 = 8;
const SETTLE_ATTEMPTS: u32 = 100;
const SETTLE_INTERVAL: Duration = Duration::from_millis(100);

/// Returns the header as a label. Its values are listed, so clients cannot create new ones.
pub(crate) fn label() -> Label {
    Label::from_request("shop.client", [TRAFFIC], |request| {
        request.headers.get(CLIENT_HEADER)?.to_str().ok()
    })
}

/// Sends traffic until `end` completes, and waits for the requests that are still open.
pub(crate) async fn send_until(
    clients: &Clients,
    prometheus: &PrometheusExporter,
    end: impl Future<Output = io::Result<()>>,
    out: &mut impl Write,
) -> Result<(), BoxError> {
    let (stop, stop_signal) = watch::channel(false);
    let mut running = JoinSet::new();
    for client in 0..CLIENTS {
        running.spawn(clients.clone().run_until(client, stop_signal.clone()));
    }
    report::print_header(out)?;
    let mut end = pin!(end);
    let mut second = interval(Duration::from_secs(1));
    second.tick().await;
    for seconds in 1_u64.. {
        tokio::select! {
            _ = second.tick() => {
                report::print_row(out, seconds, &prometheus.endpoint().render())?;
            }
            result = &mut end => {
                result?;
                break;
            }
        }
    }
    stop.send_replace(true);
    while let Some(result) = running.join_next().await {
        result?;
    }
    Ok(())
}

/// Scrapes the metrics once all requests have completed.
///
/// A server notices disconnects a little later, so this waits up to ten seconds for the counts to
/// agree.
pub(crate) async fn settled_metrics(clients: &Clients, sent: &Counts) -> Result<String, BoxError> {
    let mut metrics = clients.scrape().await?;
    for _ in 0..SETTLE_ATTEMPTS {
        let counted = report::counts(&metrics);
        let is_complete = sent
            .iter()
            .all(|(outcome, count)| counted.get(outcome) >= Some(count));
        if is_complete && report::in_flight(&metrics) == 0 {
            break;
        }
        sleep(SETTLE_INTERVAL).await;
        metrics = clients.scrape().await?;
    }
    Ok(metrics)
}

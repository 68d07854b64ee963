//! The traffic, from its first call until the last has ended.

use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;

use gusset::metrics::Label;
use gusset::prometheus::PrometheusExporter;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::Failure;
use super::callers::Callers;
use super::summary::{self, Counts};

/// The header by which the traffic says that a call is one of its own, so that a visitor's `curl`
/// does not spoil the comparison.
pub(crate) const CALLER: &str = "x-shop-caller";
pub(crate) const TRAFFIC: &str = "traffic";

/// The same as a label. Its values are listed, so strangers cannot make up others.
pub(crate) fn label() -> Label {
    Label::from_request("shop.caller", [TRAFFIC], |request| {
        request.headers.get(CALLER)?.to_str().ok()
    })
}

/// Drives traffic until the end, and until each of its calls has ended too.
pub(crate) async fn drive(
    callers: &Callers,
    page: &PrometheusExporter,
    end: impl Future<Output = io::Result<()>>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let mut calling = JoinSet::new();
    for caller in 0..8 {
        calling.spawn(callers.clone().call_until(caller, stopped.clone()));
    }
    summary::head(out)?;
    let mut end = pin!(end);
    let mut second = interval(Duration::from_secs(1));
    second.tick().await;
    for seconds in 1_u64.. {
        tokio::select! {
            _ = second.tick() => summary::line(out, seconds, &page.endpoint().render())?,
            ended = &mut end => {
                ended?;
                break;
            }
        }
    }
    stop.send_replace(true);
    while let Some(caller) = calling.join_next().await {
        caller?;
    }
    Ok(())
}

/// The page once all calls have ended. That a caller has left is noticed a little later, so this
/// waits, but not for ever: what does not agree by then never will.
pub(crate) async fn settled_page(callers: &Callers, driven: &Counts) -> Result<String, Failure> {
    let mut page = callers.scrape().await?;
    for _ in 0..100 {
        let counted = summary::counts(&page);
        let all = driven
            .iter()
            .all(|(end, count)| counted.get(end) >= Some(count));
        if all && summary::in_flight(&page) == 0 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
        page = callers.scrape().await?;
    }
    Ok(page)
}

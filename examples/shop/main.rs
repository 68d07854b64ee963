//! A shop that wears gusset: an HTTP service, a gRPC service and an HTTP client on one page.
//!
//! ```text
//! cargo run --example shop                  serves, and says what to try
//! cargo run --example shop -- --traffic     drives traffic at itself, until Ctrl-C
//! ```
//!
//! The story is in this file, in `shop.rs` and in `pages.rs`. `stock.rs` (gRPC) and `payments.rs`
//! (the client) go on with it. `traffic.rs` and what it uses, `callers.rs`, `asking.rs`,
//! `summary.rs` and `reading.rs`, hold the page against a count of their own.

mod asking;
mod callers;
mod options;
mod pages;
mod payments;
mod reading;
#[allow(clippy::module_inception, reason = "tests take this file as a module")]
mod shop;
mod stock;
mod summary;
mod traffic;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gusset::metrics::Label;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::callers::Callers;
pub(crate) use self::options::Options;
use self::payments::{Charges, Payments};
use self::shop::{Plan, Shop};

type Failure = Box<dyn Error + Send + Sync>;

/// Says that something is over: the shop, its event streams, the traffic.
type Closing = watch::Receiver<bool>;

#[tokio::main]
async fn main() -> ExitCode {
    let args = std::env::args_os().skip(1);
    let options = match Options::parse(args.map(|arg| arg.to_string_lossy().into_owned())) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("shop: {fault}");
            return ExitCode::from(2);
        }
    };
    match run(options, &mut std::io::stdout()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the shop until Ctrl-C. False if it drove traffic and the page does not agree with that.
pub(crate) async fn run(options: Options, out: &mut impl Write) -> Result<bool, Failure> {
    if options.help {
        out.write_all(options::HELP.as_bytes())?;
        return Ok(true);
    }
    let mut nearby = options.listen;
    nearby.set_port(0);
    let listener = bind(options.listen).await?;
    let (stock_listener, payments_listener) = (bind(nearby).await?, bind(nearby).await?);
    let (address, stock_address) = (listener.local_addr()?, stock_listener.local_addr()?);
    // Event streams end before the rest, or the page would never come to rest.
    let (hush, hushed) = watch::channel(false);
    let (close, closing) = watch::channel(false);

    // What a service does to wear gusset is from here ...
    let gusset = gusset::http()
        .metrics(|metrics| {
            metrics
                .scope_recorder()
                .label(Label::of::<Plan>())
                .label(traffic::label())
        })
        .build()?;
    let page = gusset.prometheus();
    metrics::with_local_recorder(&page.recorder(), || {
        let help = "Orders that were placed and paid.";
        metrics::describe_counter!("shop.orders.placed", metrics::Unit::Count, help);
    });
    let shop = Shop {
        payments: Payments::client(page, payments_listener.local_addr()?)?,
        books: Arc::default(),
        closing: hushed,
    };
    let app = shop::routes(shop)
        .layer(gusset.layer())
        .route_service("/metrics", gusset.page());
    // ... to here; `payments.rs` and `stock.rs` have as much again.

    let charges = Arc::new(Charges::default());
    let mut servers = JoinSet::new();
    let serve = axum::serve(listener, app).with_graceful_shutdown(closed(closing.clone()));
    servers.spawn(async { serve.await.map_err(Failure::from) });
    let serve = stock::serve(stock_listener, page, closing.clone())?;
    servers.spawn(async { serve.await.map_err(Failure::from) });
    let serve = payments::serve(payments_listener, charges.clone(), closing);
    servers.spawn(async { serve.await.map_err(Failure::from) });

    options::greet(out, address, stock_address)?;
    let end = async {
        let seconds = options.seconds.unwrap_or(u64::MAX);
        tokio::select! {
            () = sleep(Duration::from_secs(seconds)) => Ok(()),
            signal = tokio::signal::ctrl_c() => signal,
        }
    };
    let agree = if options.traffic {
        let callers = Callers::new(address, stock_address)?;
        traffic::drive(&callers, page, end, out).await?;
        hush.send_replace(true);
        let mut driven = callers.counts();
        driven.extend(charges.counts());
        let page = traffic::settled_page(&callers, &driven).await?;
        summary::compare(out, &driven, &page)?
    } else {
        end.await?;
        true
    };
    hush.send_replace(true);
    close.send_replace(true);
    // A visitor may still be there, with a million rows to export.
    let all = async { while servers.join_next().await.is_some() {} };
    if timeout(Duration::from_secs(5), all).await.is_err() {
        writeln!(out, "some calls did not end in time")?;
    }
    Ok(agree)
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// Waits until it is said.
async fn closed(mut closing: Closing) {
    // An error says that nobody is left to say it.
    let _ = closing.wait_for(|closing| *closing).await;
}

//! A shop that wears gusset: an HTTP service, a gRPC service and an HTTP client, with one page, one log
//! and one road to a collector.
//!
//! ```text
//! cargo run --example shop                  serves, and says what to try
//! cargo run --example shop | cat            the same, with a log in JSON
//! cargo run --example shop -- --traffic     drives traffic at itself, until Ctrl-C
//! ```
//!
//! The story is in this file, in `signals.rs`, in `shop.rs`, in `pages.rs` and in `health.rs`. `stock.rs`
//! (gRPC) and `payments.rs` (the client, and another service) go on with it. `traffic.rs` and what it uses, `callers.rs`, `asking.rs`,
//! `summary.rs` and `reading.rs`, hold the page against a count of their own.

mod asking;
mod callers;
mod health;
mod options;
mod pages;
mod payments;
mod reading;
#[allow(clippy::module_inception, reason = "tests take this file as a module")]
mod shop;
pub(crate) mod signals;
mod stock;
mod summary;
mod traffic;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gusset::Telemetry;
use gusset::http::RequestIdLayer;
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
    let args = args.map(|arg| arg.to_string_lossy().into_owned());
    let options = match Options::parse(args, |name| std::env::var(name).ok()) {
        Ok(options) if options.health => return health::probe(&options),
        Ok(options) => options,
        Err(fault) => {
            eprintln!("shop: {fault}");
            return ExitCode::from(2);
        }
    };
    // Standard output is the log's, unless it is quiet.
    let mut out: Box<dyn Write> = match options.traffic || options.help {
        true => Box::new(std::io::stdout()),
        false => Box::new(std::io::stderr()),
    };
    let signals = match signals::set_up(&options) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("shop: {error}");
            return ExitCode::from(2);
        }
    };
    // Nobody else has; in a test, several shops live in one process.
    signals
        .install()
        .expect("the process has no subscriber yet");
    signals.install_panic_hook();
    match run(options, signals, &mut out).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the shop until Ctrl-C or SIGTERM. False if it drove traffic and the page does not agree with
/// that, or if calls did not end in time.
pub(crate) async fn run(
    options: Options,
    signals: Telemetry,
    out: &mut impl Write,
) -> Result<bool, Failure> {
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
    let payments_address = payments_listener.local_addr()?;
    let page = signals.prometheus();
    let health = health::set_up(&options, page, payments_address)?;
    let gusset = signals
        .http()
        .observe(health.in_flight())
        .metrics(|metrics| {
            metrics
                .with_local_recorder()
                .label(Label::from_extension::<Plan>())
                .label(traffic::label())
        })
        .build()?;
    metrics::with_local_recorder(&page.recorder(), || {
        let help = "Orders that were placed and paid.";
        metrics::describe_counter!("shop.orders.placed", metrics::Unit::Count, help);
    });
    let shop = Shop {
        payments: Payments::client(&signals, payments_address)?,
        books: Arc::default(),
        closing: hushed,
    };
    let app = shop::routes(shop)
        .layer(gusset.layer())
        .layer(RequestIdLayer::new())
        .route_service("/metrics", gusset.metrics_endpoint());
    let app = health::mount(app, &health);
    // Stops last: it lives until the end of this function.
    let management = health::listen(&options, &health, page)?;
    let running = health.start()?;
    // ... to here; `payments.rs` and `stock.rs` have as much again.

    let charges = Arc::new(Charges::default());
    let mut servers = JoinSet::new();
    let serve = axum::serve(listener, app).with_graceful_shutdown(running.shutdown_signal());
    servers.spawn(async { serve.await.map_err(Failure::from) });
    let serve = stock::serve(stock_listener, &signals, &health, running.shutdown_signal())?;
    servers.spawn(async { serve.await.map_err(Failure::from) });
    // Another service, which outlives the shop: orders under way are still to be paid.
    let payments = tokio::spawn(payments::serve(
        payments_listener,
        &signals,
        charges.clone(),
        closing,
    )?);
    health.lifecycle().mark_started();

    options::greet(out, address, stock_address, management.local_addr())?;
    let end = async {
        let seconds = options.seconds.unwrap_or(u64::MAX);
        tokio::select! {
            () = sleep(Duration::from_secs(seconds)) => Ok(()),
            () = running.draining() => Ok(()),
            signal = tokio::signal::ctrl_c(), if options.traffic => signal,
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
    health.lifecycle().begin_shutdown();
    hush.send_replace(true);
    let shutdown = running.serve(async { while servers.join_next().await.is_some() {} });
    let shutdown = shutdown.await;
    if let Some(unfinished) = health::unfinished_requests(&shutdown) {
        writeln!(out, "unfinished requests: {unfinished}")?;
    }
    close.send_replace(true);
    let _ = timeout(Duration::from_secs(5), payments).await;
    // Last of all: what was logged of the end is exported too.
    let report = tokio::task::spawn_blocking(|| signals.shutdown(Duration::from_secs(5)));
    let report = report.await?;
    if report.dropped() > 0 {
        writeln!(out, "not all telemetry was exported: {report}")?;
    }
    Ok(agree && shutdown.is_clean())
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

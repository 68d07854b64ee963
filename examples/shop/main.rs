//! A shop that uses gusset: an HTTP service, a gRPC service and an HTTP client. They share one metrics
//! endpoint, one log and one OTLP exporter.
//!
//! ```text
//! cargo run --example shop                  serves, and prints what to try
//! cargo run --example shop | cat            the same, with a JSON log
//! cargo run --example shop -- --traffic     sends requests to itself, until Ctrl-C
//! ```
//!
//! Start with this file, then read `telemetry.rs`, `shop.rs`, `edge_cases.rs`, `health.rs`, `objectives.rs`, `incidents.rs`,
//! `faults.rs` and `website.rs`.
//! `stock.rs` is the gRPC service; `payments.rs` is the client and the service that it calls.
//!
//! The other files are the traffic. `traffic.rs`, `clients.rs` and `requests.rs` send it; `report.rs`
//! and `exposition.rs` compare what the clients counted with what the metrics report.

mod clients;
mod edge_cases;
mod exposition;
mod faults;
mod health;
mod incidents;
mod objectives;
mod options;
mod page;
mod payments;
mod report;
mod requests;
#[allow(
    clippy::module_inception,
    reason = "tests include this file as a module"
)]
mod shop;
mod stock;
pub(crate) mod telemetry;
mod traffic;
mod website;

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gusset::Clock;
use gusset::chaos::{FaultKind, names::FAULT};
use gusset::diagnose::{HistorySource, Reading, Watcher};
use gusset::http::{QueryRedaction, RequestIdLayer};
use gusset::metrics::Label;
use gusset::system::{CallMonitor, LagProbe, SystemSampler, TokioSource};
use gusset::usage::Usage;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::clients::Clients;
pub(crate) use self::options::Options;
use self::payments::{Charges, Payments};
use self::shop::{Plan, Shop};
use self::telemetry::Signals;

type BoxError = Box<dyn Error + Send + Sync>;

/// Becomes `true` when a task must stop.
type StopSignal = watch::Receiver<bool>;

const PAYMENTS_TIMEOUT: Duration = Duration::from_secs(5);
const TELEMETRY_TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let args = std::env::args_os().skip(1);
    let args = args.map(|arg| arg.to_string_lossy().into_owned());
    let options = match Options::parse(args, |name| std::env::var(name).ok()) {
        Ok(options) if options.help => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(options) if options.health => return health::probe(&options),
        Ok(options) => options,
        Err(error) => {
            eprintln!("shop: {error}");
            return ExitCode::from(2);
        }
    };
    // The log is on standard output, except during the traffic.
    let mut out: Box<dyn Write> = match options.traffic {
        true => Box::new(std::io::stdout()),
        false => Box::new(std::io::stderr()),
    };
    let signals = match telemetry::set_up(&options) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("shop: {error}");
            return ExitCode::from(2);
        }
    };
    // Here and not in `run`, because tests run several shops in one process.
    let telemetry = &signals.telemetry;
    telemetry
        .install_global()
        .expect("the process has no subscriber yet");
    telemetry.install_panic_hook();
    match run(options, signals, &mut out).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the shop until Ctrl-C or SIGTERM.
///
/// Returns `false` if requests were unfinished at the end, or if the metrics differ from what the
/// traffic counted.
pub(crate) async fn run(
    options: Options,
    signals: Signals,
    out: &mut impl Write,
) -> Result<bool, BoxError> {
    let Signals {
        telemetry,
        recorder,
    } = signals;
    let mut any_port = options.listen;
    any_port.set_port(0);
    let listener = bind(options.listen).await?;
    let (stock_listener, payments_listener) = (bind(any_port).await?, bind(any_port).await?);
    let (address, stock_address) = (listener.local_addr()?, stock_listener.local_addr()?);
    // Event streams stop first. Otherwise they would keep the server open.
    let (stop_streams, streams_stop) = watch::channel(false);
    let (stop_payments, payments_stop) = watch::channel(false);

    // What a service adds to use gusset starts here ...
    let payments_address = payments_listener.local_addr()?;
    let prometheus = telemetry.prometheus();
    // What the process, its container, its host and its runtime do.
    let runtime = tokio::runtime::Handle::current();
    let lag = LagProbe::spawn(&runtime);
    // What the calls do with their time.
    let calls = Arc::new(CallMonitor::builder().build());
    let system = SystemSampler::builder()
        .source(TokioSource::new(runtime))
        .source(lag.source())
        .source(calls.source());
    let (system, lag_metric) = (Arc::new(system.start()?), Arc::new(lag.producer()));
    prometheus.recorder().add_producer(&system);
    prometheus.recorder().add_producer(&lag_metric);
    prometheus.recorder().add_producer(&calls);
    let health = health::set_up(&options, prometheus, payments_address)?;
    let levels = objectives::levels(payments_address)?;
    let objectives = objectives::Watched::start(&levels, prometheus)?;
    let mut watcher = Watcher::builder().recorder(telemetry.recorder()).build()?;
    let diagnosis = watcher.latest();
    let series = HistorySource::new(objectives.history());
    // Logs what slows the shop down, once for each change.
    system.subscribe(move |_, now| {
        let mut reading = Reading::from(now.clone());
        series.fill(Clock::system().now(), &mut reading);
        watcher.observe(reading);
    });
    // Who uses the shop: pages, visitors, sign-ins.
    let usage = Usage::builder().recorder(telemetry.recorder()).build()?;
    let usage = Arc::new(usage);
    prometheus.recorder().add_producer(&usage);
    let chaos = faults::set_up(prometheus, objectives.monitor())?;
    let gusset = telemetry
        .http()
        // Marks injected faults in the metrics too.
        .field(FAULT, FaultKind::ALL.map(FaultKind::as_str))
        // These two concern logs, traces and metrics alike.
        .exclude_paths(["/favicon.ico"])
        .query(QueryRedaction::default())
        .observer(health.in_flight())
        .observer(CallMonitor::clone(&calls))
        .observer(recorder.calls_of_server())
        .observer(usage.observer())
        .metrics(|metrics| {
            metrics
                .with_local_recorder()
                .label(Label::from_extension::<Plan>())
                .label(traffic::label())
        })
        .build()?;
    metrics::with_local_recorder(&prometheus.recorder(), || {
        let help = "Orders that were placed and paid.";
        metrics::describe_counter!("shop.orders.placed", metrics::Unit::Count, help);
    });
    let shop = Shop {
        payments: Payments::client(&telemetry, &chaos, payments_address)?,
        state: Arc::default(),
        sign_ins: usage.sign_ins().clone(),
        stop: streams_stop,
    };
    let app = shop::routes(shop)
        .merge(website::routes(&telemetry)?)
        .layer(chaos.http_server())
        .layer(gusset.layer())
        .layer(RequestIdLayer::new())
        .route_service("/metrics", gusset.metrics_endpoint());
    let app = health::mount(app, &health);
    // Dropped at the end of this function, so that probes are answered until then.
    let sources = incidents::Sources {
        recorder: &recorder,
        health: &health,
        objectives: &objectives,
        diagnosis: &diagnosis,
        system: &system,
    };
    let reports = incidents::Reports::start(&options.incidents(), &sources)?;
    let page = page::set_up(
        &options,
        &health,
        &objectives,
        &diagnosis,
        &recorder,
        &usage,
        &reports,
    )?;
    let management = health::listen(&options, &health, prometheus, &levels, &page, &chaos)?;
    let runtime = health.start()?;
    // ... and ends here. `payments.rs` and `stock.rs` add a few lines each.

    let charges = Arc::new(Charges::default());
    let mut servers = JoinSet::new();
    // With the address of the client, which is the key of a visitor.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let serve = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
    servers.spawn(async { serve.await.map_err(BoxError::from) });
    let serve = stock::serve(
        stock_listener,
        &telemetry,
        &health,
        runtime.shutdown_signal(),
    )?;
    servers.spawn(async { serve.await.map_err(BoxError::from) });
    // The payment service stops after the shop, because open orders still have to be paid.
    let payments = tokio::spawn(payments::serve(
        payments_listener,
        &telemetry,
        charges.clone(),
        payments_stop,
    )?);
    health.lifecycle().mark_started();

    options::greet(out, address, stock_address, management.local_addr())?;
    let end = async {
        let seconds = options.seconds.unwrap_or(u64::MAX);
        tokio::select! {
            () = sleep(Duration::from_secs(seconds)) => Ok(()),
            () = runtime.draining() => Ok(()),
            signal = tokio::signal::ctrl_c(), if options.traffic => signal,
        }
    };
    let counts_agree = if options.traffic {
        let clients = Clients::new(address, stock_address)?;
        traffic::send_until(&clients, prometheus, end, out).await?;
        stop_streams.send_replace(true);
        let mut sent = clients.counts();
        sent.extend(charges.counts());
        let metrics = traffic::settled_metrics(&clients, &sent).await?;
        report::compare(out, &sent, &metrics)?
    } else {
        end.await?;
        true
    };
    objectives.stop();
    health.lifecycle().begin_shutdown();
    stop_streams.send_replace(true);
    let shutdown = runtime.serve(async { while servers.join_next().await.is_some() {} });
    let shutdown = shutdown.await;
    if let Some(unfinished) = health::unfinished_requests(&shutdown) {
        writeln!(out, "unfinished requests: {unfinished}")?;
    }
    stop_payments.send_replace(true);
    let _ = timeout(PAYMENTS_TIMEOUT, payments).await;
    // Last, so that the log entries of the shutdown are exported too.
    let export = tokio::task::spawn_blocking(|| telemetry.shutdown(TELEMETRY_TIMEOUT)).await?;
    if export.dropped() > 0 {
        writeln!(out, "not all telemetry was exported: {export}")?;
    }
    reports.end();
    Ok(counts_agree && shutdown.is_clean())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BoxError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// Waits for a stop signal.
async fn stopped(mut stop: StopSignal) {
    // An error means that the sender was dropped, which stops the task as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

//! A shop: a server that takes orders, and a worker that stores them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use gusset::data::{LogRecord, LogSink, SpanData, SpanSink};
use gusset::messaging::{Settlement, WorkerReport};
use gusset::{Gusset, Operation};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::service_fn;

use crate::broker::{BoxError, Broker, ORDERS, Order};
use crate::database::Database;

/// The order that fails until the worker is repaired.
pub(crate) const BROKEN: u32 = 13;

/// Keeps what leaves the service.
#[derive(Clone, Default)]
pub(crate) struct Exported {
    spans: Arc<Mutex<Vec<SpanData>>>,
    logs: Arc<Mutex<Vec<LogRecord>>>,
}

impl SpanSink for Exported {
    fn export(&self, span: SpanData) {
        self.spans.lock().unwrap().push(span);
    }
}

impl LogSink for Exported {
    fn export(&self, record: LogRecord) {
        self.logs.lock().unwrap().push(record);
    }
}

impl Exported {
    /// Returns the names of the spans of a trace.
    pub(crate) fn names(&self, trace: [u8; 16]) -> Vec<String> {
        let spans = self.spans.lock().unwrap();
        let of_trace = spans.iter().filter(|span| span.trace_id == trace);
        of_trace.map(|span| span.name.to_string()).collect()
    }

    /// Returns the trace ids of the log entries with this message.
    pub(crate) fn traces_of(&self, message: &str) -> Vec<Option<[u8; 16]>> {
        let logs = self.logs.lock().unwrap();
        let with_message = logs.iter().filter(|record| *record.body == *message);
        with_message.map(|record| record.trace_id).collect()
    }
}

pub(crate) struct Shop {
    server: SocketAddr,
    gusset: Gusset,
    pub(crate) exported: Exported,
    is_repaired: Arc<AtomicBool>,
    stop: oneshot::Sender<()>,
    worker: JoinHandle<WorkerReport>,
}

impl Shop {
    pub(crate) async fn start<B: Broker>(broker: B, database: Database) -> Self {
        let exported = Exported::default();
        let gusset = gusset::builder()
            .without_health()
            .without_management()
            .messaging_system(B::SYSTEM)
            .spans(exported.clone())
            .logs(exported.clone())
            .build_with(|_| None)
            .unwrap();
        let is_repaired = Arc::new(AtomicBool::new(false));
        let orders = broker.subscribe().await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let handler = service_fn({
            let (gusset, is_repaired) = (gusset.clone(), is_repaired.clone());
            move |order: Order<B::Headers>| {
                let (gusset, database) = (gusset.clone(), database.clone());
                let is_repaired = is_repaired.load(Ordering::Relaxed);
                async move { store(&gusset, &database, is_repaired, order.number).await }
            }
        });
        let worker = gusset
            .worker(
                ORDERS,
                orders,
                |order: &Order<B::Headers>| &order.headers,
                handler,
            )
            .max_deliveries(2)
            .until(async { drop(stopped.await) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let of_handler = gusset.clone();
        let take = post(move |Path(id): Path<u32>| {
            let (gusset, broker) = (of_handler.clone(), broker.clone());
            async move { send(&gusset, &broker, id).await.unwrap() }
        });
        let app = Router::new()
            .route("/orders/{id}", take)
            .layer(gusset.http());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            server,
            worker: tokio::spawn(worker.run()),
            gusset,
            exported,
            is_repaired,
            stop,
        }
    }

    /// Sends an order as a browser does, with a trace of its own.
    pub(crate) async fn order(&self, id: u32, trace: u8) -> [u8; 16] {
        let hex = format!("{trace:02x}").repeat(16);
        let request = reqwest::Client::new().post(format!("http://{}/orders/{id}", self.server));
        let request = request.header("traceparent", format!("00-{hex}-0123456789abcdef-01"));
        assert!(request.send().await.unwrap().status().is_success());
        [trace; 16]
    }

    /// Lets all orders succeed from now on.
    pub(crate) fn repair(&self) {
        self.is_repaired.store(true, Ordering::Relaxed);
    }

    #[track_caller]
    pub(crate) fn assert_row(&self, metric: &str, label: &str, count: u32) {
        let page = self.gusset.telemetry().prometheus().endpoint().render();
        let mut rows = page.lines().filter(|row| row.starts_with(metric));
        let end = format!("}} {count}");
        let found = rows.any(|row| row.contains(label) && row.ends_with(&end));
        assert!(found, "{metric} {label} {count} in\n{page}");
    }

    pub(crate) async fn stop(self) -> WorkerReport {
        self.stop.send(()).unwrap();
        self.worker.await.unwrap()
    }
}

/// Sends an order to the broker.
async fn send<B: Broker>(gusset: &Gusset, broker: &B, number: u32) -> Result<(), BoxError> {
    let send = gusset.operation(Operation::send(B::SYSTEM, ORDERS));
    send.run(async {
        let mut headers = B::Headers::default();
        gusset.inject(&mut headers);
        broker.send(Order { number, headers }).await
    })
    .await
}

/// Stores an order.
async fn store(
    gusset: &Gusset,
    database: &Database,
    is_repaired: bool,
    number: u32,
) -> Result<Settlement, BoxError> {
    if number == BROKEN && !is_repaired {
        return Err(io::Error::other("no price").into());
    }
    database.insert(gusset, number).await?;
    Ok(Settlement::Ack)
}

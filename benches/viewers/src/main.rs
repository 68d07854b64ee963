//! Prints what viewers of the operations page cost the service: processor time of the process, over real sockets.
//!
//! The service has a full recorder, a history of 20 routes, and calls and log records while it is viewed. The viewers are
//! another process, whose time does not count. Fails if 100 viewers cost more than 1 % of a processor.

use std::convert::Infallible;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use gusset_admin::ManagementServer;
use gusset_core::ObserveLayer;
use gusset_data::{LogRecord, LogSink as _, MetricProducer as _, Severity};
use gusset_history::History;
use gusset_http::{Http, Route};
use gusset_incident::FlightRecorder;
use gusset_metrics::Registry;
use gusset_ops::Operations;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use rustix::time::{ClockId, clock_gettime};
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;

const ROUTES: [Route; 4] = [
    Route::new("/orders/{id}"),
    Route::new("/orders/{id}/items/{item}"),
    Route::new("/baskets/{customer}"),
    Route::new("/catalogue"),
];

/// The time of one measurement: ten ticks.
const TIME: Duration = Duration::from_secs(20);

/// The share of a processor that 100 viewers may use.
const LIMIT: f64 = 0.01;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [address, viewers] = &arguments[..] {
        return view(address.parse()?, viewers.parse()?);
    }
    let recorder = FlightRecorder::builder().build()?;
    (0..5000).for_each(|number| record(&recorder, number));
    let history = history()?;
    let operations = Operations::builder("shop")
        .history(history)
        .recorder(recorder.clone())
        .build()?;
    let server = ManagementServer::builder()
        .env(|_| None)
        .port(0)
        .max_connections_per_peer(200)
        .mount(operations.endpoints())
        .start()?;
    // Some traffic, so that the page changes.
    thread::spawn(move || {
        for number in 0.. {
            record(&recorder, number);
            sleep(Duration::from_millis(20));
        }
    });
    println!("page: {} bytes", operations.to_html().len());
    let closed = share(TIME);
    println!("viewers\tms of a tick\t% of a processor\tof these by viewers");
    println!("0\t{:.2}\t{:.3}\t", closed * 2000.0, closed * 100.0);
    let mut of_hundred = 0.0;
    for viewers in [1, 10, 100] {
        let mut process = Command::new(std::env::current_exe()?)
            .args([server.local_addr().to_string(), viewers.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        // All of them have the whole page.
        let mut output = process.stdout.take().ok_or("standard output is a pipe")?;
        output.read_exact(&mut [0; 6])?;
        let open = share(TIME);
        let of_viewers = open - closed;
        println!(
            "{viewers}\t{:.2}\t{:.3}\t{:.3}",
            open * 2000.0,
            open * 100.0,
            of_viewers * 100.0
        );
        of_hundred = of_viewers;
        process.kill()?;
        process.wait()?;
        sleep(Duration::from_secs(3));
    }
    if of_hundred > LIMIT {
        return Err(format!("100 viewers use {:.2} % of a processor", of_hundred * 100.0).into());
    }
    Ok(())
}

/// Opens streams and reads them until it is killed.
fn view(address: SocketAddr, viewers: usize) -> Result<(), Box<dyn Error>> {
    let mut streams = Vec::new();
    for _ in 0..viewers {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /ops/live HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        let mut begin = [0; 1024];
        stream.read_exact(&mut begin)?;
        assert!(begin.starts_with(b"HTTP/1.1 200"), "it is viewed");
        streams.push(stream);
    }
    println!("viewed");
    let mut threads = Vec::new();
    for mut stream in streams {
        threads.push(thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
        }));
    }
    for thread in threads {
        thread.join().map_err(|_| "a viewer panicked")?;
    }
    Ok(())
}

/// Returns the share of a processor that the process uses in this time.
fn share(time: Duration) -> f64 {
    let (start, used) = (Instant::now(), processor_seconds());
    sleep(time);
    (processor_seconds() - used) / start.elapsed().as_secs_f64()
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Records a call and a log record.
fn record(recorder: &FlightRecorder, number: u64) {
    let layer = ObserveLayer::<Http, _>::new(recorder.calls_of_server());
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
    }));
    let mut request = Request::new(());
    let route = usize::try_from(number).unwrap_or(0) % ROUTES.len();
    request.extensions_mut().insert(ROUTES[route].clone());
    let call = async {
        let Ok(response) = service.oneshot(request).await;
        drop(response.collect().await);
    };
    let mut call = pin!(call);
    let done = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(done, Poll::Ready(()));
    recorder.export(LogRecord {
        time: SystemTime::now(),
        severity: Severity::Info,
        scope: "shop::orders".into(),
        event_name: None,
        body: "the order was placed and paid, and the customer has the receipt".into(),
        attributes: vec![("order.id".into(), number.into())],
        dropped_attributes: 0,
        trace_id: Some([0xab; 16]),
        span_id: Some([0xcd; 8]),
        flags: 1,
    });
}

/// Returns an hour of readings of 20 routes.
fn history() -> Result<History, Box<dyn Error>> {
    let history = History::builder().build()?;
    let registry = Registry::builder().build()?;
    let now = Instant::now();
    let start = now.checked_sub(Duration::from_secs(3600)).unwrap_or(now);
    for reading in 0..360 {
        for route in 0..20 {
            metrics::with_local_recorder(&registry, || {
                let route = format!("/route/{route}/{{id}}");
                let duration = metrics::histogram!(
                    "http.server.request.duration",
                    "http.route" => route,
                    "error.type" => "",
                );
                duration.record(0.001 * f64::from(reading % 50 + 1));
            });
        }
        history.record(
            start + reading * Duration::from_secs(10),
            registry.metrics(),
        );
    }
    Ok(history)
}

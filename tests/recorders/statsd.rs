//! Recorders that send datagrams.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::time::Duration;

use metrics_exporter_dogstatsd::DogStatsDBuilder;
use metrics_exporter_statsd::StatsdBuilder;

use super::{call, recorded};

/// What a server of statsd knows.
#[derive(Default)]
struct Received {
    /// The number of histogram values, by name.
    values: BTreeMap<String, usize>,
    /// The last value of gauges, by name.
    gauges: BTreeMap<String, f64>,
}

/// Receives until there are this many values of the histogram, and the gauge is zero.
fn receive(socket: &UdpSocket, histogram: &str, count: usize, gauge: &str) -> Received {
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut received = Received::default();
    let mut buffer = [0; 65536];
    loop {
        let is_complete = received.values.get(histogram) == Some(&count);
        if is_complete && received.gauges.get(gauge) == Some(&0.0) {
            return received;
        }
        let length = socket.recv(&mut buffer).expect("all values within 30 s");
        for line in std::str::from_utf8(&buffer[..length]).unwrap().lines() {
            received.read(line);
        }
    }
}

impl Received {
    /// Reads `name:1:2|h|#tags`.
    fn read(&mut self, line: &str) {
        let (name, rest) = line.split_once(':').unwrap();
        let mut parts = rest.split('|');
        let (values, kind) = (parts.next().unwrap(), parts.next().unwrap());
        match kind {
            "g" => {
                let last = values.rsplit(':').next().unwrap();
                self.gauges.insert(name.to_owned(), last.parse().unwrap());
            }
            "h" | "d" => {
                *self.values.entry(name.to_owned()).or_default() += values.split(':').count();
            }
            _ => {}
        }
    }
}

fn socket() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

#[test]
fn statsd_receives_all_values_and_the_active_gauge() {
    let (socket, port) = socket();
    // Each value is a datagram.
    let builder = StatsdBuilder::from("127.0.0.1", port).with_buffer_size(1);
    let recorder = builder.build(None).unwrap();
    let metrics = recorded();
    metrics::with_local_recorder(&recorder, || call(&metrics, 20));
    let duration = "http.server.request.duration";
    let received = receive(&socket, duration, 20, "http.server.active_requests");
    assert_eq!(received.values[duration], 20);
}

#[test]
fn dogstatsd_receives_all_values_and_the_active_gauge() {
    let (socket, port) = socket();
    let recorder = DogStatsDBuilder::default()
        .with_remote_address(format!("127.0.0.1:{port}"))
        .unwrap()
        .with_flush_interval(Duration::from_millis(50))
        .with_histogram_sampling(false)
        .build()
        .unwrap();
    let metrics = recorded();
    metrics::with_local_recorder(&recorder, || call(&metrics, 20));
    let duration = "http.server.request.duration";
    let received = receive(&socket, duration, 20, "http.server.active_requests");
    assert_eq!(received.values[duration], 20);
}

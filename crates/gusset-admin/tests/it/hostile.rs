//! Probes are answered while hostile clients hold connections open.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use gusset_admin::names;
use gusset_data::SharedRecorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::{Text, builder, connect, get, read_response};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n";

/// Larger than the buffers of both sockets, so that a client that does not read stalls the server.
const LARGE: usize = 16 << 20;

#[track_caller]
fn assert_answers(address: SocketAddr) {
    let response = get(address, "/a");
    assert!(response.ends_with("one"), "{response}");
}

/// Returns how many connections were closed, by reason.
fn closed(snapshotter: &Snapshotter) -> BTreeMap<String, u64> {
    let snapshot = snapshotter.snapshot().into_vec().into_iter();
    snapshot
        .map(|(key, .., value)| match value {
            DebugValue::Counter(value) => {
                assert_eq!(key.key().name(), names::CLOSED_CONNECTIONS.name);
                let reason = key.key().labels().next().unwrap().value().to_owned();
                (reason, value)
            }
            other => panic!("{other:?}"),
        })
        .filter(|(_, value)| *value != 0)
        .collect()
}

fn recorder() -> (SharedRecorder, Snapshotter) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    (Arc::new(recorder), snapshotter)
}

#[test]
fn probe_is_answered_with_26_idle_connections_a_second() {
    let server = builder().port(0).start().unwrap();
    let mut idle = Vec::new();
    for _ in 0..12 {
        idle.extend((0..26).map(|_| connect(server.local_addr())));
        assert_answers(server.local_addr());
    }
}

#[test]
fn scrape_is_answered_with_256_kept_connections() {
    let (recorder, snapshotter) = recorder();
    let server = builder().recorder(recorder).port(0).start().unwrap();
    let mut kept = Vec::new();
    for _ in 0..256 {
        let mut stream = connect(server.local_addr());
        stream.write_all(REQUEST).unwrap();
        read_response(&mut stream);
        kept.push(stream);
    }
    assert_answers(server.local_addr());
    // Every connection over the limit of 64.
    let expected = [("peer_limit".to_owned(), 256 - 64 + 1)];
    assert_eq!(closed(&snapshotter), expected.into());
}

#[test]
fn probe_is_answered_while_heads_drip() {
    let server = builder().max_connections(8).port(0).start().unwrap();
    let mut dripping: Vec<TcpStream> = Vec::new();
    for byte in REQUEST.iter().take(20) {
        dripping.push(connect(server.local_addr()));
        for stream in &mut dripping {
            // Those that were closed for the others cannot be written to.
            let _ = stream.write_all(&[*byte]);
        }
        assert_answers(server.local_addr());
    }
}

#[test]
fn probe_is_answered_while_clients_never_read() {
    // Zeros take no place in the binary.
    static LARGE_BODY: [u8; LARGE] = [0; LARGE];
    let body = std::str::from_utf8(&LARGE_BODY).unwrap();
    let server = builder()
        .route("/large", Text(body))
        .max_connections(8)
        .port(0)
        .start()
        .unwrap();
    let mut unread = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(server.local_addr());
        stream
            .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        // The response has begun.
        stream.read_exact(&mut [0]).unwrap();
        unread.push(stream);
        assert_answers(server.local_addr());
    }
}

#[test]
fn full_server_closes_the_connection_idle_longest() {
    let (recorder, snapshotter) = recorder();
    let server = builder()
        .recorder(recorder)
        .max_connections(2)
        .max_connections_per_peer(3)
        .port(0)
        .start()
        .unwrap();
    let [mut first, mut second] = [(); 2].map(|()| connect(server.local_addr()));
    for stream in [&mut second, &mut first] {
        stream.write_all(REQUEST).unwrap();
        read_response(stream);
    }
    // `second` was used before `first`.
    assert_answers(server.local_addr());
    assert_eq!(second.read(&mut [0]).unwrap(), 0, "it is closed");
    first.write_all(REQUEST).unwrap();
    assert!(read_response(&mut first).ends_with("one"), "it is kept");
    assert_eq!(closed(&snapshotter), [("full".to_owned(), 1)].into());
}

/// Every address of 127.0.0.0/8 is local on Linux.
#[cfg(target_os = "linux")]
#[test]
fn one_peer_cannot_close_connections_of_another() {
    let server = builder()
        .max_connections(8)
        .max_connections_per_peer(4)
        .port(0)
        .start()
        .unwrap();
    let mut scraper = connect(server.local_addr());
    scraper.write_all(REQUEST).unwrap();
    read_response(&mut scraper);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _hostile: Vec<_> = runtime.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..40 {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            streams.push(socket.connect(server.local_addr()).await.unwrap());
        }
        streams
    });
    // All of them are accepted before this one.
    assert_answers(server.local_addr());
    scraper.write_all(REQUEST).unwrap();
    assert!(read_response(&mut scraper).ends_with("one"));
}

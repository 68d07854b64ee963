//! The service of the example is made ill, and the diagnosis names each illness.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../diagnose.rs"]
mod diagnose;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gusset_tests::programs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the service has logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no test panics in it")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = self.0.lock().expect("no test panics in it");
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn get(addr: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("it reads");
    let mut response = String::new();
    let read = stream.read_to_string(&mut response).await;
    read.expect("it answers");
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    response
}

/// Waits for a diagnosis, for as many readings as its hold needs and more: other tests may keep the CPUs busy.
async fn until(addr: SocketAddr, what: &str, is_there: impl Fn(&str) -> bool) {
    programs::until(what, async || {
        let diagnosis = get(addr, "/diagnosis").await;
        is_there(&diagnosis).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_illness_is_named() {
    let log = Log::default();
    let out = log.clone();
    let gusset = diagnose::gusset()
        .log(|log| log.writer(out))
        .health(|health| health.handle_signals(false))
        .without_management()
        .build_with(|_| None)
        .expect("the defaults are valid");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a port");
    let addr = listener.local_addr().expect("it listens");
    let server = tokio::spawn(diagnose::run(gusset, listener));
    // All of these are of the service itself, so what else the machine does cannot hide them. The blocked workers are
    // named by the long polls, because a busy machine makes `runtime.blocked` look like contention.
    let mut illnesses = vec![
        ("blocking", "runtime.long_polls"),
        ("pool", "pool.exhausted"),
        ("dependency", "dependency.slow"),
    ];
    match Path::new("/proc/pressure/cpu").exists() {
        true => illnesses.push(("computing", "cpu.saturated")),
        false => {
            println!("SKIPPED: computing, because this kernel has no pressure stall information");
        }
    }
    for (illness, finding) in &illnesses {
        get(addr, &format!("/ill/{illness}")).await;
        until(addr, finding, |diagnosis| diagnosis.contains(finding)).await;
    }
    get(addr, "/ill/none").await;
    let ended = |diagnosis: &str| illnesses[..3].iter().all(|it| !diagnosis.contains(it.1));
    until(addr, "the end of the illnesses", ended).await;
    // The log has it as it begins and as it ends.
    for text in ["all of them are in use", "`pool.exhausted` has ended"] {
        programs::until(text, async || log.text().contains(text).then_some(())).await;
    }
    server.abort();
}

//! The exit code of a probe.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::ExitCode;

/// Probes a server that sends this response to one client. Returns the exit code and the request.
fn probe(response: &'static str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 512];
        let len = stream.read(&mut request).unwrap();
        let _ = stream.write_all(response.as_bytes());
        String::from_utf8_lossy(&request[..len]).into_owned()
    });
    let code = gusset_health::probe_exit_code(&address, "/readyz");
    (format!("{code:?}"), server.join().unwrap())
}

#[test]
fn exit_code_follows_from_the_status() {
    let [success, failure] = [ExitCode::SUCCESS, ExitCode::FAILURE].map(|code| format!("{code:?}"));
    let (code, request) = probe("HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(code, success);
    assert!(request.starts_with("GET /readyz HTTP/1.1\r\n"));
    for response in [
        "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        "SSH-2.0-OpenSSH",
        "",
    ] {
        assert_eq!(probe(response).0, failure, "{response}");
    }
    assert_eq!(
        format!("{:?}", gusset_health::probe_exit_code("127.0.0.1:1", "/")),
        failure
    );
    assert_eq!(
        format!("{:?}", gusset_health::probe_exit_code("invalid", "/")),
        failure
    );
}

//! The probe from the command line.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::ExitCode;

/// What is said of a server that gives that answer to one caller.
fn asked(answer: &'static str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 512];
        let len = stream.read(&mut request).unwrap();
        let _ = stream.write_all(answer.as_bytes());
        String::from_utf8_lossy(&request[..len]).into_owned()
    });
    let code = gusset_health::probe_exit_code(&address, "/readyz");
    (format!("{code:?}"), server.join().unwrap())
}

#[test]
fn the_exit_code_is_that_of_a_health_check() {
    let [passes, fails] = [ExitCode::SUCCESS, ExitCode::FAILURE].map(|code| format!("{code:?}"));
    let (code, request) = asked("HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(code, passes);
    assert!(request.starts_with("GET /readyz HTTP/1.1\r\n"));
    for answer in [
        "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        "SSH-2.0-OpenSSH",
        "",
    ] {
        assert_eq!(asked(answer).0, fails, "{answer}");
    }
    assert_eq!(
        format!("{:?}", gusset_health::probe_exit_code("127.0.0.1:1", "/")),
        fails
    );
    assert_eq!(
        format!("{:?}", gusset_health::probe_exit_code("nonsense", "/")),
        fails
    );
}

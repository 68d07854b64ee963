//! Profiles of running services name what is busy, and Go's pprof reads them.
#![cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use it too")]
#[path = "../lifecycle/process.rs"]
mod process;

#[allow(dead_code, reason = "other tests use it too")]
#[path = "../short/running.rs"]
mod running;

mod go;
mod load;
mod message;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use self::load::Load;
use self::message::Profile;
use self::process::{Shop, example};
use self::running::{Server, command};

/// Names are looked up in the debug information of a program without optimisations.
const PROFILE_TIMEOUT: Duration = Duration::from_secs(300);
const TOKEN: &str = "correct-horse-battery";

/// Returns the status and the body of a profile.
fn get_profile(management: SocketAddr, target: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(management).unwrap();
    stream.set_read_timeout(Some(PROFILE_TIMEOUT)).unwrap();
    let headers = format!("host: a\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n");
    let request = format!("GET /debug/pprof/{target} HTTP/1.1\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let end = response
        .windows(4)
        .position(|it| it == b"\r\n\r\n")
        .unwrap();
    let status = std::str::from_utf8(&response[9..12])
        .unwrap()
        .parse()
        .unwrap();
    (status, response.split_off(end + 4))
}

async fn shop() -> Shop {
    let mut command = Command::new(example("shop"));
    let command = command.args(["--listen", "127.0.0.1:0"]);
    Shop::start_command(command.env("SHOP_TOKEN", TOKEN)).await
}

#[tokio::test]
async fn profile_of_the_shop_under_load_names_the_busy_handler() {
    let shop = shop().await;
    let load = Load::start(
        shop.address,
        &["/burn?millis=20", "/catalogue", "/slow?millis=5"],
    );
    let (status, body) = get_profile(shop.management, "profile?seconds=3");
    let requests = load.stop();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));

    let profile = Profile::decode(&body);
    assert_eq!(profile.sample_types(), ["samples/count", "cpu/nanoseconds"]);
    // The rest is of other handlers, of sockets and of the kernel: how much depends on the machine.
    let busy = profile.share_of("burn_cpu", 1);
    let other = profile.share_of("catalogue", 1);
    assert!(
        busy > 0.2 && busy > other,
        "{busy}, and {other} of another handler, after {requests} requests: {:?}",
        profile.top()
    );
    let idle = profile.share_of("edge_cases::slow", 1);
    assert!(
        idle < 0.1,
        "{idle} of a handler that waits: {:?}",
        profile.top()
    );
    // A stack reaches from the handler to the thread of the runtime.
    let deep = profile.stacks_with("burn_cpu");
    assert!(
        deep.iter()
            .any(|stack| stack.iter().any(|name| name.contains("tokio::runtime"))),
        "{deep:?}"
    );
}

#[tokio::test]
async fn go_reads_the_profile_of_the_shop() {
    let Some(go) = go::find() else { return };
    let shop = shop().await;
    let load = Load::start(shop.address, &["/burn?millis=20"]);
    let (_, body) = get_profile(shop.management, "profile?seconds=2");
    load.stop();
    let top = go::top(&go, "cpu", &body);
    let line = top.lines().find(|line| line.contains("burn_cpu"));
    assert!(line.is_some(), "{top}");
    assert!(
        top.contains("Type: cpu") && top.contains("Duration: 2"),
        "{top}"
    );
}

#[tokio::test]
async fn shop_without_a_token_has_no_profiles() {
    let shop = Shop::start(&[]).await;
    let (status, body) = get_profile(shop.management, "profile?seconds=1");
    assert_eq!(status, 403, "{}", String::from_utf8_lossy(&body));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn heap_profile_names_the_handler_that_keeps_memory() {
    let mut command = command("profile");
    // Nearly each allocation of the cache is sampled.
    command.env("_RJEM_MALLOC_CONF", "prof:true,lg_prof_sample:12");
    let server = Server::start_command(&mut command).await;
    for id in 0..200 {
        assert_eq!(server.get(&format!("/cache/{id}")).0, 200);
    }
    let (status, body) = get_profile(server.management, "heap");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let profile = Profile::decode(&body);
    assert_eq!(profile.sample_types(), ["inuse_space/bytes"]);
    let kept = profile.sum_of("profile::remember", 0);
    let expected = 200 * (64 << 10);
    assert!(
        (expected / 2..expected * 2).contains(&kept),
        "{kept} of {expected} bytes: {:?}",
        profile.top()
    );
    let (status, svg) = get_profile(server.management, "heap?format=flamegraph");
    assert_eq!(status, 200);
    assert!(
        String::from_utf8(svg)
            .unwrap()
            .contains("profile::remember")
    );
    if let Some(go) = go::find() {
        let top = go::top(&go, "heap", &body);
        assert!(top.contains("remember"), "{top}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn heap_without_the_setting_names_it() {
    let server = Server::start("profile").await;
    let (status, body) = get_profile(server.management, "heap");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 501, "{text}");
    assert!(text.contains("_RJEM_MALLOC_CONF"), "{text}");
}

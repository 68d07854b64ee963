//! The shop's page agrees with its callers, and a stranger's arguments are answered plainly.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../shop/main.rs"]
mod shop;

use shop::Options;

fn parse(args: &[&str]) -> Result<Options, String> {
    Options::parse(args.iter().map(|arg| (*arg).to_owned()), |_| None)
}

async fn run(args: &[&str]) -> (Result<bool, String>, String) {
    let mut out = Vec::new();
    let options = parse(args).expect("good arguments");
    let signals = shop::signals::set_up(&options).expect("good variables");
    let ended = shop::run(options, signals, &mut out).await;
    let out = String::from_utf8(out).expect("text");
    (ended.map_err(|error| error.to_string()), out)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_agrees_with_the_callers_to_the_last_request() {
    let (agree, out) = run(&["--traffic", "--seconds", "3", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(agree, Ok(true), "{out}");
    assert!(out.ends_with("\nagree\n"), "{out}");

    // Each way for a call to end was gone, so the agreement is not one of zeros.
    let (_, table) = out.split_once("on the page\n").expect("a table");
    let rows: Vec<(&str, u64)> = table
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(row, count)| (row, count.parse().expect("a count")))
        .collect();
    assert_eq!(rows.len(), 15, "{out}");
    for (row, count) in rows {
        assert_eq!(count == 0, row.starts_with("in flight"), "{row} in {out}");
    }
}

#[tokio::test]
async fn without_traffic_the_shop_just_ends() {
    let (ended, out) = run(&["--seconds", "0", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(ended, Ok(true), "{out}");
    assert!(out.contains("/metrics'"), "{out}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let (ended, out) = run(&["--seconds", "0", "--listen", &address]).await;
    let error = ended.expect_err("the port is taken");
    assert!(
        error.starts_with(&format!("cannot listen on {address}: ")),
        "{error}"
    );
    assert_eq!(out, "");
}

#[test]
fn arguments_that_cannot_be_used_are_named() {
    for (args, fault) in [
        (&["--trafic"][..], "unknown argument `--trafic`"),
        (&["--listen"], "--listen: a value is missing"),
        (&["--listen", "here"], "--listen: `here` is no address"),
        (
            &["--seconds", "-1"],
            "--seconds: `-1` is no number of seconds",
        ),
        (&["--seconds"], "--seconds: a value is missing"),
        (
            &["--drain", "soon"],
            "--drain: `soon` is no number of seconds",
        ),
        (
            &["--management", "3000"],
            "--management: `3000` is no address",
        ),
        (&[""], "unknown argument ``"),
    ] {
        let error = parse(args).expect_err(fault);
        assert!(error.starts_with(fault), "{error}");
    }
}

#[test]
fn an_argument_is_above_the_environment() {
    let environment = |name: &str| match name {
        "SHOP_LISTEN" => Some("0.0.0.0:80".to_owned()),
        "SHOP_DRAIN" => Some("3".to_owned()),
        _ => None,
    };
    let options = Options::parse(["--drain".to_owned(), "0.5".to_owned()], environment);
    let options = options.expect("good arguments");
    assert_eq!(options.listen.to_string(), "0.0.0.0:80");
    assert_eq!(options.drain, Some(std::time::Duration::from_millis(500)));
    let error = Options::parse([], |_| Some("here".to_owned())).expect_err("no address");
    assert!(
        error.starts_with("SHOP_LISTEN: `here` is no address"),
        "{error}"
    );
}

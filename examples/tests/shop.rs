//! The shop's metrics agree with its clients, and invalid arguments are named.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../shop/main.rs"]
mod shop;

use shop::Options;

fn parse(args: &[&str]) -> Result<Options, String> {
    Options::parse(args.iter().map(|arg| (*arg).to_owned()), |_| None)
}

async fn run(args: &[&str]) -> (Result<bool, String>, String) {
    let mut out = Vec::new();
    let options = parse(args).expect("the arguments are valid");
    let telemetry = shop::telemetry::set_up(&options).expect("the variables are valid");
    let result = shop::run(options, telemetry, &mut out).await;
    let out = String::from_utf8(out).expect("the output is UTF-8");
    (result.map_err(|error| error.to_string()), out)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_agree_with_the_clients() {
    let (agree, out) = run(&["--traffic", "--seconds", "3", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(agree, Ok(true), "{out}");
    assert!(
        out.ends_with("\nThe metrics agree with the clients.\n"),
        "{out}"
    );

    // Every outcome occurred, so the comparison is not one of zeros.
    let (_, table) = out
        .split_once("clients   metrics\n")
        .expect("the output has a table");
    let rows: Vec<(&str, u64)> = table
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map_while(|(row, count)| Some((row, count.parse().ok()?)))
        .collect();
    assert_eq!(rows.len(), 15, "{out}");
    for (row, count) in rows {
        assert_eq!(count == 0, row.starts_with("in flight"), "{row} in {out}");
    }
}

#[tokio::test]
async fn shop_without_traffic_exits() {
    let (result, out) = run(&["--seconds", "0", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(result, Ok(true), "{out}");
    assert!(out.contains("/metrics'"), "{out}");
}

#[tokio::test]
async fn error_names_a_used_port() {
    let used = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = used.local_addr().expect("it is bound").to_string();
    let (result, out) = run(&["--seconds", "0", "--listen", &address]).await;
    let error = result.expect_err("the port is in use");
    assert!(
        error.starts_with(&format!("cannot listen on {address}: ")),
        "{error}"
    );
    assert_eq!(out, "");
}

#[test]
fn error_names_an_invalid_argument() {
    for (args, expected) in [
        (&["--trafic"][..], "unknown argument `--trafic`"),
        (&["--listen"], "--listen: a value is missing"),
        (&["--listen", "here"], "--listen: `here` is not an address"),
        (
            &["--seconds", "-1"],
            "--seconds: `-1` is not a whole number of seconds",
        ),
        (&["--seconds"], "--seconds: a value is missing"),
        (
            &["--drain", "soon"],
            "--drain: `soon` is not a number of seconds",
        ),
        (
            &["--management", "3000"],
            "--management: `3000` is not an address",
        ),
        (&[""], "unknown argument ``"),
    ] {
        let error = parse(args).expect_err(expected);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn argument_overrides_the_environment() {
    let env = |name: &str| match name {
        "SHOP_LISTEN" => Some("0.0.0.0:80".to_owned()),
        "SHOP_DRAIN" => Some("3".to_owned()),
        _ => None,
    };
    let options = Options::parse(["--drain".to_owned(), "0.5".to_owned()], env);
    let options = options.expect("the arguments are valid");
    assert_eq!(options.listen.to_string(), "0.0.0.0:80");
    assert_eq!(options.drain, Some(std::time::Duration::from_millis(500)));
    let error =
        Options::parse([], |_| Some("here".to_owned())).expect_err("the variable is invalid");
    assert!(
        error.starts_with("SHOP_LISTEN: `here` is not an address"),
        "{error}"
    );
}

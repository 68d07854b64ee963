//! The same server as `curl` measures it.

use std::collections::BTreeMap;
use std::time::Duration;

use gusset_client::{ClientTimer, Phase};
use tokio::process::Command;

use crate::support::{Resolver, Server, Time, Tls, client, get, send};

const DELAY: Duration = Duration::from_millis(200);

/// What the scheduler may add, on a busy machine.
const TOLERANCE: f64 = 0.15;

/// Returns what `curl -w` prints, or `None` without the program.
async fn curl(url: &str, resolve: &str, format: &str) -> Option<BTreeMap<String, f64>> {
    let mut command = Command::new("curl");
    command.args([
        "-sk",
        "-o",
        "/dev/null",
        "--resolve",
        resolve,
        "-w",
        format,
        url,
    ]);
    let output = match command.output().await {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: curl: {error}");
            return None;
        }
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    Some(
        lines
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect(),
    )
}

/// Compares one call of both. Returns the first time that differs, if there is one.
async fn difference() -> Option<String> {
    let tls = Tls::new();
    let slow = &[Phase::Tls, Phase::FirstByte, Phase::Download];
    let server = Server::new(&Time::Real(DELAY), slow);
    let address = server.start(Some(&tls)).await;
    let timer = ClientTimer::builder().build().unwrap();
    let client = client(&timer, Resolver::local(), tls.client);
    let timings = send(&client, &server, get("https", "shop.test", address)).await;
    assert!(timings.until(Phase::Tls) >= DELAY);
    let text = timings.to_string();
    let lines = text.lines().map(|line| line.split_once(": ").unwrap());
    let mut ours: BTreeMap<_, f64> = lines
        .map(|(name, it)| (name, it.parse().unwrap()))
        .collect();
    // curl has it since 8.10.
    ours.remove("time_posttransfer");
    let format = ours.keys().map(|name| format!("{name}: %{{{name}}}\n"));
    let url = format!("https://shop.test:{}/", address.port());
    let resolve = format!("shop.test:{}:127.0.0.1", address.port());
    let theirs = curl(&url, &resolve, &format.collect::<String>()).await?;
    assert_eq!(theirs.len(), ours.len(), "{theirs:?}");
    let mut both = theirs
        .iter()
        .map(|(name, theirs)| (name, theirs, ours[&**name]));
    let differs = |(_, theirs, ours): &(_, &f64, f64)| (*theirs - ours).abs() > TOLERANCE;
    let (name, theirs, ours) = both.find(differs)?;
    Some(format!("{name}: {theirs} by curl, {ours} here"))
}

#[tokio::test]
async fn curl_measures_the_same() {
    // Both have the clock of the machine, which may be busy with other tests.
    let mut found = None;
    for _ in 0..5 {
        found = difference().await;
        if found.is_none() {
            break;
        }
    }
    assert_eq!(found, None);
}

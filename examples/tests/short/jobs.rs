//! Processes without a server.

use std::process::Command;

use gusset_tests::programs::{Program, TempFolder, find};

use crate::collector::Collector;
use crate::running::{Running, command};

#[tokio::test]
async fn batch_is_exported_before_it_exits() {
    let collector = Collector::start().await;
    let mut batch = Running::start(collector.configure(&mut command("batch")));
    assert_eq!(
        batch.exit_code().await,
        Some(1),
        "some invoices were not sent"
    );

    assert_eq!(collector.span_names(), ["send_batch"; 3]);
    let metrics = collector.requests("/v1/metrics");
    let last = metrics.last().unwrap().to_string();
    assert!(last.contains(r#""invoices""#), "{last}");
    assert!(!collector.requests("/v1/logs").is_empty());
    let done = batch.entry("done").await;
    assert_eq!(done["failed"], 3);
}

#[tokio::test]
async fn batch_without_a_collector_ends() {
    let mut batch = Running::start(&mut command("batch"));
    assert_eq!(batch.exit_code().await, Some(1));
    batch.entry("done").await;
}

#[tokio::test]
async fn consumer_counts_messages_by_outcome() {
    let mut consumer = Running::start(&mut command("consumer"));
    assert_eq!(consumer.exit_code().await, Some(0));
    let page = consumer.process.stdout();
    for label in [
        r#"error_type="out_of_stock""#,
        r#"error_type="dead_lettered""#,
        r#"gusset_outcome="cancelled""#,
    ] {
        assert!(page.contains(label), "{label} in {page}");
    }
}

#[tokio::test]
async fn worker_puts_one_order_aside_and_replays_it_in_one_trace() {
    let mut worker = Running::start(command("worker").env("GUSSET_LOGS_FORMAT", "json"));
    assert_eq!(worker.exit_code().await, Some(0));
    let output = worker.process.stdout();
    assert!(output.contains("replayed: 1"), "{output}");
    for row in [
        r#"gusset_messaging_settlements_total{gusset_messaging_settlement="ack",messaging_destination_name="orders",messaging_system="memory"} 20"#,
        r#"{gusset_messaging_settlement="dead_letter",messaging_destination_name="orders",messaging_system="memory"} 1"#,
        r#"gusset_operation_outcomes_total{gusset_operation_name="reprice",gusset_outcome="server_error"} 3"#,
        r#"db_client_operation_duration_seconds_count{db_collection_name="orders",db_operation_name="INSERT",db_system_name="memory"} 20"#,
        r#"messaging_client_sent_messages_total{messaging_destination_name="orders",messaging_operation_name="send",messaging_system="memory"} 20"#,
        r#"gusset_job_overdue{gusset_job_name="count_stock"} 0"#,
    ] {
        assert!(output.contains(row), "{row} in {output}");
    }
    // The failures of one order, and the entry of its replay, have its trace.
    let entries = output.lines().filter_map(|line| {
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_failure = entry["message"] == "operation reprice server_error";
        is_failure.then(|| entry["trace_id"].as_str().unwrap().to_owned())
    });
    let traces: Vec<_> = entries.collect();
    assert_eq!(traces.len(), 3, "{output}");
    assert!(traces.iter().all(|trace| *trace == traces[0]), "{traces:?}");
}

#[tokio::test]
async fn worker_replays_what_an_earlier_run_has_left_on_a_broker() {
    let version = Command::new("nats-server").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI requires nats-server");
        println!("SKIPPED: nats-server is missing; `cargo xtask test` installs it");
        return;
    }
    let nats = Program::start("example-nats", 1, |addresses, folder| {
        let mut command = Command::new("nats-server");
        command.args(["--addr", "127.0.0.1", "--jetstream", "--store_dir"]);
        command.arg(folder.path());
        command.args(["--port", &addresses[0].port().to_string()]);
        command
    });
    let nats = nats.await;
    let url = format!("nats://{}", nats.addr(0));
    for (arguments, replayed, stored) in [
        (&["--leave"][..], "", 19),
        (&["--replay"], "replayed: 1", 1),
        (&["--replay"], "replayed: 0", 0),
    ] {
        let mut worker = Running::start(command("worker").args(["--broker", &url]).args(arguments));
        assert_eq!(worker.exit_code().await, Some(0));
        let output = worker.process.stdout();
        assert!(output.contains(replayed), "{replayed} in {output}");
        let row = r#"{gusset_messaging_settlement="ack",messaging_destination_name="orders",messaging_system="nats"}"#;
        assert!(
            output.contains(&format!("{row} {stored}")),
            "{stored} in {output}"
        );
    }
}

#[tokio::test]
async fn one_experiment_passes_and_one_stops_itself() {
    let mut chaos = Running::start(&mut command("chaos"));
    assert_eq!(chaos.exit_code().await, Some(0));
    let reports = chaos.process.stdout();
    let passed = "half of the calls of the stock service fail: passed";
    assert!(reports.starts_with(passed), "{reports}");
    assert!(reports.contains("100 pages"), "{reports}");
    let stopped = "the stock service is slow: stopped: objectives and ranges: ";
    assert!(reports.contains(stopped), "{reports}");
}

#[tokio::test]
async fn objectives_are_written_as_files() {
    let mut rules = Running::start(&mut command("objectives"));
    assert_eq!(rules.exit_code().await, Some(0));
    let printed = rules.process.stdout();
    assert!(printed.starts_with("groups:\n"), "{printed}");

    let folder = TempFolder::new("example-objectives");
    let mut files = Running::start(command("objectives").arg(folder.path()));
    assert_eq!(files.exit_code().await, Some(0));
    let file = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(file("rules.yaml"), printed);
    for name in ["dashboard-service.json", "runbook.md", "openslo.yaml"] {
        assert!(!file(name).is_empty(), "{name}");
    }
    let Some(program) = find("PROMTOOL", "promtool") else {
        return;
    };
    let mut promtool = Command::new(program);
    promtool.args(["check", "rules", "rules.yaml"]);
    let output = promtool.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

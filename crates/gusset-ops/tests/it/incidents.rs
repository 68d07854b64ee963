//! Incident reports on the page.

use std::time::Duration;

use gusset_data::ShowState as _;
use gusset_incident::{Directory, FlightRecorder, Incidents, Trigger};
use gusset_ops::Operations;
use http::{Request, StatusCode};
use tempfile::TempDir;

use crate::support::*;

/// Returns a page with one report, and the id of the report.
fn with_report() -> (Operations, String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::new(folder.path());
    let incidents = Incidents::builder("shop", FlightRecorder::builder().build().unwrap())
        .limit(Trigger::Manual, 10, Duration::from_secs(60))
        .destination(directory.clone())
        .start()
        .unwrap();
    let id = incidents
        .capture(Trigger::Manual, "an operator")
        .unwrap()
        .id;
    let state = move || incidents.show_state();
    let operations = Operations::builder("shop").incidents(directory, state);
    let operations = operations.token(token());
    let operations = operations.task("capture-incident", || async {
        Ok::<_, std::fmt::Error>(())
    });
    (operations.build().unwrap(), id, folder)
}

fn read(target: &str) -> http::request::Builder {
    Request::get(target).header("authorization", format!("Bearer {TOKEN}"))
}

#[tokio::test]
async fn reports_are_listed_with_their_counts() {
    let (operations, id, _folder) = with_report();
    let answer = answer(&operations, read("/ops/api/incidents")).await;
    let section: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(section["captured"]["manual"], 1);
    assert_eq!(section["reports"][0]["report"], *id);
    assert!(section["reports"][0]["bytes"].as_u64().unwrap() > 100);
}

#[tokio::test]
async fn report_is_opened_in_both_formats() {
    let (operations, id, _folder) = with_report();
    let get = async |format: &str| {
        answer(
            &operations,
            read(&format!("/ops/incidents?id={id}&format={format}")),
        )
        .await
    };
    let markdown = get("md").await;
    assert_eq!(
        markdown.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert!(
        markdown.body().contains("an operator"),
        "{}",
        markdown.body()
    );
    let json: serde_json::Value = serde_json::from_str(get("json").await.body()).unwrap();
    assert_eq!(json["id"], *id);
}

#[tokio::test]
async fn only_reports_of_the_folder_are_opened() {
    let (operations, id, folder) = with_report();
    std::fs::write(folder.path().join("secret.json"), "{}").unwrap();
    for target in ["../secret", "/etc/passwd", "secret", &format!("../{id}")] {
        let target = format!("/ops/incidents?id={target}&format=json");
        let status = answer(&operations, read(&target)).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{target}");
    }
    let without = Request::get(format!("/ops/incidents?id={id}"));
    let status = answer(&operations, without).await.status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn page_links_to_each_report_and_captures_one() {
    let (operations, id, _folder) = with_report();
    let page = answer(&operations, read("/ops").header("accept", "text/html")).await;
    let link = format!("href=\"ops/incidents?id={id}&amp;format=md\"");
    assert!(page.body().contains(&link), "{link}");
    assert!(page.body().contains("data-task=\"capture-incident\""));
}

#[tokio::test]
async fn folder_that_does_not_exist_has_no_reports() {
    let directory = Directory::new("/nowhere/incidents");
    let operations = Operations::builder("shop");
    let operations = operations.incidents(directory, || gusset_data::StateTree::Unknown);
    let text = operations.build().unwrap().to_text();
    assert!(text.contains("reports: none"), "{text}");
}

//! The generated files as endpoints.

use gusset_http::{Mount, Reach, RequestHead, Routes};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;

use crate::shop::levels;

fn answer(method: Method, path: &str) -> http::Response<String> {
    let routes = levels()
        .endpoints()
        .mount(Routes::new(), Reach::Network)
        .unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .unwrap();
    let response = routes.answer(RequestHead::from(&request)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (parts, body) = response.await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        http::Response::from_parts(parts, String::from_utf8(bytes.to_vec()).unwrap())
    })
}

#[test]
fn every_file_is_served() {
    let list = answer(Method::GET, "/slo").into_body();
    let files = levels().files();
    assert_eq!(list.lines().count(), files.len());
    for file in files {
        let path = format!("/slo/{}", file.name());
        assert!(list.lines().any(|line| line == path), "{list}");
        let response = answer(Method::GET, &path);
        assert_eq!(response.headers()["content-type"], file.content_type());
        assert_eq!(response.body(), file.content());
    }
}

#[test]
fn files_cannot_be_changed() {
    let response = answer(Method::POST, "/slo/rules.yaml");
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

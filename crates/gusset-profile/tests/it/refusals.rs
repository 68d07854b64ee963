//! Requests that get no profile.

use gusset_profile::ProfileEndpoints;
use http::{Method, Request, StatusCode};

use crate::{TOKEN, answer, get, routes, text, with_token};

const PATHS: [&str; 2] = ["/debug/pprof/profile", "/debug/pprof/heap"];

fn request(method: Method, target: &str, authorization: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(target);
    let request = request.header("authorization", authorization);
    request.body(()).unwrap()
}

#[tokio::test]
async fn request_without_the_token_is_refused() {
    let routes = with_token();
    for path in PATHS {
        for authorization in ["", "Bearer", "Bearer correct-horse", "Basic Zm9vOmJhcg=="] {
            let response = answer(&routes, &request(Method::GET, path, authorization)).await;
            assert_eq!(
                response.status(),
                StatusCode::UNAUTHORIZED,
                "{authorization}"
            );
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
        }
    }
}

#[tokio::test]
async fn every_request_is_refused_without_a_configured_token() {
    let routes = routes(ProfileEndpoints::builder());
    for path in PATHS {
        let (status, reason) = text(get(&routes, path)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(reason, "profiles need a token, and none is configured\n");
    }
}

#[tokio::test]
async fn other_methods_take_no_profile() {
    let routes = with_token();
    for method in [Method::HEAD, Method::POST, Method::PUT] {
        let request = request(method, PATHS[0], &format!("Bearer {TOKEN}"));
        let response = answer(&routes, &request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET");
    }
}

#[tokio::test]
async fn longer_profile_than_the_limit_is_refused() {
    let builder = ProfileEndpoints::builder().token(TOKEN);
    let routes = routes(builder.max_duration(std::time::Duration::from_secs(3)));
    let (status, reason) = text(get(&routes, "/debug/pprof/profile?seconds=4")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(reason, "`seconds`: not a whole number from 1 to 3\n");
}

#[cfg(not(feature = "cpu"))]
#[tokio::test]
async fn path_without_its_feature_names_it() {
    let (status, reason) = text(get(&with_token(), "/debug/pprof/profile")).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(reason.contains("feature `cpu`"), "{reason}");
}

#[test]
fn invalid_settings_are_named() {
    for (builder, error) in [
        (
            ProfileEndpoints::builder().token("short"),
            "`token`: shorter than 16 characters",
        ),
        (
            ProfileEndpoints::builder().max_duration(std::time::Duration::from_millis(999)),
            "`max_duration`: 999ms is shorter than 1 s",
        ),
        (
            ProfileEndpoints::builder().frequency(1001),
            "`frequency`: 1001 is not from 1 to 1000 samples a second",
        ),
    ] {
        assert_eq!(builder.build().unwrap_err().to_string(), error);
    }
}

#[test]
fn debug_does_not_show_the_token() {
    let builder = ProfileEndpoints::builder().token(TOKEN);
    assert!(!format!("{builder:?}").contains(TOKEN));
    let profiles = builder.build().unwrap();
    let debug = format!("{profiles:?}");
    assert!(
        debug.contains("has_token: true") && !debug.contains(TOKEN),
        "{debug}"
    );
}

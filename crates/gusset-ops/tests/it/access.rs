//! Who may see the page.

use gusset_http::Reach;
use gusset_ops::Operations;
use http::{Request, StatusCode};

use crate::support::*;

fn page() -> http::request::Builder {
    Request::get("/ops").header("accept", "text/html")
}

async fn status(operations: &Operations, request: http::request::Builder) -> StatusCode {
    answer(operations, request).await.status()
}

#[tokio::test]
async fn website_cannot_read_a_page_without_token() {
    let operations = builder().build().unwrap();
    let rebound = page().header("host", "evil.example");
    assert_eq!(status(&operations, rebound).await, StatusCode::FORBIDDEN);
    let of_script = page().header("host", "localhost:9464");
    let of_script = of_script.header("origin", "https://evil.example");
    assert_eq!(status(&operations, of_script).await, StatusCode::FORBIDDEN);
    let own = page().header("host", "localhost:9464");
    assert_eq!(status(&operations, own).await, StatusCode::OK);
}

#[tokio::test]
async fn page_with_token_has_a_field_for_it_and_shows_nothing() {
    let operations = builder().token(token()).build().unwrap();
    let refused = answer(&operations, page().header("host", "shop.example")).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    assert!(refused.body().contains("id=\"token\"") && !refused.body().contains("<section"));
    let allowed = page().header("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(status(&operations, allowed).await, StatusCode::OK);
    let data = Request::get("/ops/api").header("host", "localhost");
    assert_eq!(status(&operations, data).await, StatusCode::UNAUTHORIZED);
}

#[test]
fn page_without_token_is_not_on_the_network() {
    let paths = |operations: Operations| {
        let routes = routes(&operations, Reach::Network);
        routes.paths().count()
    };
    assert_eq!(paths(builder().build().unwrap()), 0);
    assert!(paths(builder().token(token()).build().unwrap()) > 3);
}

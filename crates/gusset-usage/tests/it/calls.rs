//! Pages, calls under way and bots.

use std::sync::Arc;

use gusset_http::RequestOptions;
use gusset_usage::PageUsage;

use crate::support::{BROWSER, HOUR, MINUTE, Scene, client, request, scene};

fn pages(scene: &Scene) -> Vec<(String, u64, u64)> {
    let pages = scene.usage.report().pages;
    let of = |page: PageUsage| (page.page.to_string(), page.last_hour, page.last_day);
    pages.into_iter().map(of).collect()
}

fn page(name: &str, last_hour: u64, last_day: u64) -> (String, u64, u64) {
    (name.to_owned(), last_hour, last_day)
}

#[test]
fn most_used_pages_are_first() {
    let scene = scene();
    for _ in 0..3 {
        scene.visit(client(1), "/items/{id}");
    }
    scene.visit(client(1), "/basket");
    scene.call(request(client(1), Some(BROWSER), None));
    assert_eq!(
        pages(&scene),
        [page("/items/{id}", 3, 3), page("/basket", 1, 1)]
    );
    assert_eq!(
        scene.usage.report().last_hour.calls,
        5,
        "also without a page"
    );
}

#[test]
fn hour_and_day_slide() {
    let scene = scene();
    for _ in 0..26 {
        scene.visit(client(1), "/");
        scene.time.advance(HOUR);
    }
    // At 26 h: the calls of 25 h (one hour ago) and of 2 h to 25 h.
    assert_eq!(pages(&scene), [page("/", 1, 24)]);
    scene.time.advance(10 * MINUTE);
    assert_eq!(pages(&scene), [page("/", 0, 24)]);
    scene.time.advance(4 * HOUR);
    assert_eq!(pages(&scene), [page("/", 0, 20)]);
    scene.time.advance(30 * 24 * HOUR);
    assert_eq!(pages(&scene), []);
    scene.visit(client(1), "/");
    assert_eq!(pages(&scene), [page("/", 1, 1)]);
}

#[test]
fn route_of_the_response_has_precedence() {
    let scene = scene();
    let mut req = request(client(1), Some(BROWSER), Some("/{*path}"));
    *req.uri_mut() = "/late/7".parse().unwrap();
    scene.call(req);
    assert_eq!(pages(&scene), [page("/late/{id}", 1, 1)]);
}

#[test]
fn pages_over_the_limit_are_one() {
    let scene = Scene::new(|usage| usage.max_pages(2));
    for route in ["/a", "/b", "/c", "/d", "/a"] {
        scene.visit(client(1), route);
    }
    let expected = [page("/a", 2, 2), page("_OTHER", 2, 2), page("/b", 1, 1)];
    assert_eq!(pages(&scene), expected);
}

#[test]
fn calls_under_way_are_counted_until_they_end() {
    let scene = scene();
    let under_way = || scene.usage.report().calls_under_way;
    let calls = [scene.start(), scene.start()];
    assert_eq!(under_way(), 2);
    drop(calls);
    assert_eq!(under_way(), 0);
}

#[test]
fn bots_are_counted_apart_and_are_no_visitors() {
    let scene = Scene::new(|usage| usage.bot("Acme-Monitor"));
    for agent in ["curl/8.5.0", "acme-monitor 7", "Mozilla/5.0 Googlebot/2.1"] {
        scene.call(request(client(1), Some(agent), Some("/")));
    }
    scene.call(request(client(2), None, Some("/")));
    scene.visit(client(3), "/");
    let report = scene.usage.report();
    assert_eq!((report.last_day.calls, report.last_day.bot_calls), (1, 4));
    assert_eq!(report.last_day.visitors, 1);
    assert_eq!(
        (report.pages[0].last_day, report.pages[0].bots_last_day),
        (1, 4)
    );
}

#[test]
fn default_rules_can_be_left_out() {
    let scene = Scene::new(|usage| usage.bot("acme").without_default_bots());
    scene.call(request(client(1), Some("curl/8.5.0"), Some("/")));
    scene.call(request(client(1), Some("acme"), Some("/")));
    let day = scene.usage.report().last_day;
    assert_eq!((day.calls, day.bot_calls), (1, 1));
}

#[test]
fn route_is_that_of_the_options() {
    let scene = scene();
    let options = RequestOptions::default().with_route(|_| Some("/files/{*path}"));
    let observer = scene
        .usage
        .observer()
        .with_request_options(Arc::new(options));
    gusset_testkit::contract::every_end_is_received(observer);
    let report = scene.usage.report();
    assert!(
        report
            .pages
            .iter()
            .any(|page| page.page == "/files/{*path}")
    );
}

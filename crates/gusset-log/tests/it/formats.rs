//! Snapshots of complete entries in each format.

use gusset_data::Resource;
use gusset_http::{PeerAddr, Route};
use gusset_log::{AccessLog, Format};
use http::{Request, Response};
use tracing::{error, info, info_span};

use crate::support::*;

pub(crate) fn request() -> Request<()> {
    let mut request = get("/items/42?token=secret");
    let headers = request.headers_mut();
    headers.insert("user-agent", "curl/8 \"quoted\"".parse().unwrap());
    headers.insert(
        "referer",
        "https://a.example/list?secret=1".parse().unwrap(),
    );
    request.extensions_mut().insert(Route::new("/items/{id}"));
    request
        .extensions_mut()
        .insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
    request
}

/// Logs two entries inside a request, its access log entry and one entry outside of it.
pub(crate) fn sample(format: Format) -> Vec<String> {
    let resource = Resource::new()
        .with("service.name", "shop")
        .with("service.version", "1.2.3")
        .with("deployment.environment.name", "production");
    logged(builder(format).resource(resource), || {
        let log = AccessLog::server().referer().build_with(no_env).unwrap();
        call(log, request(), |_| {
            info_span!("checkout", cart = "c-17", items = 3).in_scope(|| {
                info!(user.id = 7_u64, total = 12.5, fast = true, "paid\nby card");
            });
            error!(password = "hunter2", error = %std::io::Error::other("no \u{1b}[31mdisk"), "lost");
            Response::new("hello")
        });
        info!(level = "mine", "outside");
    })
}

macro_rules! snapshots {
    ($($test:ident: $format:expr;)*) => {
        $(#[test]
        fn $test() {
            // The source location changes with every edit of this file.
            let line = regex_lite::Regex::new(r#"("log.origin.file.line":|"line":")\d+"#).unwrap();
            let text = sample($format).join("\n");
            insta::assert_snapshot!(stringify!($test), line.replace_all(&text, "${1}0"));
        })*
    };
}

snapshots! {
    json: Format::Json;
    ecs: Format::Ecs;
    google_cloud: Format::google_cloud("my-project");
    datadog: Format::Datadog;
    emf: Format::emf("shop");
    logfmt: Format::Logfmt;
    common: Format::Common;
    combined: Format::Combined;
    pretty: Format::pretty(false);
    pretty_full: Format::pretty_full(false);
}

#[test]
fn colours_change_nothing_else() {
    let colourful = sample(Format::pretty(true)).join("\n");
    let plain = sample(Format::pretty(false)).join("\n");
    assert!(colourful.contains("\u{1b}[31m ERROR "));
    let mut stripped = String::new();
    for part in colourful.split("\u{1b}[") {
        stripped += part
            .split_once('m')
            .filter(|(code, _)| code.len() <= 2)
            .map_or(part, |(_, rest)| rest);
    }
    assert_eq!(stripped, plain);
}

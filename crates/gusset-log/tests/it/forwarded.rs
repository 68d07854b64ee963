//! A request that a service forwards with its extensions.

use gusset_http::RequestBodyProgress;
use gusset_log::AccessLog;
use http::Response;

use crate::support::*;

#[test]
fn client_does_not_log_what_the_server_has_read() {
    let size = "http.request.body.size";
    let mut request = get("http://stock.internal/a");
    request
        .extensions_mut()
        .insert(RequestBodyProgress::default());
    let client = |request| {
        let log = AccessLog::client().build_with(no_env).unwrap();
        json(|| call_as_client(log, request, |_| Response::new("a")))
    };
    assert_eq!(client(request.clone())[size], 0, "of its own layer");

    request
        .extensions_mut()
        .insert(RequestBodyProgress::default());
    let log = AccessLog::server().build_with(no_env).unwrap();
    let server = json(|| call(log, request.clone(), |_| Response::new("a")));
    assert_eq!(server[size], 0);
    assert!(client(request)[size].is_null());
}

//! What the fuzz targets share.

use std::fmt::Display;

use http::{HeaderMap, HeaderName, HeaderValue};
use tower_service::Service;

/// A secret that no output may contain.
pub const SECRET: &str = "hunter2hunter2";

/// Returns headers with a name of `names` and a value each. Skips values that HTTP cannot carry.
pub fn headers<'a>(
    names: &[&'static str],
    fields: impl IntoIterator<Item = &'a (u8, Vec<u8>)>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = names[usize::from(*name) % names.len()];
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// Calls a service that is always ready.
pub fn call<S: Service<R>, R>(service: &mut S, request: R) -> S::Response
where
    S::Error: Display,
{
    match futures_executor::block_on(service.call(request)) {
        Ok(response) => response,
        Err(error) => panic!("the service failed: {error}"),
    }
}

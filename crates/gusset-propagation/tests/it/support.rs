//! Headers for the tests.

use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn headers(fields: Fields<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

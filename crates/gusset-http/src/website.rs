//! Requests that a browser may have sent for a website.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};

use crate::RequestHead;

impl RequestHead<'_> {
    /// Returns whether a browser may have sent the request for a website that another host serves.
    ///
    /// It has an `Origin`, or its host is neither an IP address nor `localhost`: a name that is made to resolve to this
    /// machine (DNS rebinding). An endpoint on the loopback interface without a token refuses such requests.
    ///
    /// ```
    /// use gusset_http::RequestHead;
    /// use http::Request;
    ///
    /// let of = |name, value| Request::get("/").header(name, value).body(()).expect("a request");
    /// let terminal = of("host", "127.0.0.1:9464");
    /// assert!(!RequestHead::from(&terminal).may_be_of_website());
    /// let rebound = of("host", "evil.example");
    /// assert!(RequestHead::from(&rebound).may_be_of_website());
    /// ```
    pub fn may_be_of_website(self) -> bool {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| self.uri.host()).unwrap_or_default();
        let authority = host.parse::<http::uri::Authority>();
        let is_local = authority.is_ok_and(|authority| {
            let host = authority.host().trim_matches(['[', ']']);
            host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok()
        });
        !is_local || self.headers.contains_key(ORIGIN)
    }
}

//! The last calls of a client.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use gusset_core::StaticStr;
use http::{Method, StatusCode, Uri, Version};

use crate::Timings;

/// A call that has ended, without its headers, its bodies and its query.
///
/// Kept if [`keep_recent`](crate::ClientTimerBuilder::keep_recent) is set. [`ClientTimer::har`](crate::ClientTimer::har)
/// has them as a file for the developer tools of browsers.
///
/// ```
/// use gusset_client::ClientTimer;
///
/// # fn main() -> Result<(), gusset_client::ConfigError> {
/// let timer = ClientTimer::builder().keep_recent(50).build()?;
/// for call in timer.recent_calls() {
///     println!("{} {} {:?}\n{}", call.method(), call.url(), call.status(), call.timings());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RecentCall {
    started: SystemTime,
    method: Method,
    url: String,
    response: Option<(StatusCode, Version)>,
    error: Option<StaticStr>,
    timings: Timings,
}

/// The last calls, at most `limit`.
#[derive(Debug)]
pub(crate) struct RecentCalls {
    limit: usize,
    calls: Mutex<VecDeque<RecentCall>>,
}

/// What is kept of a request until the call ends.
#[derive(Debug)]
pub(crate) struct Sent {
    started: SystemTime,
    method: Method,
    uri: Uri,
}

// === impl RecentCall ===

impl RecentCall {
    /// Returns when the call started.
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URL, without user information and query, which may hold secrets.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the status. `None` without a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.map(|(status, _)| status)
    }

    /// Returns the version of HTTP of the response. `None` without one.
    pub fn version(&self) -> Option<Version> {
        self.response.map(|(_, version)| version)
    }

    /// Returns the `error.type` of a call that failed or was cancelled.
    pub fn error_type(&self) -> Option<&'static str> {
        self.error.map(StaticStr::as_str)
    }

    /// Returns the times.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }
}

// === impl RecentCalls ===

impl RecentCalls {
    /// Creates the list. `None` without a limit.
    pub(crate) fn new(limit: usize) -> Option<Self> {
        (limit > 0).then(|| Self {
            limit,
            calls: Mutex::default(),
        })
    }

    pub(crate) fn get(&self) -> Vec<RecentCall> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn add(
        &self,
        sent: &Sent,
        response: Option<(StatusCode, Version)>,
        error: Option<StaticStr>,
        timings: Timings,
    ) {
        let call = RecentCall {
            started: sent.started,
            method: sent.method.clone(),
            url: url(&sent.uri),
            response,
            error,
            timings,
        };
        let mut calls = self.lock();
        if calls.len() >= self.limit {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// Ignores poison: no change can be interrupted by a panic.
    fn lock(&self) -> MutexGuard<'_, VecDeque<RecentCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sent ===

impl Sent {
    #[cold]
    #[allow(
        clippy::disallowed_methods,
        reason = "the time of day, which the monotonic clock of the timer does not have"
    )]
    pub(crate) fn new(method: &Method, uri: &Uri) -> Box<Self> {
        Box::new(Self {
            started: SystemTime::now(),
            method: method.clone(),
            uri: uri.clone(),
        })
    }
}

fn url(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let port = uri.port().map(|port| format!(":{port}"));
    let host = uri.host().unwrap_or_default();
    format!(
        "{scheme}://{host}{}{}",
        port.unwrap_or_default(),
        uri.path()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_has_no_user_information_and_no_query() {
        let uri = Uri::from_static("https://ada:secret@[::1]:8443/orders/7?token=secret");
        assert_eq!(url(&uri), "https://[::1]:8443/orders/7");
        assert_eq!(url(&Uri::from_static("http://orders")), "http://orders/");
    }

    #[test]
    fn oldest_call_makes_room() {
        let calls = RecentCalls::new(2).expect("the limit is not zero");
        for path in ["/1", "/2", "/3"] {
            let sent = Sent::new(&Method::GET, &Uri::from_static(path));
            calls.add(&sent, None, None, Timings::new(true));
        }
        let urls: Vec<_> = calls.get().into_iter().map(|call| call.url).collect();
        assert_eq!(urls, ["http:///2", "http:///3"]);
        assert!(RecentCalls::new(0).is_none());
    }
}

//! Which clients are bots.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use foldhash::fast::RandomState;
use gusset_core::ConfigError;
use http::HeaderMap;
use http::header::USER_AGENT;

/// The rules by which bots are distinguished, and their results for the clients of late.
///
/// The rules are read once for each `User-Agent`. A table keeps the verdicts, so a call costs a hash of the header.
#[derive(Debug)]
pub(crate) struct Bots {
    rules: Box<[Box<str>]>,
    verdicts: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// The parts of a `User-Agent` header by which a client is a bot, without regard to case. A service adds its own
/// ([`UsageBuilder::bot`](crate::UsageBuilder::bot)).
///
/// Crawlers name themselves `…bot/1.0` by custom, or have an address of a page about them (`+http`). Tools and
/// libraries have the product token of RFC 9110, section 10.1.5. `bot` alone would match phones named CUBOT.
///
/// ```
/// assert!(gusset_usage::BOTS.contains(&"curl/"));
/// ```
pub const BOTS: &[&str] = &[
    "+http",
    "bot/",
    "bot;",
    "bot)",
    "crawl",
    "spider",
    "slurp",
    "headlesschrome",
    "lighthouse",
    "facebookexternalhit",
    "curl/",
    "wget/",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "libwww-perl",
    "node-fetch",
    "axios/",
    "reqwest/",
    "hyper/",
    "postmanruntime",
    "grpc",
    "tonic/",
    "kube-probe",
    "elb-healthchecker",
    "googlehc/",
    "prometheus/",
    "blackbox",
    "uptime",
    "pingdom",
    "statuscake",
];

/// What is read of a header.
const MAX_BYTES: usize = 256;
const VERDICTS: usize = 1 << 10;
/// The bit of a verdict; the others are of the hash.
const IS_BOT: u64 = 1;

// === impl Bots ===

impl Bots {
    pub(crate) fn new(rules: Vec<Box<str>>) -> Result<Self, ConfigError> {
        if rules.iter().any(|rule| rule.is_empty()) {
            return Err(ConfigError::new(
                "bot",
                "is empty, so all clients would be bots",
            ));
        }
        let lower = |rule: Box<str>| rule.to_ascii_lowercase().into();
        Ok(Self {
            rules: rules.into_iter().map(lower).collect(),
            verdicts: std::iter::repeat_with(AtomicU64::default)
                .take(VERDICTS)
                .collect(),
            hasher: RandomState::default(),
        })
    }

    /// Returns whether a request is one of a bot: by its `User-Agent`, or because it has none.
    #[inline]
    pub(crate) fn is_bot(&self, headers: &HeaderMap) -> bool {
        let Some(agent) = headers.get(USER_AGENT) else {
            return true;
        };
        let agent = agent.as_bytes();
        let agent = &agent[..agent.len().min(MAX_BYTES)];
        let hash = self.hasher.hash_one(agent);
        let verdict = &self.verdicts[(hash >> 32) as usize % VERDICTS];
        let known = verdict.load(Relaxed);
        if (known ^ hash) & !IS_BOT == 0 {
            return known & IS_BOT != 0;
        }
        let is_bot = self.matches(agent);
        verdict.store(hash & !IS_BOT | u64::from(is_bot), Relaxed);
        is_bot
    }

    #[cold]
    #[inline(never)]
    fn matches(&self, agent: &[u8]) -> bool {
        let mut lower = [0; MAX_BYTES];
        let lower = &mut lower[..agent.len()];
        lower.copy_from_slice(agent);
        lower.make_ascii_lowercase();
        let contains = |rule: &str| {
            let mut parts = lower.windows(rule.len());
            parts.any(|part| part == rule.as_bytes())
        };
        self.rules.iter().any(|rule| contains(rule))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn bots() -> Bots {
        Bots::new(BOTS.iter().map(|rule| (*rule).into()).collect()).unwrap()
    }

    fn headers(agent: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        headers
    }

    #[test]
    fn bots_are_distinguished_from_browsers() {
        let bots = bots();
        for bot in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0 Safari/537.36",
            "facebookexternalhit/1.1",
            "curl/8.5.0",
            "python-requests/2.32.0",
            "Go-http-client/2.0",
            "kube-probe/1.31",
            "Prometheus/3.0.0",
            "grpc-rust/1.0 tonic/0.14",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
        ] {
            for _ in 0..2 {
                assert!(bots.is_bot(&headers(bot)), "{bot}");
            }
        }
        for person in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36",
        ] {
            for _ in 0..2 {
                assert!(!bots.is_bot(&headers(person)), "{person}");
            }
        }
        assert!(bots.is_bot(&HeaderMap::new()), "browsers name themselves");
    }

    #[test]
    fn rest_of_a_long_header_is_not_read() {
        let mut headers = HeaderMap::new();
        let long = format!("Mozilla/5.0 {} curl/8", "x".repeat(300));
        headers.insert(USER_AGENT, HeaderValue::from_str(&long).unwrap());
        assert!(!bots().is_bot(&headers));
    }

    #[test]
    fn empty_rule_is_an_error() {
        let error = Bots::new(vec!["".into()]).unwrap_err();
        assert_eq!(error.setting(), "bot");
    }
}

//! By what a visitor is recognised.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use gusset_core::PanicCounter;
use gusset_http::RequestAttributes;

/// The source of the keys of visitors.
#[derive(Clone)]
pub(crate) enum VisitorKey {
    /// The address of the client.
    Address,
    /// A function of the service.
    Function(Arc<KeyFn>),
}

/// A function of the service. Its panics are contained and counted.
type KeyFn = dyn for<'a> Fn(RequestAttributes<'a>) -> Option<Cow<'a, [u8]>> + Send + Sync;

/// The key of a visitor during a call.
pub(super) enum Key<'a> {
    Address([u8; 8]),
    Bytes(Cow<'a, [u8]>),
}

static PANICS: PanicCounter = PanicCounter::new();

/// Returns how often functions for the keys of visitors
/// ([`UsageBuilder::visitor_key`](crate::UsageBuilder::visitor_key)) have panicked in this process. The calls were served
/// and counted, without a visitor, and the first panic was logged.
///
/// ```
/// assert_eq!(gusset_usage::visitor_key_panics(), 0);
/// ```
pub fn visitor_key_panics() -> u64 {
    PANICS.count()
}

fn report_panic() {
    tracing::error!(
        target: "gusset::usage",
        "a function for the key of a visitor panicked; the call has no visitor, and further panics are counted and not \
         logged"
    );
}

// === impl VisitorKey ===

impl VisitorKey {
    #[inline]
    pub(super) fn for_call<'a>(&self, req: RequestAttributes<'a>) -> Option<Key<'a>> {
        match self {
            Self::Address => Some(Key::Address(address_key(req.client_address()?))),
            Self::Function(function) => call(&**function, req).map(Key::Bytes),
        }
    }
}

impl fmt::Debug for VisitorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "Address",
            Self::Function(_) => "Function",
        })
    }
}

// Not inlined, so that requests pay only for the check where no function is set.
#[inline(never)]
fn call<'a>(function: &KeyFn, req: RequestAttributes<'a>) -> Option<Cow<'a, [u8]>> {
    PANICS.catch(|| function(req), report_panic).flatten()
}

/// Returns an IPv4 address, or the first 64 bits of an IPv6 address: that is one subnet (RFC 4291, section 2.5.4), in
/// which a client may have any number of addresses and changes them daily (RFC 8981).
#[inline]
pub(crate) fn address_key(address: IpAddr) -> [u8; 8] {
    let mut key = [0; 8];
    match address {
        // No subnet begins with 32 zeros, but for loopback and mapped addresses.
        IpAddr::V4(address) => key[4..].copy_from_slice(&address.octets()),
        IpAddr::V6(address) => key.copy_from_slice(&address.octets()[..8]),
    }
    key
}

// === impl Key ===

impl Key<'_> {
    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Address(bytes) => bytes,
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str) -> [u8; 8] {
        address_key(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_subnet_are_one_visitor() {
        assert_ne!(key("192.0.2.7"), key("192.0.2.8"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("::1"), key("127.0.0.1"));
    }
}

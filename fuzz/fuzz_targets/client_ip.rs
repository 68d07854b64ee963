//! The client's address behind proxies: a client cannot forge it.
#![no_main]

use std::net::IpAddr;
use std::num::NonZeroUsize;

use gusset_fuzz::headers;
use gusset_http::{PeerAddr, RequestHead, TrustedProxies};
use http::{HeaderMap, HeaderValue, Request};
use libfuzzer_sys::{arbitrary, fuzz_target};

const NAMES: &[&str] = &["x-forwarded-for", "forwarded"];

#[derive(Debug, arbitrary::Arbitrary)]
struct Input {
    fields: Vec<(u8, Vec<u8>)>,
    forged: Vec<u8>,
    peer: Option<IpAddr>,
    hops: u8,
    ranges: Vec<String>,
}

fuzz_target!(|input: Input| {
    let mut request = Request::new(());
    *request.headers_mut() = headers(NAMES, &input.fields);
    if let Some(peer) = input.peer {
        request.extensions_mut().insert(PeerAddr((peer, 80).into()));
    }

    let hops = NonZeroUsize::MIN.saturating_add(input.hops.into());
    let hops = TrustedProxies::hops(hops);
    check(&hops, request.clone(), &input.forged);

    let ranges: Vec<&str> = input.ranges.iter().map(String::as_str).collect();
    for ranges in [
        &ranges[..],
        &["10.0.0.0/8", "fd00::/8"],
        &["0.0.0.0/0", "::/0"],
        &[],
    ] {
        let Ok(proxies) = TrustedProxies::cidrs(ranges) else {
            continue;
        };
        let client = check(&proxies, request.clone(), &input.forged);
        if input.peer.is_none() {
            assert_eq!(client, None);
        }
        if ranges.is_empty() {
            assert_eq!(client, input.peer.map(|peer| peer.to_canonical()));
        }
    }
});

/// Checks that entries which the client adds on the left do not change its address.
fn check(proxies: &TrustedProxies, mut request: Request<()>, forged: &[u8]) -> Option<IpAddr> {
    let client = proxies.client_ip(RequestHead::from(&request));
    assert!(client.is_none_or(|client| client == client.to_canonical()));
    let address = client?;
    // The leftmost address can be that of a proxy itself, so what is on its left is believed.
    let is_proxy = {
        let mut alone = Request::new(());
        alone
            .extensions_mut()
            .insert(PeerAddr((address, 80).into()));
        let forged = HeaderValue::from_static("192.0.2.99");
        alone.headers_mut().insert("x-forwarded-for", forged);
        proxies.client_ip(RequestHead::from(&alone)) != Some(address)
    };
    if !is_proxy || request.extensions().get::<PeerAddr>().is_none() {
        prepend(request.headers_mut(), forged);
        assert_eq!(proxies.client_ip(RequestHead::from(&request)), client);
    }
    client
}

fn prepend(headers: &mut HeaderMap, forged: &[u8]) {
    let Ok(forged) = HeaderValue::from_bytes(forged) else {
        return;
    };
    for name in NAMES {
        let known: Vec<HeaderValue> = headers.get_all(*name).iter().cloned().collect();
        // A client that sends the other header instead is the proxies' concern.
        if !known.is_empty() {
            headers.insert(*name, forged.clone());
            for value in known {
                headers.append(*name, value);
            }
        }
    }
}

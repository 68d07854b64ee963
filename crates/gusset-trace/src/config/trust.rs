//! The trust in the trace context of received requests.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use gusset_http::{PeerAddr, RequestHead, RequestOptions};
use gusset_propagation::{Baggage, PropagationContext, SpanContext};
use http::{HeaderMap, HeaderValue};

/// What a server does with the trace context of a request that no trusted proxy sent.
///
/// Context from the trusted proxies of the request options is always continued. Trusted by number,
/// every request comes from one. Trusted by range, the peer address decides, and a request without a
/// [`PeerAddr`](gusset_http::PeerAddr) is not trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceTrust {
    /// Continues the trace, with its sampling decision and its baggage. The default.
    #[default]
    Continue,
    /// Continues the trace and its baggage. The sampler decides as for a trace that begins here.
    OwnSampling,
    /// Starts a new trace, whose span has a link to the client's span. Drops the baggage.
    NewTrace,
}

/// What is left of a trace context that is not trusted.
#[derive(Default)]
pub(crate) struct Distrusted {
    /// The span of the client, which is linked and is not the parent.
    pub(crate) link: Option<SpanContext>,
    /// Whether the sampling decision of the parent is ignored.
    pub(crate) own_sampling: bool,
}

/// The dummy address of RFC 7600, which no packet has as its source.
const PROBE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 0, 8));
const MAX_HOPS: usize = 64;

/// Headers of a request that passed more proxies than any service trusts.
static PROBE_HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
    let nodes = vec![PROBE.to_string(); MAX_HOPS].join(", ");
    let value = HeaderValue::try_from(nodes).ok();
    let field = |value| (http::HeaderName::from_static("x-forwarded-for"), value);
    value.map(field).into_iter().collect()
});

// === impl TraceTrust ===

impl TraceTrust {
    /// Removes from the context of a request what is not trusted.
    pub(crate) fn apply(
        self,
        req: RequestHead<'_>,
        options: &RequestOptions,
        context: &mut PropagationContext,
    ) -> Distrusted {
        if self == Self::Continue || is_from_proxy(req, options) {
            return Distrusted::default();
        }
        context.sampling_request = None;
        if self == Self::OwnSampling {
            return Distrusted {
                link: None,
                own_sampling: true,
            };
        }
        context.baggage = Baggage::new();
        Distrusted {
            link: context.span_context.take(),
            own_sampling: true,
        }
    }
}

/// Returns whether a trusted proxy sent a request: whether the options look behind its peer.
fn is_from_proxy(req: RequestHead<'_>, options: &RequestOptions) -> bool {
    let Some(proxies) = options.trusted_proxies() else {
        return false;
    };
    let mut probe = req;
    probe.headers = &PROBE_HEADERS;
    let peer = PeerAddr::from_request(req).map(|peer| peer.ip().to_canonical());
    let client = proxies.client_ip(probe);
    client.is_some() && client != peer
}

//! What the observers of one call share.

use std::cell::Cell;
use std::net::IpAddr;

use super::Side;
use super::authority::HostPort;
use super::identity::Identity;
use super::rpc_methods::RpcMethodId;

/// The attributes of one call that were derived already, for its other observers.
///
/// The driver makes one for each call. It has no text of its own and allocates nothing: a text is
/// cached as its place in the request, which every user of the cache has.
#[derive(Debug, Default)]
pub struct AttributeCache {
    host_port: Cell<Option<Option<HostPort>>>,
    client_address: Cell<Option<(Identity, Option<IpAddr>)>>,
    rpc_method: Cell<Option<(Identity, Side, Option<RpcMethodId>)>>,
}

// === impl AttributeCache ===

impl AttributeCache {
    /// Returns where the host is, and parses the authority for the first observer.
    #[inline]
    pub(super) fn host_port(&self, parse: impl FnOnce() -> Option<HostPort>) -> Option<HostPort> {
        match self.host_port.get() {
            Some(cached) => cached,
            None => {
                let parsed = parse();
                self.host_port.set(Some(parsed));
                parsed
            }
        }
    }

    /// Returns the client's address by these options, and derives it for the first observer.
    pub(super) fn client_address(
        &self,
        options: Identity,
        derive: impl FnOnce() -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        match self.client_address.get() {
            Some((cached, address)) if cached == options => address,
            _ => {
                let address = derive();
                self.client_address.set(Some((options, address)));
                address
            }
        }
    }

    /// Returns the method by this memory of methods, and looks it up for the first observer.
    ///
    /// Another call may prove the method in between. The observers of this call agree all the same.
    pub(super) fn rpc_method(
        &self,
        methods: Identity,
        side: Side,
        look_up: impl FnOnce() -> Option<RpcMethodId>,
    ) -> Option<RpcMethodId> {
        match self.rpc_method.get() {
            Some((cached, cached_side, id)) if (cached, cached_side) == (methods, side) => id,
            _ => {
                let id = look_up();
                self.rpc_method.set(Some((methods, side, id)));
                id
            }
        }
    }
}

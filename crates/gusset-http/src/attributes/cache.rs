//! What the observers of one call share.

use std::cell::Cell;
use std::net::IpAddr;

use super::Side;
use super::authority::HostPort;
use super::identity::Identity;
use super::rpc_methods::RpcMethodId;

/// The attributes of one call that were derived already, for its other observers.
///
/// The driver makes one for each call. It allocates nothing: a text is cached as its place in the
/// request, which every user of the cache has. Only the mount point of a service is not in the request.
#[derive(Debug, Default)]
pub struct AttributeCache {
    host_port: Cell<Option<Option<HostPort>>>,
    client_address: Cell<Option<(Identity, Option<IpAddr>)>>,
    rpc_method: Cell<Option<(Identity, Side, Option<RpcMethodId>)>>,
    #[cfg(feature = "original-uri")]
    target_is_unaltered: Cell<bool>,
    #[cfg(feature = "original-uri")]
    mount_point: std::cell::OnceCell<Option<crate::Route>>,
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

    /// Returns the target that a router has altered, and looks for it until it is known that there is none.
    #[cfg(feature = "original-uri")]
    #[inline]
    pub(crate) fn altered_target<'a>(
        &self,
        find: impl FnOnce() -> Option<&'a http::Uri>,
    ) -> Option<&'a http::Uri> {
        if self.target_is_unaltered.get() {
            return None;
        }
        let altered = find();
        self.target_is_unaltered.set(altered.is_none());
        altered
    }

    /// Returns the mount point of the service, and finds it for the first observer.
    #[cfg(feature = "original-uri")]
    pub(crate) fn mount_point(
        &self,
        find: impl FnOnce() -> Option<crate::Route>,
    ) -> Option<&crate::Route> {
        self.mount_point.get_or_init(find).as_ref()
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

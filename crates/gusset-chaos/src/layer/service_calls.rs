//! Calls of any other service.

use std::fmt;
use std::sync::Arc;

use super::ChaosLayer;
use super::kind::{CallKind, OneInjection, Sealed};
use crate::injection::{Abilities, decide};
use crate::rule::CallView;
use crate::{Chaos, Fault};

type KeyFn<Req> = Arc<dyn Fn(&Req) -> u64 + Send + Sync>;

/// Calls of a service with requests of any type.
pub struct ServiceCalls<Req> {
    name: Arc<str>,
    key: Option<KeyFn<Req>>,
}

// === impl ServiceCalls ===

impl<Req> ServiceCalls<Req> {
    pub(super) fn new(name: String) -> Self {
        Self {
            name: name.into(),
            key: None,
        }
    }
}

impl<Req, M> ChaosLayer<ServiceCalls<Req>, M> {
    /// Sets the key of a request, by which shares are drawn: equal keys have the same outcome. Defaults to none: the
    /// ordinal of the call counts.
    #[must_use = "returns the layer with the change"]
    pub fn key(self, key: impl Fn(&Req) -> u64 + Send + Sync + 'static) -> Self {
        self.map_kind(|kind| ServiceCalls {
            key: Some(Arc::new(key)),
            ..kind
        })
    }
}

impl<Req, Res> Sealed<Req, Res> for ServiceCalls<Req> {
    fn decide(&self, chaos: &Chaos, req: &mut Req, makes_errors: bool) -> Option<OneInjection> {
        let view = CallView {
            route: Some(&self.name),
            key: self.key.as_ref().map(|key| key(req)),
            ..CallView::default()
        };
        let abilities = Abilities {
            errors: makes_errors,
            responses: false,
        };
        decide(&chaos.0, &view, false, abilities).map(OneInjection)
    }
}

impl<Req, Res> CallKind<Req, Res> for ServiceCalls<Req> {
    type Response = Res;

    #[inline]
    fn untouched(res: Res) -> Res {
        res
    }

    fn finish(res: Res, _: OneInjection) -> Res {
        res
    }

    fn respond(_: &Fault, _: OneInjection) -> Option<Res> {
        None
    }
}

impl<Req> Clone for ServiceCalls<Req> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            key: self.key.clone(),
        }
    }
}

impl<Req> fmt::Debug for ServiceCalls<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCalls")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

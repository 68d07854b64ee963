//! The profiles on the management server.

use gusset_profile::{ProfileEndpoints, ProfileEndpointsBuilder};

/// Returns the builder of the profiles, with the token of the controls.
pub(super) fn build(token: Option<&str>) -> ProfileEndpointsBuilder {
    let builder = ProfileEndpoints::builder();
    match token {
        Some(token) => builder.token(token),
        None => builder,
    }
}

//! Warnings about an order of layers in which telemetry lacks something.

use std::sync::Once;

/// Warns once that a response of gRPC-Web is observed.
#[cold]
pub(crate) fn warn_of_grpc_web() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            target: "gusset::http",
            "a gRPC-Web response is observed, so the status of such calls is unknown; place observers \
             inside of `GrpcWebLayer` on a server, and outside of `GrpcWebClientLayer` on a client"
        );
    });
}

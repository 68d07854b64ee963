//! The metrics of the messages of gRPC.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `network.io.direction`: `receive` or `transmit`, for the side that records it.
pub const NETWORK_IO_DIRECTION: &str = "network.io.direction";

/// The messages of calls to a server.
pub const RPC_SERVER_MESSAGES: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.server.messages",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of gRPC messages that the server has received or sent, counted as they pass.",
)
.with_labels(&[NETWORK_IO_DIRECTION]);

/// The bytes of calls to a server.
pub const RPC_SERVER_IO: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.server.io",
    InstrumentKind::Counter,
    Unit::Bytes,
    "Bytes of the bodies of gRPC calls that the server has received or sent, counted as they pass.",
)
.with_labels(&[NETWORK_IO_DIRECTION]);

/// The messages of a client's calls.
pub const RPC_CLIENT_MESSAGES: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.client.messages",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of gRPC messages that the client has received or sent, counted as they pass.",
)
.with_labels(&[NETWORK_IO_DIRECTION]);

/// The bytes of a client's calls.
pub const RPC_CLIENT_IO: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.client.io",
    InstrumentKind::Counter,
    Unit::Bytes,
    "Bytes of the bodies of gRPC calls that the client has received or sent, counted as they pass.",
)
.with_labels(&[NETWORK_IO_DIRECTION]);

/// The metrics of [`RpcMessagesLayer`](crate::rpc_messages::RpcMessagesLayer).
pub const RPC_MESSAGES: &[MetricDescriptor] = &[
    RPC_SERVER_MESSAGES,
    RPC_SERVER_IO,
    RPC_CLIENT_MESSAGES,
    RPC_CLIENT_IO,
];

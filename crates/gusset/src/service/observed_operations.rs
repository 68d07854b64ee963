//! Operations, the messages that they send, pools of connections, and the messages of gRPC.

use std::sync::Arc;

use gusset_core::{MessageHeadersMut, ObservedOperation, Operation};
use gusset_metrics::pools::{ConnectionPool, ConnectionPools, PoolState};
use gusset_metrics::rpc_messages::RpcMessagesLayer;

use super::{Gusset, OperationObservers};
use crate::Telemetry;

impl Gusset {
    /// Returns an operation: plain code with a name, a call of a database, or the sending of a message.
    ///
    /// It has a span inside of the current one, and metrics. Plain code also has an access log entry. It ends once:
    /// with a result, cancelled when it is dropped, or with a panic.
    ///
    /// ```
    /// use gusset::Operation;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// # async fn select() -> Result<u32, std::io::Error> { Ok(7) }
    /// let price = gusset.operation("reprice").run(async {
    ///     let query = Operation::database("postgresql", "SELECT", "orders");
    ///     gusset.operation(query).run(select()).await
    /// });
    /// assert_eq!(price.await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(
        &self,
        operation: impl Into<Operation>,
    ) -> ObservedOperation<OperationObservers> {
        self.0.observed_operations.driver().operation(operation)
    }

    /// Writes the current trace context into the headers of a message, so that its consumer continues the trace.
    /// Call it inside of the operation that sends the message.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use gusset::Operation;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// # async fn publish(_: HashMap<String, String>) -> Result<(), std::io::Error> { Ok(()) }
    /// let send = gusset.operation(Operation::send("nats", "orders")).run(async {
    ///     let mut headers = HashMap::new();
    ///     gusset.inject(&mut headers);
    ///     assert!(headers.contains_key("traceparent"));
    ///     publish(headers).await
    /// });
    /// send.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject(&self, headers: &mut impl MessageHeadersMut) {
        gusset_trace::inject_message(self.0.telemetry.propagators(), headers);
    }

    /// Shows the metrics of a pool of connections, `db.client.connection.*`, which is read with each read of the metrics.
    ///
    /// What it returns measures the time to get a connection ([`ConnectionPool::acquire`]). The diagnosis finds a pool that
    /// is exhausted in all of them. With a recorder of the service, only the latter are recorded.
    ///
    /// ```
    /// use gusset::metrics::pools::PoolState;
    ///
    /// # struct Pool;
    /// # impl Pool { fn size(&self) -> u64 { 4 } fn num_idle(&self) -> u64 { 1 } }
    /// # impl Pool { async fn acquire(&self) -> Result<(), std::io::Error> { Ok(()) } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// # let pool = std::sync::Arc::new(Pool);
    /// // With the feature `sqlx` the function is `move || (&of_metrics).into()`.
    /// let of_metrics = pool.clone();
    /// let orders_db = gusset.pool("orders-db", move || {
    ///     let idle = of_metrics.num_idle();
    ///     PoolState::new(of_metrics.size() - idle, idle).with_max(8)
    /// });
    /// let connection = orders_db.acquire(pool.acquire()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool(
        &self,
        name: &'static str,
        read: impl Fn() -> PoolState + Send + Sync + 'static,
    ) -> ConnectionPool {
        self.0.pools.add(name, read)
    }

    /// Returns the layer of a gRPC server that counts its messages and bytes in both directions while the calls live, for
    /// streams that last. The metrics of [`grpc`](Self::grpc) are recorded when they end.
    ///
    /// [`RpcMessagesLayer::client`] is that of a client.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// // With tonic: `Server::builder().layer(gusset.grpc()).layer(gusset.grpc_messages())`.
    /// let layer = gusset.grpc_messages();
    /// # Ok(())
    /// # }
    /// ```
    pub fn grpc_messages(&self) -> RpcMessagesLayer {
        RpcMessagesLayer::server(self.0.telemetry.recorder())
    }
}

/// Creates the pools. A registry shows them beside its own metrics.
pub(super) fn pools(telemetry: &Telemetry, has_registry: bool) -> Arc<ConnectionPools> {
    let pools = Arc::new(ConnectionPools::new().with_recorder(telemetry.recorder()));
    if has_registry {
        telemetry.metrics.registry().add_producer(&pools);
    }
    pools
}

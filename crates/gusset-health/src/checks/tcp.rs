//! A check of a TCP listener.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::Check;

impl Check {
    /// Creates a check that connects to `address` (`host:port`) and closes the connection.
    ///
    /// Shows that a process listens there, and nothing more. The host name is resolved for each run.
    ///
    /// ```
    /// use gusset_health::{Check, Health, SharedDependency};
    ///
    /// # fn main() -> Result<(), gusset_health::ConfigError> {
    /// let database = Check::tcp("orders-db", "db.internal:5432");
    /// let health = Health::builder().health_check(SharedDependency(database)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tcp(name: impl Into<Cow<'static, str>>, address: impl Into<String>) -> Self {
        let address: Arc<str> = address.into().into();
        Self::new(name, move || {
            let address = address.clone();
            async move { TcpStream::connect(&*address).await.map(drop) }
        })
    }
}

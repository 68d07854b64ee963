//! Whether something listens.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::Check;

/// A check that connects to `address`, `host:port`, and closes the connection again.
///
/// It says that something listens, and nothing of what that can do. The name is looked up anew at
/// each run.
///
/// ```
/// use gusset_health::{Health, Shared, tcp};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().inform(Shared(tcp("orders-db", "db.internal:5432"))).build()?;
/// # Ok(())
/// # }
/// ```
pub fn tcp(name: impl Into<Cow<'static, str>>, address: impl Into<String>) -> Check {
    let address: Arc<str> = address.into().into();
    Check::new(name, move || {
        let address = address.clone();
        async move { TcpStream::connect(&*address).await.map(drop) }
    })
}

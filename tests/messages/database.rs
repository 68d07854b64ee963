//! The database of the orders.

use std::net::SocketAddr;
use std::sync::Arc;

use gusset::{Gusset, Operation};
use gusset_tests::programs::until;
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::servers::DATABASE_USER;

/// A connection to PostgreSQL. Clones share it.
#[derive(Clone)]
pub(crate) struct Database(Arc<Client>);

impl Database {
    pub(crate) async fn connect(server: SocketAddr) -> Self {
        let mut config = Config::new();
        config.host(server.ip().to_string()).port(server.port());
        config.user(DATABASE_USER).dbname("postgres");
        // It listens before it is ready.
        let client = until("the database is ready", async || {
            let (client, connection) = config.connect(NoTls).await.ok()?;
            tokio::spawn(connection);
            Some(client)
        });
        let client = client.await;
        let table = "CREATE TABLE orders (number INT PRIMARY KEY)";
        client.batch_execute(table).await.unwrap();
        Self(Arc::new(client))
    }

    /// Stores an order, as an operation.
    pub(crate) async fn insert(&self, gusset: &Gusset, number: u32) -> Result<(), Error> {
        let insert = Operation::database("postgresql", "INSERT", "orders");
        let number = i32::try_from(number).unwrap();
        let statement = "INSERT INTO orders VALUES ($1)";
        let stored = async { self.0.execute(statement, &[&number]).await };
        gusset.operation(insert).run(stored).await.map(drop)
    }

    /// Returns the orders that are stored.
    pub(crate) async fn numbers(&self) -> Vec<i32> {
        let rows = self
            .0
            .query("SELECT number FROM orders ORDER BY number", &[]);
        let rows = rows.await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

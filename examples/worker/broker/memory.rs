//! A queue in the memory of the process.

use std::collections::HashMap;

use gusset::messaging::MemoryQueue;

use super::{BoxError, Broker, Order};

#[derive(Clone, Default)]
pub(crate) struct Memory(MemoryQueue<Order<HashMap<String, String>>>);

impl Broker for Memory {
    const SYSTEM: &'static str = "memory";
    type Headers = HashMap<String, String>;
    type Source = MemoryQueue<Order<Self::Headers>>;

    async fn subscribe(&self) -> Result<Self::Source, BoxError> {
        Ok(self.0.clone())
    }

    async fn send(&self, order: Order<Self::Headers>) -> Result<(), BoxError> {
        self.0.send(order);
        Ok(())
    }

    async fn dead_letters(&self) -> Result<usize, BoxError> {
        Ok(self.0.dead_letters().len())
    }

    async fn replay(&self) -> Result<usize, BoxError> {
        Ok(self.0.replay())
    }
}

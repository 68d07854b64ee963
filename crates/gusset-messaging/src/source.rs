//! Where messages come from.

use std::borrow::Cow;
use std::future::Future;
use std::time::SystemTime;

use crate::{BoxError, Settlement};

/// A queue, a subscription or a stream, from which messages are taken one by one.
///
/// A client of a broker that prefetches messages returns one of them at each call. Messages that are processed together are
/// one delivery ([`Delivery::with_messages`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of messages",
    note = "implement `Source` for the subscription of the broker's client"
)]
pub trait Source: Send + Sized + 'static {
    /// What is processed.
    type Message: Send + 'static;
    /// What settles a message.
    type Acknowledge: Acknowledge;

    /// Waits for a message. Returns `None` when the source has ended.
    ///
    /// The future is dropped at a shutdown, and must not lose a message by that. An error is logged, and the source is
    /// called again after a second.
    fn receive(&mut self) -> impl Future<Output = Received<Self>> + Send;
}

/// What a source returns: a message, an error, or `None` at its end.
pub type Received<S> =
    Option<Result<Delivery<<S as Source>::Message, <S as Source>::Acknowledge>, BoxError>>;

/// Settles one message at the broker.
#[diagnostic::on_unimplemented(message = "`{Self}` does not settle messages")]
pub trait Acknowledge: Send + 'static {
    /// Settles the message. An error is logged; the broker then delivers the message again.
    fn settle(
        self,
        settlement: Settlement,
    ) -> impl Future<Output = Result<(), BoxError>> + Send + 'static;
}

/// A message that was taken, with the facts of the broker.
#[derive(Clone, Debug)]
pub struct Delivery<M, A> {
    pub(crate) message: M,
    pub(crate) acknowledge: A,
    pub(crate) id: Cow<'static, str>,
    pub(crate) count: u32,
    pub(crate) messages: u32,
    pub(crate) sent: Option<SystemTime>,
}

// === impl Delivery ===

impl<M, A> Delivery<M, A> {
    /// Creates a delivery of a message, with what settles it.
    pub fn new(message: M, acknowledge: A) -> Self {
        Self {
            message,
            acknowledge,
            id: Cow::Borrowed(""),
            count: 1,
            messages: 1,
            sent: None,
        }
    }

    /// Sets the id of the message (`messaging.message.id`), which names it in the log. Defaults to none.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets how often the message was delivered, with this time. Defaults to 1.
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Sets how many messages are in it, for a source that takes batches: its message is a list, and the batch is
    /// settled as one. Defaults to 1. Metrics and the report count messages.
    #[must_use]
    pub fn with_messages(mut self, messages: u32) -> Self {
        self.messages = messages;
        self
    }

    /// Sets when the message was sent, by the broker's clock. Defaults to unknown.
    #[must_use]
    pub fn with_sent(mut self, sent: SystemTime) -> Self {
        self.sent = Some(sent);
        self
    }
}

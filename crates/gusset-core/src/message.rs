//! How signals read a message.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::PanicCounter;

/// The headers of a message, read by name. They may contain a trace context.
///
/// ```
/// use gusset_core::MessageHeaders;
///
/// /// The headers of a client library.
/// struct Headers(Vec<(String, String)>);
///
/// impl MessageHeaders for Headers {
///     fn get(&self, name: &str) -> Option<&str> {
///         let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
///         Some(value)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the headers of a message",
    note = "implement `MessageHeaders` for it, or return a map of strings"
)]
pub trait MessageHeaders {
    /// Returns the value of a header. Names are in lower case: `traceparent`.
    fn get(&self, name: &str) -> Option<&str>;
}

/// The headers of a message that is sent, written by name: the other half of [`MessageHeaders`].
///
/// A client library's headers are often built from pairs, so a list of pairs is one too.
///
/// ```
/// use gusset_core::MessageHeadersMut;
///
/// let mut headers: Vec<(String, String)> = Vec::new();
/// headers.set("traceparent", "00-…-01");
/// headers.set("traceparent", "00-…-00");
/// assert_eq!(headers, [("traceparent".to_owned(), "00-…-00".to_owned())]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the headers of a message that is sent",
    note = "implement `MessageHeadersMut` for it, or use a map of strings"
)]
pub trait MessageHeadersMut {
    /// Sets the value of a header, in place of the one that it had. Names are in lower case.
    fn set(&mut self, name: &str, value: &str);
}

/// How every signal reads messages of type `M`: system, operation, destination and headers.
///
/// Functions that panic are contained: the message is observed without what they return.
///
/// ```
/// use std::collections::HashMap;
///
/// use gusset_core::MessageOptions;
///
/// struct Order { queue: &'static str, headers: HashMap<String, String> }
///
/// let options = MessageOptions::new("rabbitmq")
///     .with_destination(|order: &Order| Some(order.queue))
///     .with_headers(|order: &Order| &order.headers);
/// let order = Order { queue: "orders", headers: HashMap::new() };
/// assert_eq!(options.destination(&order), Some("orders"));
/// assert_eq!(options.header(&order, "traceparent"), None);
/// ```
pub struct MessageOptions<M> {
    system: Arc<str>,
    operation: Arc<str>,
    destination: Option<DestinationFn<M>>,
    header: Option<HeaderFn<M>>,
    panics: Arc<PanicCounter>,
}

type DestinationFn<M> = Arc<dyn Fn(&M) -> Option<&str> + Send + Sync>;
type HeaderFn<M> = Arc<dyn for<'a> Fn(&'a M, &str) -> Option<&'a str> + Send + Sync>;

// === impl MessageHeaders ===

impl<S: BuildHasher> MessageHeaders for HashMap<String, String, S> {
    fn get(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

impl MessageHeaders for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

impl MessageHeaders for [(String, String)] {
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

impl MessageHeaders for Vec<(String, String)> {
    fn get(&self, name: &str) -> Option<&str> {
        MessageHeaders::get(self.as_slice(), name)
    }
}

// === impl MessageHeadersMut ===

impl<S: BuildHasher> MessageHeadersMut for HashMap<String, String, S> {
    fn set(&mut self, name: &str, value: &str) {
        self.insert(name.to_owned(), value.to_owned());
    }
}

impl MessageHeadersMut for BTreeMap<String, String> {
    fn set(&mut self, name: &str, value: &str) {
        self.insert(name.to_owned(), value.to_owned());
    }
}

impl MessageHeadersMut for Vec<(String, String)> {
    fn set(&mut self, name: &str, value: &str) {
        match self.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.push((name.to_owned(), value.to_owned())),
        }
    }
}

// === impl MessageOptions ===

impl<M> MessageOptions<M> {
    /// Creates options for a messaging system, `messaging.system`: `kafka`, `rabbitmq`.
    pub fn new(system: impl Into<Arc<str>>) -> Self {
        Self {
            system: system.into(),
            operation: "process".into(),
            destination: None,
            header: None,
            panics: Arc::default(),
        }
    }

    /// Sets the operation on a message, `messaging.operation.name`. Defaults to `process`.
    #[must_use]
    pub fn with_operation(mut self, name: impl Into<Arc<str>>) -> Self {
        self.operation = name.into();
        self
    }

    /// Sets a function that returns the queue or topic of a message, `messaging.destination.name`. Defaults to
    /// none.
    #[must_use]
    pub fn with_destination<F>(mut self, destination: F) -> Self
    where
        F: Fn(&M) -> Option<&str> + Send + Sync + 'static,
    {
        self.destination = Some(Arc::new(destination));
        self
    }

    /// Sets a function that returns the headers of a message, from which its trace is continued. Defaults to none:
    /// each message starts a trace.
    #[must_use]
    pub fn with_headers<F, C>(mut self, headers: F) -> Self
    where
        F: Fn(&M) -> &C + Send + Sync + 'static,
        C: MessageHeaders + 'static,
    {
        self.header = Some(Arc::new(move |message, name| headers(message).get(name)));
        self
    }

    /// Returns the messaging system.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// Returns the operation.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns the destination of a message.
    pub fn destination<'a>(&self, message: &'a M) -> Option<&'a str> {
        let find = self.destination.as_ref()?;
        self.panics.catch(|| find(message), || ()).flatten()
    }

    /// Returns whether messages have headers.
    pub fn has_headers(&self) -> bool {
        self.header.is_some()
    }

    /// Returns a header of a message.
    pub fn header<'a>(&self, message: &'a M, name: &str) -> Option<&'a str> {
        let get = self.header.as_ref()?;
        self.panics.catch(|| get(message, name), || ()).flatten()
    }

    /// Returns how often the functions have panicked.
    pub fn panics(&self) -> u64 {
        self.panics.count()
    }
}

impl<M> Clone for MessageOptions<M> {
    fn clone(&self) -> Self {
        Self {
            system: self.system.clone(),
            operation: self.operation.clone(),
            destination: self.destination.clone(),
            header: self.header.clone(),
            panics: self.panics.clone(),
        }
    }
}

impl<M> fmt::Debug for MessageOptions<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageOptions")
            .field("system", &self.system)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

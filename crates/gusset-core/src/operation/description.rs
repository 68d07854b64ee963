//! What observers know of an operation.

use std::borrow::Cow;

/// What an operation is, and so which span, metrics and names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationKind {
    /// Code of the service itself.
    Internal,
    /// A call of a database.
    Database,
    /// Messages that are sent to a queue or a topic.
    Send,
}

/// Describes an operation: its kind and its names, which are constants of the code.
///
/// Names are label values, so they must not come from a client. The target may be a text of the configuration;
/// metrics limit how many of them they have.
///
/// ```
/// use gusset_core::operation::{Operation, OperationKind};
///
/// let query = Operation::database("postgresql", "SELECT", "orders");
/// assert_eq!(query.kind(), OperationKind::Database);
/// assert_eq!(query.system(), Some("postgresql"));
/// assert_eq!(query.target(), Some("orders"));
/// assert_eq!(query.span_name(), "SELECT orders");
/// assert_eq!(Operation::new("reprice").span_name(), "reprice");
/// ```
#[derive(Clone, Debug)]
pub struct Operation {
    kind: OperationKind,
    system: Option<&'static str>,
    name: &'static str,
    target: Option<Cow<'static, str>>,
    messages: u32,
    query_text: Option<Cow<'static, str>>,
}

// === impl Operation ===

impl Operation {
    /// Describes code of the service: `reprice`. Its span has the kind `internal`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            kind: OperationKind::Internal,
            system: None,
            name,
            target: None,
            messages: 1,
            query_text: None,
        }
    }

    /// Describes a call of a database by OpenTelemetry's conventions: `db.system.name` (`postgresql`, `redis`),
    /// `db.operation.name` (`SELECT`, `HGET`), and `db.collection.name`. Its span has the kind `client`.
    ///
    /// The text of the statement is not part of it, unless [`with_query_text`](Self::with_query_text) adds it.
    pub const fn database(
        system: &'static str,
        operation: &'static str,
        collection: &'static str,
    ) -> Self {
        Self {
            kind: OperationKind::Database,
            system: Some(system),
            name: operation,
            target: Some(Cow::Borrowed(collection)),
            messages: 1,
            query_text: None,
        }
    }

    /// Describes the sending of a message: `messaging.system` (`nats`, `kafka`) and `messaging.destination.name`.
    /// Its span has the kind `producer`, and the operation is `send`.
    pub fn send(system: &'static str, destination: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: OperationKind::Send,
            system: Some(system),
            name: "send",
            target: Some(destination.into()),
            messages: 1,
            query_text: None,
        }
    }

    /// Sets how many messages are sent at once. Defaults to 1. Has no effect on other kinds.
    #[must_use]
    pub const fn with_messages(mut self, messages: u32) -> Self {
        self.messages = messages;
        self
    }

    /// Adds the text of a statement, as `db.query.text` of the span. Its literals are replaced by `?`, as
    /// OpenTelemetry requires. Defaults to none.
    ///
    /// Costs one allocation and a pass over the text.
    ///
    /// ```
    /// use gusset_core::operation::Operation;
    ///
    /// let query = Operation::database("postgresql", "SELECT", "orders")
    ///     .with_query_text("SELECT id FROM orders WHERE email = 'a@b.c' AND total > 12.5");
    /// let text = "SELECT id FROM orders WHERE email = ? AND total > ?";
    /// assert_eq!(query.query_text(), Some(text));
    /// ```
    #[must_use]
    pub fn with_query_text(mut self, text: &str) -> Self {
        self.query_text = Some(without_literals(text).into());
        self
    }

    /// Returns what the operation is.
    pub const fn kind(&self) -> OperationKind {
        self.kind
    }

    /// Returns the database or messaging system.
    pub const fn system(&self) -> Option<&'static str> {
        self.system
    }

    /// Returns the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the collection or the destination.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Returns how many messages are sent.
    pub const fn messages(&self) -> u32 {
        self.messages
    }

    /// Returns the text of the statement without its literals, if it was added.
    pub fn query_text(&self) -> Option<&str> {
        self.query_text.as_deref()
    }

    /// Returns the name of the span: the name, and the target after it.
    pub fn span_name(&self) -> Cow<'static, str> {
        match self.target() {
            Some(target) => format!("{} {target}", self.name).into(),
            None => self.name.into(),
        }
    }
}

impl From<&'static str> for Operation {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// Replaces quoted texts and numbers of a statement by `?`. Comments are dropped, because they may contain both.
///
/// A double quote begins an identifier in the SQL standard and a text in MySQL, so what it encloses is replaced:
/// a name too many is lost, and no value is kept. Where dialects disagree about the end of a text, nothing after its
/// beginning is kept: a backslash escapes a quote in MySQL and is a character in the standard. A text that is not closed
/// means that a quote before it was misread, as one in a comment of MySQL, so nothing of the statement is kept.
fn without_literals(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            '\'' | '"' => {
                result.push('?');
                loop {
                    match chars.next() {
                        None => return "?".to_owned(),
                        Some('\\') => return result,
                        Some(char) if char == first && chars.next_if_eq(&first).is_none() => break,
                        Some(_) => {}
                    }
                }
            }
            '-' if chars.next_if_eq(&'-').is_some() => {
                chars.by_ref().find(|char| *char == '\n');
                result.push(' ');
            }
            '/' if chars.next_if_eq(&'*').is_some() => {
                let mut last = ' ';
                for char in chars.by_ref() {
                    if (last, char) == ('*', '/') {
                        break;
                    }
                    last = char;
                }
                result.push(' ');
            }
            // PostgreSQL's `$tag$ … $tag$`; `$1` is a parameter. What is between is not worth the risk.
            '$' if chars.peek().is_some_and(|next| !next.is_ascii_digit()) => {
                result.push('?');
                break;
            }
            digit if digit.is_ascii_digit() && !ends_in_name(&result) => {
                result.push('?');
                let of_number = |char: &char| char.is_ascii_alphanumeric() || *char == '.';
                while chars.next_if(of_number).is_some() {}
            }
            other => result.push(other),
        }
    }
    result
}

/// Returns whether a digit after this text belongs to a name or is the number of a parameter.
fn ends_in_name(text: &str) -> bool {
    let last = text.chars().next_back();
    last.is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '$' | ':' | '@'))
}

//! The settings of consumers of messages.

use gusset_core::{Classify, MessageHeaders, RequestResponse};

use super::{BuilderState, InstrumentationBuilder};
use crate::kind::{Consumer, ServiceKind};

impl<Req: 'static, Res: 'static> InstrumentationBuilder<Consumer<Req, Res>> {
    /// Sets a custom classifier, for example for dead letters. It comes before custom observers, because it
    /// determines the type that they are for.
    ///
    /// ```
    /// use gusset::{
    ///     Classification, Classify, End, Outcome, RequestResponse, ResponseKind, StaticStr,
    /// };
    ///
    /// enum Done { Kept, DeadLettered }
    /// struct DeadLetters { dead: bool }
    ///
    /// impl Classify<RequestResponse<String, Done, DeadLetters>> for DeadLetters {
    ///     fn start(_: &String) -> Self {
    ///         Self { dead: false }
    ///     }
    ///     fn on_response(&mut self, done: &Done) -> ResponseKind {
    ///         self.dead = matches!(done, Done::DeadLettered);
    ///         ResponseKind::NoBody
    ///     }
    ///     fn on_end(
    ///         &self,
    ///         end: &End<'_, RequestResponse<String, Done, DeadLetters>>,
    ///     ) -> Classification {
    ///         Classification::of_end(end).unwrap_or(if self.dead {
    ///             let error = StaticStr::new(&"dead_lettered");
    ///             Classification::new(Outcome::ServerError).with_error(error)
    ///         } else {
    ///             Classification::new(Outcome::Success)
    ///         })
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let consumer = gusset::message_consumer::<String, Done>("channel");
    /// let gusset = consumer.classifier::<DeadLetters>().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn classifier<R>(self) -> InstrumentationBuilder<Consumer<Req, Res, R>>
    where
        R: Classify<RequestResponse<Req, Res, R>>,
    {
        let state = self.state;
        InstrumentationBuilder {
            state: BuilderState {
                kind: state.kind.with_classifier(),
                options: state.options,
                // Messages have no status of HTTP.
                error_statuses: None,
                #[cfg(feature = "prometheus")]
                prometheus: state.prometheus,
                #[cfg(feature = "prometheus")]
                resource: state.resource,
                #[cfg(feature = "metrics")]
                recorder: state.recorder,
                #[cfg(feature = "metrics")]
                metrics: state.metrics,
                #[cfg(feature = "metrics")]
                has_metrics: state.has_metrics,
                #[cfg(feature = "trace")]
                trace: state.trace,
                #[cfg(feature = "trace")]
                span_sinks: state.span_sinks,
                #[cfg(feature = "trace")]
                trust: state.trust,
                #[cfg(feature = "trace")]
                baggage_fields: state.baggage_fields,
                #[cfg(any(feature = "log", feature = "trace"))]
                redaction: state.redaction,
                #[cfg(feature = "log")]
                log: state.log,
            },
            observers: (),
        }
    }
}

impl<Req, Res, R, O> InstrumentationBuilder<Consumer<Req, Res, R>, O>
where
    Consumer<Req, Res, R>: ServiceKind,
{
    /// Sets a function that returns the queue or topic of a message, `messaging.destination.name` of all signals.
    /// Defaults to none.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// struct Order { queue: &'static str, headers: HashMap<String, String> }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::message_consumer::<Order, ()>("rabbitmq")
    ///     .destination(|order| Some(order.queue))
    ///     .headers(|order| &order.headers)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn destination<F>(mut self, destination: F) -> Self
    where
        F: Fn(&Req) -> Option<&str> + Send + Sync + 'static,
    {
        let options = self.state.kind.options;
        self.state.kind.options = options.with_destination(destination);
        self
    }

    /// Sets a function that returns the headers of a message, from which its trace is continued. Defaults to none:
    /// each message starts a trace.
    pub fn headers<F, C>(mut self, headers: F) -> Self
    where
        F: Fn(&Req) -> &C + Send + Sync + 'static,
        C: MessageHeaders + 'static,
    {
        let options = self.state.kind.options;
        self.state.kind.options = options.with_headers(headers);
        self
    }

    /// Sets the operation on a message, `messaging.operation.name` of all signals. Defaults to `process`.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        let options = self.state.kind.options;
        self.state.kind.options = options.with_operation(name.into());
        self
    }
}

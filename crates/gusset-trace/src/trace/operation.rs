//! The spans of operations.

use std::fmt;
use std::sync::Arc;

use gusset_core::operation::{Operation, OperationKind, Operations};
use gusset_core::{
    CallContext, CallObserver, ConfigError, End, Env, Observer, ObserverId, SpanIds,
};
use gusset_data::{Attribute, SharedStr, SpanKind};
use gusset_http::RequestId;
use gusset_propagation::{SpanContext, SpanId};
use tracing::field::{self, Empty};
use tracing::{Level, span};

use super::http::{push_redacted, push_text};
use super::new_span::push_request_id;
use super::{TraceCallState, TraceObserver, TraceObserverBuilder};
use crate::call_kind::CallKind;
use crate::config::TraceConfig;
use crate::current::{self, CallScope, Entered};
use crate::sampler::SpanFacts;
use crate::{current_context, names};

/// An observer that creates one span for each operation, a child of the current span.
///
/// The kind of the span is `internal` for code of the service, `client` for databases and `producer` for messages.
/// Its name and its attributes are those of OpenTelemetry's semantic conventions 1.44. Without a current span it is
/// the root of a trace, which the [sampler](crate::sampler::Sampler) decides on.
///
/// ```
/// use gusset_core::operation::Operations;
/// use gusset_core::{Env, ObserveLayer};
/// use gusset_trace::TraceObserver;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let trace = TraceObserver::server().build_operations(Env::process())?;
/// let operations = ObserveLayer::<Operations, _>::new(trace);
/// let reprice = operations.operation("reprice");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OperationTrace {
    trace: TraceObserver,
}

// === impl TraceObserverBuilder ===

impl TraceObserverBuilder {
    /// Builds the observer of operations, with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_operations(mut self, env: Env<'_>) -> Result<OperationTrace, ConfigError> {
        self.kind = CallKind::Operation;
        let trace = self.build_in(env)?;
        Ok(OperationTrace { trace })
    }
}

// === impl OperationTrace ===

impl OperationTrace {
    fn start_call(&self, operation: &Operation, cx: &CallContext) -> Option<Arc<CallScope>> {
        let config = &*self.trace.config;
        let mut memory = current::acquire();
        let scope = Arc::get_mut(&mut memory)?;
        let pooled_span = scope.pooled_span.take();
        *scope = current_context::capture(config.bridge());
        let outer = scope.active_span.take();
        let request_id = scope.request_id.clone();
        let facts = || facts(operation, config, request_id.as_ref());
        let names = OperationNames::new(operation);
        let create = |span_context: &SpanContext, parent: Option<SpanId>| {
            span!(
                target: "gusset::trace",
                Level::INFO,
                "operation",
                { names::OTEL_NAME } = &*operation.span_name(),
                { names::OTEL_KIND } = names.kind_text,
                { names::OTEL_STATUS_CODE } = Empty,
                { names::OTEL_STATUS_DESCRIPTION } = Empty,
                { names::TRACE_ID } = %span_context.trace_id(),
                { names::SPAN_ID } = %span_context.span_id(),
                { names::TRACE_FLAGS } = %format_args!("{:02x}", span_context.flags().bits()),
                { names::PARENT_SPAN_ID } = parent.map(field::display),
                { names::GUSSET_OPERATION_NAME } = names.internal,
                { names::DB_SYSTEM_NAME } = names.database,
                { names::DB_OPERATION_NAME } = names.database.map(|_| operation.name()),
                { names::DB_COLLECTION_NAME } = names.database.and(names.target),
                { names::MESSAGING_SYSTEM } = names.messaging,
                { names::MESSAGING_OPERATION_NAME } = names.messaging.map(|_| operation.name()),
                { names::MESSAGING_DESTINATION_NAME } = names.messaging.and(names.target),
                { names::ERROR_TYPE } = Empty,
                { names::EXCEPTION_MESSAGE } = Empty,
                { names::GUSSET_OUTCOME } = Empty,
            )
        };
        let outer = outer.as_deref();
        self.trace
            .start_without_request(scope, pooled_span, outer, facts, create, cx)?;
        Some(memory)
    }
}

/// The names of an operation, each where its kind has it.
struct OperationNames<'a> {
    kind: SpanKind,
    kind_text: &'static str,
    internal: Option<&'static str>,
    database: Option<&'static str>,
    messaging: Option<&'static str>,
    target: Option<&'a str>,
}

// === impl OperationNames ===

impl<'a> OperationNames<'a> {
    fn new(operation: &'a Operation) -> Self {
        let names = Self {
            kind: SpanKind::Internal,
            kind_text: "internal",
            internal: None,
            database: None,
            messaging: None,
            target: operation.target().filter(|target| !target.is_empty()),
        };
        match operation.kind() {
            OperationKind::Database => Self {
                kind: SpanKind::Client,
                kind_text: "client",
                database: operation.system(),
                ..names
            },
            OperationKind::Send => Self {
                kind: SpanKind::Producer,
                kind_text: "producer",
                messaging: operation.system(),
                ..names
            },
            // Also the kinds that a later version of gusset-core adds.
            _ => Self {
                internal: Some(operation.name()),
                ..names
            },
        }
    }
}

/// Returns the name of a span, its kind, and its attributes at the start.
fn facts(operation: &Operation, config: &TraceConfig, request_id: Option<&RequestId>) -> SpanFacts {
    let names = OperationNames::new(operation);
    let mut attributes: Vec<Attribute> = Vec::with_capacity(6);
    let on = &mut attributes;
    push_text(on, names::GUSSET_OPERATION_NAME, names.internal);
    if names.database.is_some() {
        push_text(on, names::DB_SYSTEM_NAME, names.database);
        push_text(on, names::DB_OPERATION_NAME, Some(operation.name()));
        push_text(on, names::DB_COLLECTION_NAME, names.target);
        let text = operation.query_text();
        push_redacted(on, names::DB_QUERY_TEXT, text, &config.redaction);
    }
    if names.messaging.is_some() {
        push_text(on, names::MESSAGING_SYSTEM, names.messaging);
        push_text(on, names::MESSAGING_OPERATION_NAME, Some(operation.name()));
        push_text(on, names::MESSAGING_OPERATION_TYPE, Some("send"));
        let destination = names.target;
        push_redacted(
            on,
            names::MESSAGING_DESTINATION_NAME,
            destination,
            &config.redaction,
        );
        if operation.messages() != 1 {
            let count = i64::from(operation.messages());
            on.push((names::MESSAGING_BATCH_MESSAGE_COUNT.into(), count.into()));
        }
    }
    push_request_id(on, request_id);
    SpanFacts {
        name: SharedStr::from(operation.span_name()),
        kind: names.kind,
        attributes,
    }
}

impl Observer<Operations> for OperationTrace {
    type Call = TraceCallState;

    fn start(&self, operation: &Operation, cx: &mut CallContext) -> TraceCallState {
        TraceCallState {
            scope: self.start_call(operation, cx),
            status: None,
            has_messages: false,
            entered: Entered::default(),
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.trace.config)
    }
}

impl CallObserver<Operations> for TraceCallState {
    #[inline]
    fn enter(&mut self) {
        self.entered = current::enter(&mut self.scope);
    }

    #[inline]
    fn exit(&mut self) {
        current::exit(&mut self.scope, self.entered);
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        self.scope.as_ref()?.span_ids()
    }

    fn on_end(self, end: End<'_, Operations>, cx: &CallContext) {
        self.complete(end, None, cx);
    }
}

impl fmt::Debug for OperationTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationTrace").finish_non_exhaustive()
    }
}

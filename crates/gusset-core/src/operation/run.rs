//! Runs a future as an operation.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;

use super::{Operation, Operations};
use crate::observe::ObserveFuture;
use crate::{ObserveLayer, Observer};

/// An operation with its observers. Created by [`ObserveLayer::operation`].
///
/// It may be kept and run any number of times, also at once.
#[must_use = "an operation is observed when it runs"]
pub struct ObservedOperation<O> {
    layer: ObserveLayer<Operations, O>,
    operation: Operation,
}

// === impl ObserveLayer ===

impl<O: Observer<Operations>> ObserveLayer<Operations, O> {
    /// Returns an operation that is observed by this layer. Costs two reference counts.
    pub fn operation(&self, operation: impl Into<Operation>) -> ObservedOperation<O> {
        ObservedOperation {
            layer: self.clone(),
            operation: operation.into(),
        }
    }
}

// === impl ObservedOperation ===

impl<O: Observer<Operations>> ObservedOperation<O> {
    /// Changes the description, for one run: [`Operation::with_messages`].
    pub fn with(mut self, change: impl FnOnce(Operation) -> Operation) -> Self {
        self.operation = change(self.operation);
        self
    }

    /// Observes a future that returns a `Result`. An error is a failure of the operation.
    ///
    /// The operation starts with this call, and not with the first poll, so its parent is the span of the code that
    /// calls it, also if the future is spawned. A future that is dropped is cancelled.
    ///
    /// Allocates nothing. The observers may.
    #[inline]
    pub fn run<F, T, E>(&self, future: F) -> ObserveFuture<F, Operations, O::Call>
    where
        F: Future<Output = Result<T, E>>,
        E: 'static,
    {
        ObserveFuture::new(future, self.layer.track(&self.operation))
    }

    /// Observes a future that cannot fail, as [`run`](Self::run). Only a panic is a failure.
    ///
    /// ```
    /// use gusset_core::ObserveLayer;
    /// use gusset_core::operation::Operations;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let operations = ObserveLayer::<Operations, _>::new(());
    /// let sum = operations.operation("add").run_infallible(async { 3 + 4 }).await;
    /// assert_eq!(sum, 7);
    /// # }
    /// ```
    pub fn run_infallible<F: Future>(
        &self,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F, O> {
        let observed = self.run(async move { Ok::<_, Infallible>(future.await) });
        async move {
            let Ok(output) = observed.await;
            output
        }
    }
}

impl<O> Clone for ObservedOperation<O> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            operation: self.operation.clone(),
        }
    }
}

impl<O> fmt::Debug for ObservedOperation<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedOperation")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

//! Plain code that is observed as a call: an operation of the service, of its database or of its queue.

mod description;
mod run;

pub use self::description::{Operation, OperationKind};
pub use self::run::ObservedOperation;
use crate::{
    CallObserver, CallTracker, Classification, Classify, End, Outcome, Protocol, ProtocolResponse,
    ResponseKind,
};

/// The protocol of plain code: an [`Operation`] is what observers know of it, whatever it returns.
///
/// `Ok` is a success, and `Err` is a failure of the service. A future that is dropped is cancelled, one that
/// unwinds has panicked.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_core::operation::{Operation, Operations};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // `()` stands for an observer.
/// let operations = ObserveLayer::<Operations, _>::new(());
/// let reprice = operations.operation(Operation::new("reprice"));
/// let price = reprice.run(async { Ok::<_, std::io::Error>(7) }).await;
/// assert_eq!(price.unwrap(), 7);
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Operations;

/// The rules of [`Operations`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OperationClassifier;

// === impl Operations ===

impl Protocol for Operations {
    type Request<'a> = &'a Operation;
    type Response<'a> = ();
    type Trailers = ();
    type Classify = OperationClassifier;
}

impl<Res> ProtocolResponse<Res> for Operations {
    type Tracked<C: CallObserver<Self>> = Res;

    #[inline]
    fn attach<C: CallObserver<Self>>(res: Res, mut track: CallTracker<Self, C>) -> Res {
        track.on_response(());
        track.end(End::Complete(None));
        res
    }
}

// === impl OperationClassifier ===

impl Classify<Operations> for OperationClassifier {
    const MAY_PANIC: bool = false;

    fn start(_: &Operation) -> Self {
        Self
    }

    fn on_response(&mut self, (): ()) -> ResponseKind {
        ResponseKind::NoBody
    }

    fn on_end(&self, end: &End<'_, Operations>) -> Classification {
        Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success))
    }
}

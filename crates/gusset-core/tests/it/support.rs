//! An observer that writes down every hook, a scripted service, and poll helpers.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::task::{Context, Poll, Waker};

use gusset_core::{CallContext, CallObserver, End, Observer, Protocol, RequestResponse};
use tower_service::Service;

/// A job is a number, its result a text.
pub(crate) type Job = RequestResponse<u32, &'static str>;

/// What several scribes write, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

/// An observer that writes each hook to the log, under its name.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    name: &'static str,
    log: Log,
}

impl Log {
    pub(crate) fn scribe(&self, name: &'static str) -> Scribe {
        Scribe {
            name,
            log: self.clone(),
        }
    }

    pub(crate) fn write(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    /// Returns what was written since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the ends, without the name of the scribe.
    pub(crate) fn ends(&self) -> Vec<String> {
        let ends = self.take().into_iter();
        ends.filter_map(|line| line.strip_prefix("a.end ").map(str::to_owned))
            .collect()
    }
}

impl Scribe {
    fn write(&self, what: &str) {
        self.log.write(format!("{}.{what}", self.name));
    }
}

impl<P: Protocol> Observer<P> for Scribe {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.write("start");
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Scribe {
    fn enter(&mut self) {
        self.write("enter");
    }

    fn exit(&mut self) {
        self.write("exit");
    }

    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        self.write("response");
    }

    fn on_data(&mut self, len: usize, _: &CallContext) {
        self.write(&format!("data {len}"));
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let outcome = cx
            .outcome()
            .expect("the driver classifies the call before its end");
        self.write(&format!("end {end:?} {}", outcome.as_str()));
    }
}

/// What the tests throw, so that the process stays quiet about it and about nothing else.
#[derive(Debug)]
pub(crate) struct Thrown;

pub(crate) fn throw() -> ! {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Thrown>() {
                loud(info);
            }
        }));
    });
    panic::panic_any(Thrown)
}

/// Returns whether `run` threw the panic of these tests.
pub(crate) fn throws<R>(run: impl FnOnce() -> R) -> bool {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => false,
        Err(thrown) => thrown.is::<Thrown>() || panic::resume_unwind(thrown),
    }
}

pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready at its first poll"),
    }
}

/// A service of jobs, one step of its script for each poll of its one future.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) throws_in_call: bool,
    pub(crate) script: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Pending,
    Done,
    Fail,
    Throw,
}

#[derive(Debug)]
pub(crate) struct Work(VecDeque<Step>);

/// The error of a [`Worker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl Worker {
    pub(crate) fn new(script: impl Into<Vec<Step>>) -> Self {
        Self {
            throws_in_call: false,
            script: script.into(),
        }
    }
}

impl Service<u32> for Worker {
    type Response = &'static str;
    type Error = Failed;
    type Future = Work;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u32) -> Work {
        if self.throws_in_call {
            throw();
        }
        Work(self.script.clone().into())
    }
}

impl Future for Work {
    type Output = Result<&'static str, Failed>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self
            .0
            .pop_front()
            .expect("the script has a step for each poll")
        {
            Step::Pending => Poll::Pending,
            Step::Done => Poll::Ready(Ok("done")),
            Step::Fail => Poll::Ready(Err(Failed)),
            Step::Throw => throw(),
        }
    }
}

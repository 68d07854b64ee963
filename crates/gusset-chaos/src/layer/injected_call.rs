//! A call with a fault: delay, then the fault or the service, then the faults of the response.

use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

use super::errors::MakeError;
use super::kind::{CallKind, OneInjection};
use crate::Fault;
use crate::InjectedErrorKind;
use crate::injection::Injection;
use crate::wait::{Wait, WaitEnd};

/// A call with a fault.
pub(super) struct InjectedCall<S: Service<Req>, Req, K, M> {
    step: Step<S, Req>,
    /// Taken when the call ends.
    injection: Option<Injection>,
    make_error: M,
    kind: std::marker::PhantomData<fn() -> K>,
}

enum Step<S: Service<Req>, Req> {
    /// The delay before the call.
    Before(Wait, S, Req),
    /// The call hangs.
    Hang(Wait, S, Req),
    /// The fault, or the service.
    Act(S, Req),
    /// The service is called, and has been polled this number of times.
    Inner(Pin<Box<S::Future>>, u32),
    /// The delay after the response headers.
    After(Wait, S::Response),
    Ended,
}

type CallResult<S, Req, K> = Result<
    <K as CallKind<Req, <S as Service<Req>>::Response>>::Response,
    <S as Service<Req>>::Error,
>;

// === impl InjectedCall ===

impl<S, Req, K, M> InjectedCall<S, Req, K, M>
where
    S: Service<Req>,
    K: CallKind<Req, S::Response>,
    M: MakeError<S::Error>,
{
    /// Creates the call. `service` is ready.
    pub(super) fn new(injection: Injection, service: S, req: Req, make_error: M) -> Self {
        let step = match injection.before {
            Some(delay) => Step::Before(injection.wait(Some(delay)), service, req),
            None => Step::Act(service, req),
        };
        Self {
            step,
            injection: Some(injection),
            make_error,
            kind: std::marker::PhantomData,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<CallResult<S, Req, K>> {
        loop {
            let injection = self.injection.as_mut().expect("futures only yield once");
            // A wait that is pending is put back. A panic leaves an ended call.
            self.step = match std::mem::replace(&mut self.step, Step::Ended) {
                Step::Before(mut wait, service, req) => match wait.poll(cx) {
                    Poll::Pending => {
                        self.step = Step::Before(wait, service, req);
                        return Poll::Pending;
                    }
                    Poll::Ready(end) => {
                        release_if(end, injection);
                        Step::Act(service, req)
                    }
                },
                Step::Hang(mut wait, service, req) => match wait.poll(cx) {
                    Poll::Pending => {
                        self.step = Step::Hang(wait, service, req);
                        return Poll::Pending;
                    }
                    Poll::Ready(end) => {
                        release_if(end, injection);
                        Step::Act(service, req)
                    }
                },
                Step::Act(mut service, req) => match injection.fault.take() {
                    None => Step::Inner(Box::pin(service.call(req)), 0),
                    Some(fault @ Fault::Cancel { .. }) => {
                        injection.fault = Some(fault);
                        Step::Inner(Box::pin(service.call(req)), 0)
                    }
                    Some(Fault::Hang) => Step::Hang(injection.wait(None), service, req),
                    Some(fault) => {
                        // Before anything of this layer, so that what they reserved is free.
                        drop((service, req));
                        return Poll::Ready(self.end_by(&fault));
                    }
                },
                Step::Inner(mut inner, polls) => match inner.as_mut().poll(cx) {
                    Poll::Ready(Ok(res)) => match injection.after.take() {
                        Some(delay) => Step::After(injection.wait(Some(delay)), res),
                        None => return Poll::Ready(Ok(self.finish(res))),
                    },
                    Poll::Ready(Err(error)) => {
                        self.injection = None;
                        return Poll::Ready(Err(error));
                    }
                    Poll::Pending => {
                        let polls = polls + 1;
                        match injection.fault.take() {
                            Some(fault @ Fault::Cancel { polls: max }) if polls >= max => {
                                drop(inner);
                                return Poll::Ready(self.end_by(&fault));
                            }
                            fault => injection.fault = fault,
                        }
                        self.step = Step::Inner(inner, polls);
                        return Poll::Pending;
                    }
                },
                Step::After(mut wait, res) => match wait.poll(cx) {
                    Poll::Pending => {
                        self.step = Step::After(wait, res);
                        return Poll::Pending;
                    }
                    Poll::Ready(end) => {
                        release_if(end, injection);
                        return Poll::Ready(Ok(self.finish(res)));
                    }
                },
                Step::Ended => unreachable!("futures only yield once"),
            };
        }
    }

    /// Ends the call by a fault, without the service.
    fn end_by(&mut self, fault: &Fault) -> CallResult<S, Req, K> {
        let injection = self.injection.take().expect("futures only yield once");
        let kind = match fault {
            Fault::Panic => {
                let rule = injection.rule.clone();
                // Not active any more when the panic is caught.
                drop(injection);
                panic!("injected panic, by the rule `{rule}`");
            }
            Fault::Error => InjectedErrorKind::Error,
            _ => InjectedErrorKind::Abort,
        };
        let is_error = matches!(fault, Fault::Error | Fault::Abort | Fault::Cancel { .. });
        if is_error {
            if let Some(error) = self.make_error.make_error(injection.error(kind)) {
                return Err(error);
            }
        }
        let res = K::respond(fault, OneInjection(injection));
        Ok(res.expect("a fault that the layer cannot inject was left out"))
    }

    fn finish(&mut self, res: S::Response) -> K::Response {
        let injection = self.injection.take().expect("futures only yield once");
        K::finish(res, OneInjection(injection))
    }
}

fn release_if(end: WaitEnd, injection: &mut Injection) {
    if end == WaitEnd::Released {
        injection.release();
    }
}

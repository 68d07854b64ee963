//! The error type of a failure: one of a fixed set of values, found through boxes and sources.

use std::error::Error;
use std::fmt;
use std::io;

use gusset_core::{Failure, Rejected, StaticStr};

/// An error with a cause.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// An error that is its own cause.
#[derive(Debug)]
struct Ouroboros;

impl fmt::Display for Ouroboros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ouroboros")
    }
}

impl Error for Ouroboros {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[test]
fn rejection_is_found_in_any_wrapper() {
    let refused = || Rejected::new("doorman");
    let found = |failure: Failure<'_>| assert_eq!(failure.rejected(), Some(&refused()));

    found(Failure::new(&refused()));
    let any: Box<dyn Error> = refused().into();
    found(Failure::new(&any));
    let send: Box<dyn Error + Send> = Box::new(refused());
    found(Failure::new(&send));
    let boxed: Box<dyn Error + Send + Sync> = refused().into();
    found(Failure::new(&boxed));
    let wrapped: Box<dyn Error + Send + Sync> = Wrapped(Wrapped(refused().into()).into()).into();
    found(Failure::new(&wrapped));
}

#[test]
fn rejection_is_found_in_an_io_error() {
    let refused = || Rejected::new("doorman");
    let other = io::Error::other(refused());
    assert_eq!(Failure::new(&other).rejected(), Some(&refused()));
    let nested: Box<dyn Error + Send + Sync> =
        Wrapped(io::Error::other(Wrapped(io::Error::other(refused()).into())).into()).into();
    assert_eq!(Failure::new(&nested).rejected(), Some(&refused()));
    assert_eq!(Rejected::find_in(&other), Some(&refused()));
}

#[test]
fn error_of_another_type_is_not_found() {
    assert!(Failure::new(&7_u32).rejected().is_none());
    let boxed: Box<dyn Error + Send + Sync> = "text".into();
    assert!(Failure::new(&boxed).downcast_ref::<io::Error>().is_none());
}

#[test]
fn cyclic_source_chain_ends() {
    let boxed: Box<dyn Error + Send + Sync> = Ouroboros.into();
    assert!(Failure::new(&boxed).rejected().is_none());
}

#[test]
fn error_type_never_contains_the_message() {
    let kinds = [
        (io::ErrorKind::TimedOut, "timeout"),
        (io::ErrorKind::ConnectionReset, "connection_reset"),
        (io::ErrorKind::ConnectionRefused, "connection_refused"),
        (io::ErrorKind::ConnectionAborted, "connection_aborted"),
        (io::ErrorKind::BrokenPipe, "broken_pipe"),
        (io::ErrorKind::UnexpectedEof, "unexpected_eof"),
        (io::ErrorKind::Other, "_OTHER"),
    ];
    for (kind, word) in kinds {
        let plain = io::Error::new(kind, "secret");
        assert_eq!(Failure::new(&plain).error_type().as_str(), word);
        let boxed: Box<dyn Error + Send + Sync> = Wrapped(io::Error::from(kind).into()).into();
        assert_eq!(Failure::new(&boxed).error_type().as_str(), word);
        assert!(!format!("{:?}", Failure::new(&plain)).contains("secret"));
    }
    assert_eq!(
        Failure::length_mismatch().error_type(),
        StaticStr::BODY_LENGTH
    );
    assert_eq!(Failure::new(&"secret").error_type(), StaticStr::OTHER);
}

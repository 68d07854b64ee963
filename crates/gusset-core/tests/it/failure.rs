//! The error type of a failure: one of a fixed set of values, found through boxes and sources.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use gusset_core::{Failure, Rejected, StaticStr, register_error_type};

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
        (io::ErrorKind::AddrNotAvailable, "address_not_available"),
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

/// An error of a service, with or without a function that returns it as an error.
#[derive(Debug)]
struct Registered(io::Error);

#[test]
fn registered_type_is_an_error() {
    let error = Registered(io::ErrorKind::TimedOut.into());
    assert!(Failure::new(&error).as_error().is_none());
    assert_eq!(Failure::new(&error).error_type(), StaticStr::OTHER);
    register_error_type(|error: &Registered| &error.0);
    // The first function is kept.
    register_error_type(|_: &Registered| panic!("it is not called"));
    let found = Failure::new(&error);
    assert_eq!(found.error_type(), StaticStr::TIMEOUT);
    let text = found.as_error().map(ToString::to_string);
    assert_eq!(text.as_deref(), Some("timed out"));
    let refused = Registered(io::Error::other(Rejected::new("doorman")));
    assert!(Failure::new(&refused).rejected().is_some());
}

#[test]
fn panic_of_a_registered_function_is_contained() {
    struct Panics;
    register_error_type(|_: &Panics| panic!("on purpose"));
    assert_eq!(Failure::new(&Panics).error_type(), StaticStr::OTHER);
}

#[test]
fn length_mismatch_has_a_text() {
    let failure = Failure::length_mismatch();
    let text = failure.as_error().map(ToString::to_string);
    let expected = "the body does not have the length that its headers declare";
    assert_eq!(text.as_deref(), Some(expected));
}

type BoxError = Box<dyn Error + Send + Sync>;

fn error_type(error: impl Into<BoxError>) -> &'static str {
    Failure::new(&error.into()).error_type().as_str()
}

/// An error with this text.
#[derive(Debug)]
struct Text(&'static str);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Text {}

/// An error with a text that cannot be written.
#[derive(Debug)]
struct PanicsInDisplay(io::Error);

impl fmt::Display for PanicsInDisplay {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose");
    }
}

impl Error for PanicsInDisplay {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn timed_out() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

#[test]
fn nested_io_error_has_the_type_of_its_cause() {
    assert_eq!(error_type(io::Error::other(timed_out())), "timeout");
    let twice = io::Error::other(io::Error::other(timed_out()));
    assert_eq!(error_type(Wrapped(twice.into())), "timeout");
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let invalid = io::Error::new(io::ErrorKind::InvalidData, Wrapped(reset.into()));
    assert_eq!(error_type(invalid), "connection_reset");
}

#[test]
fn shared_io_error_has_the_type_of_its_kind() {
    assert_eq!(error_type(Arc::new(timed_out())), "timeout");
    assert_eq!(error_type(Wrapped(Arc::new(timed_out()).into())), "timeout");
    assert_eq!(
        error_type(io::Error::other(Arc::new(timed_out()))),
        "timeout"
    );
    let shared: Arc<dyn Error + Send + Sync> = Arc::new(Wrapped(timed_out().into()));
    assert_eq!(error_type(shared.clone()), "timeout");
    // Without a box, as a service returns it.
    assert_eq!(Failure::new(&shared).error_type(), StaticStr::TIMEOUT);
    let io = Arc::new(timed_out());
    assert_eq!(Failure::new(&io).error_type(), StaticStr::TIMEOUT);
    assert_eq!(Failure::from_error(&io).error_type(), StaticStr::TIMEOUT);
}

#[test]
fn error_behind_any_pointer_has_the_type_of_its_kind() {
    assert_eq!(
        error_type(Wrapped(Box::new(Box::new(timed_out())))),
        "timeout"
    );
    let shared: Arc<dyn Error + Send> = Arc::new(timed_out());
    assert_eq!(
        Failure::from_error(&shared).error_type().as_str(),
        "timeout"
    );
    let shared: Arc<dyn Error> = Arc::new(timed_out());
    assert_eq!(
        Failure::from_error(&shared).error_type().as_str(),
        "timeout"
    );
}

#[test]
fn rejection_is_found_in_a_shared_error() {
    let shared: Arc<dyn Error + Send + Sync> = Arc::new(Rejected::new("doorman"));
    let boxed: BoxError = Wrapped(shared.into()).into();
    assert!(Failure::new(&boxed).rejected().is_some());
}

#[test]
fn texts_of_common_libraries_have_a_type() {
    for (text, expected) in [
        ("deadline has elapsed", "timeout"),
        ("request timed out", "timeout"),
        ("operation timed out", "timeout"),
        ("Timeout expired", "timeout"),
        (
            "data was not received within the designated timeout",
            "timeout",
        ),
        ("keep-alive timed out", "timeout"),
        ("read header from client timeout", "timeout"),
        (
            "code: 'Deadline expired before operation could complete', message: \"\"",
            "timeout",
        ),
        ("status: DeadlineExceeded, message: \"\"", "timeout"),
        ("dns error", "dns_error"),
        ("no record found for Query { name: a. }", "dns_error"),
        ("no records found for Query { name: a. }", "dns_error"),
        (
            "failed to lookup address information: Name or service not known",
            "dns_error",
        ),
        ("invalid peer certificate: UnknownIssuer", "tls_error"),
        ("received fatal alert: HandshakeFailure", "tls_error"),
        (
            "received corrupt message of type InvalidContentType",
            "tls_error",
        ),
        (
            "received unexpected message: got ApplicationData when expecting Handshake",
            "tls_error",
        ),
        (
            "received unexpected handshake message: got Finished when expecting ServerHello",
            "tls_error",
        ),
        ("peer is incompatible: NoCipherSuitesInCommon", "tls_error"),
        ("peer misbehaved: TooMuchEarlyDataReceived", "tls_error"),
        ("peer sent no certificates", "tls_error"),
        ("cannot decrypt peer's message", "tls_error"),
        (
            "certificate verify failed (self-signed certificate)",
            "tls_error",
        ),
        ("tls handshake eof", "tls_error"),
        (
            "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed",
            "tls_error",
        ),
        ("error from user's Body stream", "request_body"),
        (
            "stream error sent by user: unexpected internal error encountered",
            "request_body",
        ),
        ("user body write aborted", "request_body"),
        // Texts that only contain a known one, or are not the whole of it.
        ("the request timed out of stock", "_OTHER"),
        ("stream error received: stream no longer needed", "_OTHER"),
        ("", "_OTHER"),
        (
            "äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü",
            "_OTHER",
        ),
    ] {
        assert_eq!(error_type(Text(text)), expected, "{text}");
        assert_eq!(error_type(Wrapped(Text(text).into())), expected, "{text}");
        assert_eq!(error_type(io::Error::other(Text(text))), expected, "{text}");
    }
}

#[test]
fn outermost_known_cause_decides() {
    let tls = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");
    assert_eq!(error_type(Wrapped(tls.into())), "tls_error");
    let upload = io::Error::new(
        io::ErrorKind::ConnectionReset,
        Text("user body write aborted"),
    );
    assert_eq!(error_type(upload), "request_body");
}

#[test]
fn panic_of_a_text_is_contained() {
    assert_eq!(error_type(PanicsInDisplay(timed_out())), "timeout");
}

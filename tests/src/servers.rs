//! Servers over TCP, each on its own thread.

use std::future::Future;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};

use axum::Router;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tower_service::Service;

use crate::bodies::BoxError;
use crate::panics;

/// A server, which stops when it is dropped, with all its connections. Dropping it panics if a
/// connection panicked unexpectedly.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    unexpected: Receiver<String>,
}

impl Server {
    /// Starts hyper's HTTP/1 server, with a clone of `service` for each connection.
    pub fn http1<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self::http1_made(move || service.clone())
    }

    /// Starts hyper's HTTP/1 server, with a new service for each connection.
    pub fn http1_made<M, S, B>(make: M) -> Self
    where
        M: Fn() -> S + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self::hyper(move |stream| {
            let service = TowerToHyperService::new(make());
            tokio::spawn(async move {
                let serve = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                // Many tests break the connection.
                let _ = serve.with_upgrades().await;
            });
        })
    }

    /// Starts hyper's HTTP/2 server, with a clone of `service` for each connection.
    pub fn http2<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self::hyper(move |stream| {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let _ = http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        })
    }

    /// Starts `axum::serve`, for HTTP/1 and HTTP/2.
    pub fn axum(router: Router) -> Self {
        Self::spawn(move |listener| async move {
            let Err(error) = axum::serve(listener, router).await else {
                unreachable!()
            };
            panic!("{error}");
        })
    }

    /// Starts `axum::serve` for any service.
    pub fn axum_service<S>(service: S) -> Self
    where
        S: Service<
                axum::extract::Request,
                Response = axum::response::Response,
                Error = std::convert::Infallible,
            > + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        Self::spawn(move |listener| async move {
            let Err(error) = axum::serve(listener, tower::make::Shared::new(service)).await else {
                unreachable!()
            };
            panic!("{error}");
        })
    }

    /// Returns the address of the listener.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn hyper(serve: impl Fn(TcpStream) + Send + 'static) -> Self {
        Self::spawn(move |listener| async move {
            loop {
                let (stream, _) = listener.accept().await.expect("loopback connects");
                stream.set_nodelay(true).expect("TCP has it");
                serve(stream);
            }
        })
    }

    /// Starts a server on its own listener.
    pub fn spawn<F>(serve: impl FnOnce(TcpListener) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()>,
    {
        panics::silence_expected();
        let listener = StdListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener
            .set_nonblocking(true)
            .expect("sockets can be non-blocking");
        let addr = listener.local_addr().expect("it is bound");
        let (stop, stopped) = oneshot::channel();
        let (report, unexpected) = panics::report_channel();
        let thread = thread::spawn(move || {
            panics::report_to(report);
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime builds").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a runtime is entered");
                tokio::select! {
                    () = serve(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            addr,
            stop: Some(stop),
            thread: Some(thread),
            unexpected,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let stopped = thread.join();
            if !thread::panicking() {
                stopped.expect("a server does not panic, though its connections may");
                let unexpected: Vec<_> = self.unexpected.try_iter().collect();
                assert!(
                    unexpected.is_empty(),
                    "panics that no test wanted: {unexpected:#?}"
                );
            }
        }
    }
}

//! What stays on the threads of a runtime.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as route;
use futures_util::stream;
use gusset_trace::with_current_context;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};

use crate::context_support::*;

const WORKERS: usize = 4;

/// Checks the current context of every worker: each has to run a task, because the others wait for it.
async fn assert_workers_are_clean() {
    let barrier = Arc::new(Barrier::new(WORKERS));
    let tasks = std::array::from_fn::<_, WORKERS, _>(|_| {
        let barrier = barrier.clone();
        tokio::spawn(async move {
            barrier.wait();
            let cx = Context::current();
            let is_clean = !cx.has_active_span() && cx.baggage().is_empty();
            (is_clean, format!("{cx:?}"))
        })
    });
    for task in tasks {
        let (is_clean, context) = task.await.unwrap();
        assert!(is_clean, "{context}");
        assert!(context.contains("entries count: 0"), "{context}");
    }
}

/// Ends in the way that the path names.
async fn end(how: &str) -> Body {
    assert!(Context::current().has_active_span());
    library().in_span("work", |_| ());
    tokio::task::yield_now().await;
    match how {
        "panic" => panic!("on purpose"),
        "panic in a span" => library().in_span("unwinds", |_| panic!("on purpose")),
        "wait" => std::future::pending().await,
        "task" => {
            // Outlives the call.
            tokio::spawn(with_current_context(async {
                tokio::task::yield_now().await;
                panic!("on purpose");
            }));
            Body::empty()
        }
        "body panics" => Body::from_stream(stream::once(async {
            assert!(Context::current().has_active_span());
            tokio::task::yield_now().await;
            panic!("on purpose");
            #[expect(unreachable_code, reason = "states the type")]
            Ok::<_, Infallible>(Bytes::new())
        })),
        "body waits" => Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()),
        _ => Body::from("done"),
    }
}

const ENDS: [&str; 7] = [
    "done",
    "panic",
    "panic in a span",
    "wait",
    "task",
    "body panics",
    "body waits",
];

fn router(_: &str) -> Router {
    let routes = ENDS.into_iter().enumerate();
    let routes = routes.fold(Router::new(), |router, (at, how)| {
        router.route(&format!("/{at}"), route(move || end(how)))
    });
    routes.layer(server_layer())
}

#[test]
fn nothing_stays_attached_on_any_worker() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        served(router, async |base| {
            let calls = (0..140).map(|at| {
                let url = format!("{base}/{}", at % ENDS.len());
                tokio::spawn(async move {
                    let call = get(client(), url);
                    // Pending calls are cancelled once they have been polled a few times.
                    let turns = async {
                        for _ in 0..200 {
                            tokio::task::yield_now().await;
                        }
                    };
                    let waits = matches!(ENDS[at % ENDS.len()], "wait" | "body waits");
                    if waits {
                        tokio::select! {
                            _ = call => {}
                            () = turns => {}
                        }
                    } else {
                        let _ = call.await;
                    }
                })
            });
            for call in calls.collect::<Vec<_>>() {
                call.await.unwrap();
            }
        })
        .await;
        tokio::spawn(assert_workers_are_clean()).await.unwrap();
    });
    assert!(!Context::current().has_active_span());
}

#[test]
fn unwinding_and_dropped_polls_restore_the_context() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outer = Context::new().with_value(7_u8).attach();
    let service = tower::Layer::layer(
        &server_layer(),
        tower::service_fn(|req: http::Request<()>| {
            assert!(req.uri().path() != "/at-once", "on purpose");
            async move {
                tokio::task::yield_now().await;
                assert!(req.uri().path() != "/later", "on purpose");
                std::future::pending::<()>().await;
                Ok::<_, Infallible>(http::Response::new(Body::empty()))
            }
        }),
    );
    let call = |path: &str| {
        let req = http::Request::get(path).body(()).unwrap();
        let call = tower::ServiceExt::oneshot(service.clone(), req);
        let turns = async {
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        };
        runtime.block_on(async {
            tokio::select! {
                _ = call => {}
                () = turns => {}
            }
        });
    };
    for path in ["/at-once", "/later"] {
        assert!(catch_unwind(AssertUnwindSafe(|| call(path))).is_err());
        assert_eq!(Context::current().get(), Some(&7_u8));
        assert!(!Context::current().has_active_span());
    }
    call("/dropped");
    assert_eq!(Context::current().get(), Some(&7_u8));
    drop(outer);
    assert_eq!(Context::current().get::<u8>(), None);
}

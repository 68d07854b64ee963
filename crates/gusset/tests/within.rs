//! Real calls inside a call are recorded, awaited or spawned. Only the same request in a second layer is
//! not.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/capture.rs"]
mod capture;

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset_testkit::RecordingObserver;
use http::{Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt as _, service_fn};

use crate::capture::{Capture, metrics};

/// How the inner calls are made.
#[derive(Clone, Copy, Debug)]
enum How {
    Awaited,
    Spawned,
    Together,
}

const ALL: [How; 3] = [How::Awaited, How::Spawned, How::Together];

impl How {
    async fn run<F>(self, calls: Vec<F>)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Awaited => {
                for call in calls {
                    call.await;
                }
            }
            Self::Spawned => {
                for call in calls {
                    tokio::spawn(call).await.unwrap();
                }
            }
            Self::Together => {
                let tasks: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }
        }
    }
}

fn on_runtime<T>(capture: &Capture, calls: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    capture.run(|| runtime.unwrap().block_on(calls))
}

fn request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn read_to_end<B>(response: Response<B>)
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let body = Body::new(response.into_body());
    axum::body::to_bytes(body, usize::MAX).await.unwrap();
}

fn assert_calls(capture: &Capture, calls: usize, how: How) {
    assert_eq!(capture.take_entries().len(), calls, "log entries, {how:?}");
    assert_eq!(capture.take_spans().len(), calls, "spans, {how:?}");
    let observed = capture.recorder.calls().len();
    assert_eq!(observed, calls, "custom observer, {how:?}");
}

#[test]
fn token_fetched_by_the_same_client_layer_is_recorded() {
    for how in ALL {
        let capture = Capture::new();
        let gusset = capture.build(gusset::http_client());
        let remote = service_fn(async |_: Request<Body>| {
            Ok::<_, Infallible>(Response::new(String::from("it")))
        });
        let tokens = gusset.layer().layer(remote);
        let authorized = service_fn(move |req: Request<Body>| {
            let tokens = tokens.clone();
            async move {
                // To the same path, which is the address of the token endpoint too.
                let path = req.uri().to_string();
                let fetch = async move {
                    let Ok(token) = tokens.oneshot(request(&path)).await;
                    read_to_end(token).await;
                };
                how.run(vec![fetch]).await;
                Ok::<_, Infallible>(Response::new(String::from("an item")))
            }
        });
        let client = gusset.layer().layer(authorized);
        on_runtime(&capture, async {
            let Ok(item) = client.oneshot(request("http://a.example/items")).await;
            read_to_end(item).await;
        });
        assert_calls(&capture, 2, how);
    }
}

#[test]
fn batch_through_its_own_router_is_recorded() {
    for how in ALL {
        let capture = Capture::new();
        let gusset = capture.build(gusset::http());
        let app = Arc::new(OnceLock::<Router>::new());
        let own = app.clone();
        let batch = move || async move {
            let part = |_| {
                let router = own.get().unwrap().clone();
                async move {
                    let Ok(part) = router.oneshot(request("/items/1")).await;
                    read_to_end(part).await;
                }
            };
            how.run((0..10).map(part).collect()).await;
            "all"
        };
        let router = Router::new()
            .route("/items/{id}", get(async || "an item"))
            .route("/batches", get(batch))
            .layer(gusset.layer())
            .layer(gusset.layer());
        let router = app.get_or_init(|| router).clone();
        on_runtime(&capture, async {
            let Ok(all) = router.oneshot(request("/batches")).await;
            read_to_end(all).await;
        });
        assert_calls(&capture, 11, how);
    }
}

type Consumer = BoxCloneSyncService<u32, (), Infallible>;

#[test]
fn ten_messages_handled_within_one_are_recorded() {
    for how in ALL {
        let recorder = RecordingObserver::new();
        let gusset = gusset::message_consumer::<u32, ()>("channel").observer(recorder.clone());
        let gusset = gusset.build_with(|_| None).unwrap();
        let own = Arc::new(OnceLock::<Consumer>::new());
        let inner = own.clone();
        let consumer = service_fn(move |message: u32| {
            let inner = inner.clone();
            async move {
                let handle = |part| {
                    let consumer = inner.get().unwrap().clone();
                    async move {
                        let Ok(()) = consumer.oneshot(part).await;
                    }
                };
                // Message 0 is a batch.
                let parts = (1..=10).filter(|_| message == 0);
                how.run(parts.map(handle).collect()).await;
                Ok::<_, Infallible>(())
            }
        });
        let consumer = BoxCloneSyncService::new(gusset.layer().layer(consumer));
        let consumer = own.get_or_init(|| consumer).clone();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let Ok(()) = runtime.unwrap().block_on(consumer.oneshot(0));
        assert_eq!(recorder.calls().len(), 11, "custom observer, {how:?}");
        let metrics = metrics(&gusset);
        let durations = metrics
            .iter()
            .find(|metric| metric.name == "messaging.process.duration");
        let gusset_data::MetricData::Histogram(points) = &durations.unwrap().data else {
            panic!("durations are a histogram");
        };
        let count: u64 = points.iter().flat_map(|point| &point.counts).sum();
        assert_eq!(count, 11, "{how:?}");
    }
}

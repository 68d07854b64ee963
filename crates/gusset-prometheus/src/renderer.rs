//! Renders on a separate thread.
//!
//! Ten thousand histograms are 28 MB of text, which takes 58 million instructions to render
//! (`docs/benchmarks.md`) and more to compress. That must not block an executor. The first scrape starts the thread, and it exits when
//! the last handle to the exporter is dropped. It needs no async runtime.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_channel::oneshot;

use crate::TARGET;
use crate::format::Format;
use crate::snapshot::Snapshotter;

/// Linux shows 15 bytes of a thread's name.
const THREAD_NAME: &str = "gusset-scrape";

/// Starts the rendering thread, and sends requests to it.
#[derive(Debug)]
pub(crate) struct Renderer {
    snapshotter: Arc<Snapshotter>,
    /// `None` if the thread could not be started.
    requests: OnceLock<Option<Sender<RenderRequest>>>,
}

/// A scrape that waits for its page.
#[derive(Debug)]
struct RenderRequest {
    format: Format,
    gzip: bool,
    reply: oneshot::Sender<RenderedPage>,
}

/// The body of a response.
#[derive(Clone, Debug)]
pub(crate) struct RenderedPage {
    pub(crate) body: Bytes,
    pub(crate) gzip: bool,
}

/// The pages in one format for the requests of one batch, rendered on demand.
struct RenderCache {
    format: Format,
    plain: Option<RenderedPage>,
    gzip: Option<RenderedPage>,
}

// === impl Renderer ===

impl Renderer {
    pub(crate) fn new(snapshotter: Arc<Snapshotter>) -> Self {
        Self {
            snapshotter,
            requests: OnceLock::new(),
        }
    }

    pub(crate) fn snapshotter(&self) -> &Arc<Snapshotter> {
        &self.snapshotter
    }

    /// Sends a request to the thread, and returns the receiver of the page.
    ///
    /// Returns `None` if there is no thread.
    pub(crate) fn request(
        &self,
        format: Format,
        gzip: bool,
    ) -> Option<oneshot::Receiver<RenderedPage>> {
        let requests = self.requests.get_or_init(|| start(&self.snapshotter));
        let requests = requests.as_ref()?;
        let (reply, response) = oneshot::channel();
        let request = RenderRequest {
            format,
            gzip,
            reply,
        };
        requests.send(request).ok()?;
        Some(response)
    }
}

// === impl RenderedPage ===

impl RenderedPage {
    /// Renders a page on this thread.
    pub(crate) fn render(snapshotter: &Snapshotter, format: Format, gzip: bool) -> Self {
        let page = Self::plain(snapshotter, format);
        if gzip { page.compress() } else { page }
    }

    fn plain(snapshotter: &Snapshotter, format: Format) -> Self {
        Self {
            body: snapshotter.render(format),
            gzip: false,
        }
    }

    fn compress(self) -> Self {
        // The fastest level. The text is so repetitive that higher levels save little.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        match encoder
            .write_all(&self.body)
            .and_then(|()| encoder.finish())
        {
            Ok(compressed) => Self {
                body: Bytes::from(compressed),
                gzip: true,
            },
            Err(_) => self,
        }
    }
}

fn start(snapshotter: &Arc<Snapshotter>) -> Option<Sender<RenderRequest>> {
    let (sender, receiver) = channel();
    let snapshotter = Arc::clone(snapshotter);
    thread::Builder::new()
        .name(THREAD_NAME.to_owned())
        .spawn(move || run(&snapshotter, &receiver))
        .inspect_err(|error| {
            tracing::warn!(
                target: TARGET,
                "cannot start the thread {THREAD_NAME}, scrapes are rendered on the executor and may \
                 delay requests: {error}"
            );
        })
        .ok()?;
    Some(sender)
}

/// Renders pages until all senders are dropped.
///
/// The requests that wait when rendering begins share one page. A request that arrives while a page is
/// rendered waits for the next one, so a response has everything that was recorded before its request.
fn run(snapshotter: &Snapshotter, receiver: &Receiver<RenderRequest>) {
    while let Ok(first) = receiver.recv() {
        let waiting = std::iter::once(first).chain(receiver.try_iter());
        let batch: Vec<_> = waiting
            .filter(|request| !request.reply.is_canceled())
            .collect();
        if batch.is_empty() {
            continue;
        }
        let mut caches: Vec<RenderCache> = Vec::new();
        for request in batch {
            let known = caches.iter().position(|it| it.format == request.format);
            let at = known.unwrap_or_else(|| {
                caches.push(RenderCache::new(request.format));
                caches.len() - 1
            });
            let cache = &mut caches[at];
            // An error means that the scrape was cancelled meanwhile.
            let _ = request.reply.send(cache.get(snapshotter, request.gzip));
        }
    }
}

// === impl RenderCache ===

impl RenderCache {
    fn new(format: Format) -> Self {
        Self {
            format,
            plain: None,
            gzip: None,
        }
    }

    fn get(&mut self, snapshotter: &Snapshotter, compressed: bool) -> RenderedPage {
        let Self {
            format,
            plain,
            gzip,
        } = self;
        let plain = plain.get_or_insert_with(|| RenderedPage::plain(snapshotter, *format));
        if compressed {
            gzip.get_or_insert_with(|| plain.clone().compress()).clone()
        } else {
            plain.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use gusset_metrics::Registry;

    use super::*;
    use crate::Resource;

    fn snapshotter() -> Snapshotter {
        let registry = Registry::builder().build_with(|_| None).unwrap();
        Snapshotter::new(&Resource::new().with("a", "b"), Arc::new(registry), false)
    }

    #[test]
    fn waiting_requests_share_one_page() {
        let (sender, receiver) = channel();
        let request = |gzip| {
            let (reply, response) = oneshot::channel();
            let format = Format::PLAIN;
            sender
                .send(RenderRequest {
                    format,
                    gzip,
                    reply,
                })
                .unwrap();
            response
        };
        let (mut a, mut b, mut gzip) = (request(false), request(false), request(true));
        drop(request(false));
        drop(sender);
        run(&snapshotter(), &receiver);

        let received = |response: &mut oneshot::Receiver<RenderedPage>| {
            response
                .try_recv()
                .unwrap()
                .expect("sent before the thread exits")
        };
        let (a, b, gzip) = (received(&mut a), received(&mut b), received(&mut gzip));
        assert_eq!(a.body.as_ptr(), b.body.as_ptr());
        assert!(!a.gzip && gzip.gzip);
    }

    #[test]
    fn thread_exits_with_the_last_handle() {
        let snapshotter = Arc::new(snapshotter());
        let renderer = Renderer::new(Arc::clone(&snapshotter));
        let response = renderer.request(Format::PLAIN, false).unwrap();
        drop(renderer);
        drop(response);
        // The thread holds the other reference until it exits.
        let mut tries = 0;
        while Arc::strong_count(&snapshotter) > 1 {
            tries += 1;
            assert!(tries < 10_000_000, "the thread did not exit");
            thread::yield_now();
        }
    }
}

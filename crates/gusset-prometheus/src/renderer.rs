//! Pages made on a thread of their own.
//!
//! Ten thousand histogram series are some thirty megabytes of text: milliseconds to write and more
//! to zip, which an executor must not spend. The thread is started by the first scrape, sleeps
//! between scrapes, and ends when the last handle to the page is dropped. It needs no runtime.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_channel::oneshot;

use crate::store::Store;
use crate::text::Format;

/// Makes pages, here or on its thread.
#[derive(Debug)]
pub(crate) struct Renderer {
    store: Arc<Store>,
    /// The way to the thread; none if it could not be started.
    thread: OnceLock<Option<Sender<Order>>>,
}

/// Somebody waits for a page.
#[derive(Debug)]
struct Order {
    format: Format,
    gzip: bool,
    reply: oneshot::Sender<Rendered>,
}

/// A page as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) body: Bytes,
    pub(crate) gzip: bool,
}

// === impl Renderer ===

impl Renderer {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            thread: OnceLock::new(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Orders a page from the thread; none if there is no thread to make it.
    pub(crate) fn order(&self, format: Format, gzip: bool) -> Option<oneshot::Receiver<Rendered>> {
        let thread = self.thread.get_or_init(|| start(&self.store)).as_ref()?;
        let (reply, answer) = oneshot::channel();
        thread
            .send(Order {
                format,
                gzip,
                reply,
            })
            .ok()?;
        Some(answer)
    }
}

// === impl Rendered ===

impl Rendered {
    /// Makes a page on this thread.
    pub(crate) fn now(store: &Store, format: Format, gzip: bool) -> Self {
        Self::plain(store, format).zipped_if(gzip)
    }

    fn plain(store: &Store, format: Format) -> Self {
        Self {
            body: Bytes::from(store.render(format)),
            gzip: false,
        }
    }

    fn zipped_if(self, gzip: bool) -> Self {
        if !gzip {
            return self;
        }
        // The fastest level: a page is so repetitive that more effort saves little.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        match encoder
            .write_all(&self.body)
            .and_then(|()| encoder.finish())
        {
            Ok(zipped) => Self {
                body: Bytes::from(zipped),
                gzip: true,
            },
            Err(_) => self,
        }
    }
}

fn start(store: &Arc<Store>) -> Option<Sender<Order>> {
    let (orders, queue) = channel();
    let store = Arc::clone(store);
    thread::Builder::new()
        .name("gusset-page".to_owned())
        .spawn(move || work(&store, &queue))
        .inspect_err(|error| {
            tracing::warn!(%error, "no thread for the scrape page; it is made where it is asked for");
        })
        .ok()?;
    Some(orders)
}

/// Works orders off until nobody can order any more.
///
/// All orders that wait when a page is begun share it. One that comes while a page is being made
/// waits for the next: an answer always holds what was recorded before it was asked for.
fn work(store: &Store, queue: &Receiver<Order>) {
    while let Ok(first) = queue.recv() {
        let waiting = std::iter::once(first).chain(queue.try_iter());
        let orders: Vec<_> = waiting.filter(|order| !order.reply.is_canceled()).collect();
        if orders.is_empty() {
            continue;
        }
        let mut pages = [Pages::of(Format::SharedStr), Pages::of(Format::OpenMetrics)];
        for order in orders {
            let pages = match order.format {
                Format::SharedStr => &mut pages[0],
                Format::OpenMetrics => &mut pages[1],
            };
            // Whoever went away meanwhile needs no answer.
            let _ = order.reply.send(pages.get(store, order.gzip));
        }
    }
}

/// The pages of one round in one format, as far as they were ordered.
struct Pages {
    format: Format,
    plain: Option<Rendered>,
    zipped: Option<Rendered>,
}

// === impl Pages ===

impl Pages {
    fn of(format: Format) -> Self {
        Self {
            format,
            plain: None,
            zipped: None,
        }
    }

    fn get(&mut self, store: &Store, gzip: bool) -> Rendered {
        let Self {
            format,
            plain,
            zipped,
        } = self;
        let plain = plain.get_or_insert_with(|| Rendered::plain(store, *format));
        if gzip {
            zipped
                .get_or_insert_with(|| plain.clone().zipped_if(true))
                .clone()
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

    fn store() -> Store {
        let registry = Registry::builder().build_with(|_| None).unwrap();
        Store::new(&Resource::new().with("a", "b"), Arc::new(registry))
    }

    #[test]
    fn orders_that_wait_together_share_one_page() {
        let (orders, queue) = channel();
        let ask = |gzip| {
            let (reply, answer) = oneshot::channel();
            let format = Format::SharedStr;
            orders
                .send(Order {
                    format,
                    gzip,
                    reply,
                })
                .unwrap();
            answer
        };
        let (mut a, mut b, mut zipped) = (ask(false), ask(false), ask(true));
        drop(ask(false));
        drop(orders);
        work(&store(), &queue);

        let got = |answer: &mut oneshot::Receiver<Rendered>| {
            answer
                .try_recv()
                .unwrap()
                .expect("answered before the queue ended")
        };
        let (a, b, zipped) = (got(&mut a), got(&mut b), got(&mut zipped));
        assert_eq!(a.body.as_ptr(), b.body.as_ptr());
        assert!(!a.gzip && zipped.gzip);
    }

    #[test]
    fn the_thread_ends_with_the_last_handle() {
        let store = Arc::new(store());
        let renderer = Renderer::new(Arc::clone(&store));
        let answer = renderer.order(Format::SharedStr, false).unwrap();
        drop(renderer);
        drop(answer);
        // The thread holds the store while it lives; its end is the only way to the last handle.
        let mut tries = 0;
        while Arc::strong_count(&store) > 1 {
            tries += 1;
            assert!(tries < 10_000_000, "the thread lives on");
            thread::yield_now();
        }
    }
}

//! The thread that exports. It has a runtime of its own, so that the service's may be of any kind, be
//! blocked, or not be there at all, and a shutdown never waits for a thread that waits for it.

mod batches;
mod carrier;
mod console;
mod delta;
mod mood;
mod orders;
mod readings;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;

use tokio::runtime;
use tokio::task::JoinSet;

use crate::voice;

pub(crate) use batches::{Batches, Item};
pub(crate) use carrier::Carrier;
pub(crate) use console::Console;
pub(crate) use mood::Mood;
pub(crate) use orders::{Order, Orders};
pub(crate) use readings::{Readings, Source};

/// What goes on for one signal until the last order.
pub(crate) type Pipeline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the pipelines on a thread of their own, each for itself.
pub(crate) fn start(pipelines: Vec<Pipeline>) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        // One that writes to the console and one that reads metrics; the rest looks up names.
        .max_blocking_threads(8)
        .thread_name("gusset-otlp-aside")
        .on_thread_start(voice::mark_thread)
        .build()?;
    let run = move || {
        voice::mark_thread();
        runtime.block_on(async {
            let mut all = JoinSet::new();
            for pipeline in pipelines {
                all.spawn(pipeline);
            }
            while all.join_next().await.is_some() {}
        });
        // A name that is still being looked up, or a console that takes nothing, is not waited for.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("gusset-otlp".to_owned())
        .spawn(run)?;
    Ok(())
}

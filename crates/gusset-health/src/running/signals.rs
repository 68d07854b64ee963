//! The signals of the process.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::core::Core;

/// The first signal begins the shutdown, the second skips its waits.
#[cfg(unix)]
pub(super) fn spawn(core: &Arc<Core>, tasks: &mut JoinSet<()>, handle: &Handle) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    use super::race;

    // Registering needs the runtime's drivers.
    let _entered = handle.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let life = core.life.clone();
    let heed = async move {
        race(terminate.recv(), interrupt.recv()).await;
        life.drain();
        race(terminate.recv(), interrupt.recv()).await;
        life.hurry();
    };
    tasks.spawn_on(heed, handle);
    Ok(())
}

/// The first Ctrl-C begins the shutdown, the second skips its waits.
#[cfg(not(unix))]
pub(super) fn spawn(core: &Arc<Core>, tasks: &mut JoinSet<()>, handle: &Handle) -> io::Result<()> {
    let life = core.life.clone();
    let heed = async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            life.drain();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            life.hurry();
        }
    };
    tasks.spawn_on(heed, handle);
    Ok(())
}

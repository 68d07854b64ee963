//! Signals of the process.

use std::io;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::Lifecycle;

/// Spawns a task that begins the shutdown at the first SIGTERM or SIGINT and forces it at the second.
#[cfg(unix)]
pub(super) fn spawn(
    lifecycle: Lifecycle,
    tasks: &mut JoinSet<()>,
    handle: &Handle,
) -> io::Result<()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }

    // Registration needs the signal driver of the runtime.
    let _entered = handle.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let task = async move {
        next(&mut terminate, &mut interrupt).await;
        lifecycle.begin_shutdown();
        next(&mut terminate, &mut interrupt).await;
        lifecycle.force_shutdown();
    };
    tasks.spawn_on(task, handle);
    Ok(())
}

/// Spawns a task that begins the shutdown at the first Ctrl-C and forces it at the second.
#[cfg(not(unix))]
pub(super) fn spawn(
    lifecycle: Lifecycle,
    tasks: &mut JoinSet<()>,
    handle: &Handle,
) -> io::Result<()> {
    let task = async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            lifecycle.begin_shutdown();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            lifecycle.force_shutdown();
        }
    };
    tasks.spawn_on(task, handle);
    Ok(())
}

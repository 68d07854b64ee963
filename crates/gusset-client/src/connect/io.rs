//! An established connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

use crate::CallTimings;
use crate::record::ConnectionRecord;

/// A connection that passes its times to the responses that it carries.
///
/// Reads and writes are those of the connection inside.
#[derive(Debug)]
pub struct TimedIo<T> {
    inner: T,
    open: Open,
}

/// Records the close when it is dropped.
#[derive(Debug)]
struct Open(Arc<ConnectionRecord>);

// === impl TimedIo ===

impl<T> TimedIo<T> {
    pub(super) fn new(inner: T, record: Arc<ConnectionRecord>) -> Self {
        record.open();
        let open = Open(record);
        Self { inner, open }
    }

    /// Returns the connection inside.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }
}

impl<T: Connection> Connection for TimedIo<T> {
    fn connected(&self) -> Connected {
        let timings = CallTimings::of_connection(Arc::clone(&self.open.0));
        self.inner.connected().extra(timings)
    }
}

impl<T: Read + Unpin> Read for TimedIo<T> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for TimedIo<T> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}

// === impl Open ===

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

//! The size limit of a receiver, as far as its responses show it.

use std::time::Duration;

use tokio::time::Instant;

use crate::transport::ExportError;

/// The smallest message that the receiver refused because of its size. Larger messages are split before
/// they are sent.
///
/// Within a batch, this bounds the number of requests if the receiver refuses all of them for another
/// reason, for example because of a quota. Later batches use it only if the receiver has accepted a smaller
/// message, and not for longer than [`REMEMBERED_FOR`]. They send single items all the same, because
/// those cannot be split.
#[derive(Debug, Default)]
pub(crate) struct SizeLimit {
    /// The smallest message of this batch that was refused, and why.
    refused: Option<(Size, ExportError)>,
    /// The smallest message of this batch that may have been refused because of its size.
    suspected: Option<Size>,
    /// The limit of earlier batches, and the time at which it is forgotten.
    remembered: Option<(Size, Instant)>,
}

/// The size of a message, and of its body after compression. A receiver may limit either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) message: usize,
    pub(crate) body: usize,
}

/// The time for which a limit is remembered. Then one batch is sent as a whole, because the limit may have
/// been raised.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

// === impl SizeLimit ===

impl SizeLimit {
    /// Starts another batch.
    pub(crate) fn start_batch(&mut self) {
        self.refused = None;
        self.suspected = None;
    }

    /// Returns the error of a smaller message of this batch that was refused.
    pub(crate) fn refusal(&self, size: Size) -> Option<&ExportError> {
        let (smaller, error) = self.refused.as_ref()?;
        size.includes(*smaller).then_some(error)
    }

    /// Returns whether a message of several items is known to be too large.
    pub(crate) fn excludes(&mut self, now: Instant, size: Size) -> bool {
        self.remembered = self.remembered.take_if(|(_, until)| now < *until);
        let remembered = self.remembered.map(|(limit, _)| limit);
        self.refusal(size).is_some() || remembered.is_some_and(|limit| size.includes(limit))
    }

    /// Remembers a message that was refused because of its size.
    pub(crate) fn refuse(&mut self, size: Size, error: ExportError) {
        self.refused = Some((size, error));
        self.suspect(size);
    }

    /// Remembers a message that may have been too large: the receiver has closed the connection.
    pub(crate) fn suspect(&mut self, size: Size) {
        self.suspected = Some(size);
    }

    /// Remembers the limit if this message, which was accepted, shows that the size was the reason. Forgets
    /// a limit that it exceeds.
    pub(crate) fn accept(&mut self, now: Instant, size: Size) {
        self.remembered = self.remembered.take_if(|(limit, _)| !size.includes(*limit));
        if let Some(suspected) = self.suspected.take_if(|it| !size.includes(*it)) {
            self.remembered = Some((suspected, now + REMEMBERED_FOR));
        }
    }
}

// === impl Size ===

impl Size {
    fn includes(self, smaller: Self) -> bool {
        self.message >= smaller.message && self.body >= smaller.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn size(bytes: usize) -> Size {
        Size {
            message: bytes,
            body: bytes / 2,
        }
    }

    fn refuse(limit: &mut SizeLimit, bytes: usize) {
        limit.refuse(size(bytes), ExportError::too_large());
    }

    #[test]
    fn limit_is_remembered_for_ten_minutes() {
        let (mut limit, now) = (SizeLimit::default(), Instant::now());
        refuse(&mut limit, 100);
        limit.accept(now, size(50));
        limit.start_batch();
        assert!(limit.refusal(size(100)).is_none(), "single items are sent");
        let just_before = now + Duration::from_millis(599_999);
        assert!(limit.excludes(just_before, size(100)) && limit.excludes(just_before, size(200)));
        assert!(!limit.excludes(just_before, size(99)));
        assert!(!limit.excludes(now + REMEMBERED_FOR, size(200)));
    }

    #[test]
    fn smaller_limit_replaces_the_one_that_was_remembered() {
        let (mut limit, now) = (SizeLimit::default(), Instant::now());
        for (refused, accepted) in [(100, 50), (80, 40)] {
            limit.start_batch();
            refuse(&mut limit, refused);
            limit.accept(now, size(accepted));
        }
        assert!(limit.excludes(now, size(80)) && !limit.excludes(now, size(79)));
    }

    #[test]
    fn exhausted_quota_is_not_remembered() {
        let (mut limit, now) = (SizeLimit::default(), Instant::now());
        for bytes in [100, 50, 25] {
            refuse(&mut limit, bytes);
        }
        assert!(limit.excludes(now, size(25)), "within the batch");
        limit.start_batch();
        limit.accept(now, size(10));
        assert!(!limit.excludes(now, size(100)));
    }

    #[test]
    fn limit_is_forgotten_once_it_was_raised() {
        let (mut limit, now) = (SizeLimit::default(), Instant::now());
        refuse(&mut limit, 100);
        limit.accept(now, size(50));
        limit.start_batch();
        // A single item, which is sent whatever its size.
        limit.accept(now, size(150));
        assert!(!limit.excludes(now, size(200)));
    }

    #[test]
    fn message_that_is_accepted_later_was_not_too_large() {
        let (mut limit, now) = (SizeLimit::default(), Instant::now());
        limit.suspect(size(100));
        limit.accept(now, size(100));
        limit.start_batch();
        assert!(!limit.excludes(now, size(100)));
    }
}

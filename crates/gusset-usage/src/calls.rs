//! The calls of each page.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gusset_core::{Table, thread_number};
use gusset_data::SharedStr;

use crate::time::{Tick, Window};

/// The calls of each page since the start, and at the start of each sub-window.
///
/// The count of a window is the difference of two counts, so a call costs two additions, whatever the windows are. They are
/// to memory of a group of threads, so that processors do not wait for each other.
pub(crate) struct Calls {
    /// The places of pages, from [`FIRST_PAGE`].
    places: Table<Box<str>, u32>,
    shards: Box<[Shard]>,
    snapshots: Mutex<Snapshots>,
    /// The tick of the newest snapshot.
    tick: AtomicU64,
}

/// The counts of some threads.
struct Shard {
    started: AtomicU64,
    ended: AtomicU64,
    /// By the place of the page.
    pages: Box<[PageCounts]>,
}

#[derive(Default)]
struct PageCounts {
    people: AtomicU64,
    bots: AtomicU64,
}

/// Where a page is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageId(u32);

/// Which threads a call is counted with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardId(u32);

/// Calls by people and by bots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByClient {
    pub(crate) people: u64,
    pub(crate) bots: u64,
}

/// What was counted until a moment.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    /// By the place of the page. A page that is newer has no count.
    pages: Box<[ByClient]>,
    pub(crate) new_visitors: u64,
}

/// The totals at the starts of sub-windows, the oldest first.
struct Snapshots {
    hour: Vec<(Tick, Totals)>,
    day: Vec<(Tick, Totals)>,
}

const MAX_SHARDS: usize = 8;
const NO_ROUTE: u32 = 0;
const OTHER: u32 = 1;
const FIRST_PAGE: u32 = 2;

// === impl PageId ===

impl PageId {
    /// The calls without a route: of no page.
    pub(crate) const NO_ROUTE: Self = Self(NO_ROUTE);
    /// The pages over the limit.
    pub(crate) const OTHER: Self = Self(OTHER);
}

// === impl Calls ===

impl Calls {
    pub(crate) fn new(max_pages: usize) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = threads.next_power_of_two().min(MAX_SHARDS);
        let pages = max_pages + FIRST_PAGE as usize;
        Self {
            places: Table::new(max_pages),
            shards: (0..shards).map(|_| Shard::new(pages)).collect(),
            snapshots: Mutex::new(Snapshots {
                hour: Vec::new(),
                day: Vec::new(),
            }),
            tick: AtomicU64::new(0),
        }
    }

    /// Returns the place of a page. Allocates for the first call of the page.
    #[inline]
    pub(crate) fn page(&self, route: Option<&str>) -> PageId {
        let Some(route) = route else {
            return PageId::NO_ROUTE;
        };
        match self.places.get(route) {
            Some(place) => PageId(*place),
            None => self.add_page(route),
        }
    }

    #[cold]
    #[inline(never)]
    fn add_page(&self, route: &str) -> PageId {
        if self.places.is_full() || route.len() > MAX_ROUTE_BYTES {
            return PageId::OTHER;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below the limit")]
        let place = |len: usize| FIRST_PAGE + len as u32;
        let place = self.places.insert(route.into(), place);
        place.map_or(PageId::OTHER, |place| PageId(*place))
    }

    #[inline]
    pub(crate) fn start(&self) -> ShardId {
        #[expect(clippy::cast_possible_truncation, reason = "at most eight")]
        let shard = (thread_number() & (self.shards.len() - 1)) as u32;
        self.shards[shard as usize].started.fetch_add(1, Relaxed);
        ShardId(shard)
    }

    #[inline]
    pub(crate) fn end(&self, shard: ShardId, page: PageId, is_bot: bool) {
        let shard = &self.shards[shard.0 as usize];
        let counts = &shard.pages[page.0 as usize];
        let count = if is_bot { &counts.bots } else { &counts.people };
        count.fetch_add(1, Relaxed);
        shard.ended.fetch_add(1, Relaxed);
    }

    /// Returns the calls that have started and not ended.
    pub(crate) fn under_way(&self) -> u64 {
        let sum = |of: fn(&Shard) -> &AtomicU64| -> u64 {
            let shards = self.shards.iter();
            shards.map(|shard| of(shard).load(Relaxed)).sum()
        };
        // The ends first, so that a call that ends meanwhile is not missing from the starts.
        let ended = sum(|shard| &shard.ended);
        sum(|shard| &shard.started).saturating_sub(ended)
    }

    /// Returns the names of all pages with their places.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (SharedStr, PageId)> {
        let pages = self.places.iter();
        let pages = pages.map(|(name, place)| (SharedStr::new(name), PageId(*place)));
        pages.chain([(SharedStr::from_static(OTHER_PAGE), PageId::OTHER)])
    }

    /// Returns the tick of the newest snapshot.
    #[inline]
    pub(crate) fn tick(&self) -> Tick {
        Tick(self.tick.load(Relaxed))
    }

    /// Keeps the totals at the start of a tick, unless there is a snapshot of it.
    pub(crate) fn advance(&self, tick: Tick, new_visitors: u64) {
        let mut snapshots = self.lock();
        // Another thread may have been faster.
        if tick > self.tick() {
            snapshots.push(tick, &self.totals(new_visitors));
            self.tick.store(tick.0, Relaxed);
        }
    }

    /// Returns the totals now.
    pub(crate) fn totals(&self, new_visitors: u64) -> Totals {
        let mut pages = vec![ByClient::default(); self.shards[0].pages.len()];
        for shard in &self.shards {
            for (total, counts) in pages.iter_mut().zip(&shard.pages) {
                total.people += counts.people.load(Relaxed);
                total.bots += counts.bots.load(Relaxed);
            }
        }
        Totals {
            pages: pages.into(),
            new_visitors,
        }
    }

    /// Returns the totals at the start of a window, or `None` if nothing was counted before it.
    pub(crate) fn totals_before(&self, window: Window, tick: Tick) -> Option<Totals> {
        self.lock().before(window, tick)
    }

    fn lock(&self) -> MutexGuard<'_, Snapshots> {
        self.snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of the pages over the limit.
pub(crate) const OTHER_PAGE: &str = "_OTHER";
/// A longer route is counted with those over the limit.
const MAX_ROUTE_BYTES: usize = 256;

// === impl Shard ===

impl Shard {
    fn new(pages: usize) -> Self {
        Self {
            started: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            pages: std::iter::repeat_with(PageCounts::default)
                .take(pages)
                .collect(),
        }
    }
}

// === impl Snapshots ===

impl Snapshots {
    fn for_window(&mut self, window: Window) -> &mut Vec<(Tick, Totals)> {
        match window {
            Window::Hour => &mut self.hour,
            Window::Day => &mut self.day,
        }
    }

    fn push(&mut self, tick: Tick, totals: &Totals) {
        for window in [Window::Hour, Window::Day] {
            let of_window = self.for_window(window);
            let is_boundary = of_window
                .last()
                .is_none_or(|(last, _)| window.sub_window(*last) < window.sub_window(tick));
            if !is_boundary {
                continue;
            }
            let start = window.start(tick);
            of_window.retain(|(at, _)| *at >= start);
            of_window.push((tick, totals.clone()));
        }
    }

    /// Returns the totals at the start of a window.
    ///
    /// A snapshot is taken with the first call of a tick. So the first one after the start of the window has what was
    /// counted before: in between there were no calls.
    fn before(&mut self, window: Window, tick: Tick) -> Option<Totals> {
        let start = window.start(tick);
        if start == Tick(0) {
            return None;
        }
        let of_window = self.for_window(window);
        let first = of_window.iter().find(|(at, _)| *at >= start);
        first.map(|(_, totals)| totals.clone())
    }
}

// === impl Totals ===

impl Totals {
    pub(crate) fn page(&self, page: PageId) -> ByClient {
        self.pages[page.0 as usize]
    }

    /// Returns the calls of all pages, and of none.
    pub(crate) fn all(&self) -> ByClient {
        self.pages
            .iter()
            .fold(ByClient::default(), |sum, page| ByClient {
                people: sum.people + page.people,
                bots: sum.bots + page.bots,
            })
    }

    /// Returns what was added since an earlier moment. Without one, everything was.
    pub(crate) fn since(&self, earlier: Option<&Self>) -> Self {
        let Some(earlier) = earlier else {
            return self.clone();
        };
        let pages = self.pages.iter().zip(&earlier.pages);
        Self {
            pages: pages
                .map(|(now, before)| ByClient {
                    people: now.people.saturating_sub(before.people),
                    bots: now.bots.saturating_sub(before.bots),
                })
                .collect(),
            new_visitors: self.new_visitors.saturating_sub(earlier.new_visitors),
        }
    }
}

//! Who uses a service.

use std::fmt;
use std::sync::Arc;

use crate::report::{PageUsage, UsageReport, WindowUsage};
use crate::shared::Shared;
use crate::sign_ins::SignIns;
use crate::time::Window;

/// Counts who uses a service: its pages, its visitors, and their sign-ins. Clones share everything.
///
/// It takes 1.5 MB of memory, and no more, however many clients there are. All of it is of this process: visitors of
/// several instances cannot be added up, because each has secrets of its own.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_usage::Usage;
///
/// # fn main() -> Result<(), gusset_usage::ConfigError> {
/// let usage = Usage::builder().build()?;
/// let layer = ObserveLayer::<Http, _>::new(usage.observer());
/// // … calls …
/// println!("{} visitors in the last hour", usage.report().last_hour.visitors);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Usage {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sign_ins: SignIns,
}

// === impl Usage ===

impl Usage {
    /// Returns the handle by which a service reports its sign-ins. Clones share everything.
    ///
    /// ```
    /// use gusset_usage::{FailureReason, Usage};
    ///
    /// # fn main() -> Result<(), gusset_usage::ConfigError> {
    /// let usage = Usage::builder().build()?;
    /// usage.sign_ins().failure("ada", "192.0.2.7", FailureReason::WrongCredentials);
    /// assert_eq!(usage.sign_ins().report().failures, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_ins(&self) -> &SignIns {
        &self.sign_ins
    }

    /// Returns what was counted. It is made when it is requested, in about 0.1 ms, and not for each call.
    pub fn report(&self) -> UsageReport {
        let shared = &*self.shared;
        let tick = shared.ticks.now();
        shared.advance(tick);
        let now = shared.calls.totals(shared.visitors.new_visitors());
        let knows_new = shared.visitors.knows_new();
        let window = |window: Window| {
            let before = shared.calls.totals_before(window, tick);
            let added = now.since(before.as_ref());
            let visitors = shared.visitors.distinct(window, tick).estimate();
            // Both are right, and one of them is an estimate.
            let new = knows_new.then(|| added.new_visitors.min(visitors));
            let calls = added.all();
            let usage = WindowUsage {
                visitors,
                new_visitors: new,
                returning_visitors: new.map(|new| visitors - new),
                calls: calls.people,
                bot_calls: calls.bots,
            };
            (usage, added)
        };
        let (last_hour, hour) = window(Window::Hour);
        let (last_day, day) = window(Window::Day);
        let pages = shared.calls.pages().map(|(page, place)| PageUsage {
            page,
            last_hour: hour.page(place).people,
            last_day: day.page(place).people,
            bots_last_day: day.page(place).bots,
        });
        let mut pages: Vec<_> = pages
            .filter(|page| page.last_day + page.bots_last_day > 0)
            .collect();
        pages.sort_by(|a, b| {
            let calls = |it: &PageUsage| (it.last_day, it.bots_last_day);
            calls(b).cmp(&calls(a)).then_with(|| a.page.cmp(&b.page))
        });
        UsageReport {
            calls_under_way: shared.calls.under_way(),
            last_hour,
            last_day,
            pages,
        }
    }
}

impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Usage").finish_non_exhaustive()
    }
}

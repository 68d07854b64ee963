//! What was counted.

use gusset_data::SharedStr;

/// Who uses a service. Returned by [`Usage::report`](crate::Usage::report).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageReport {
    /// The calls that have started and not ended.
    pub calls_under_way: u64,
    /// The last 60 to 65 minutes.
    pub last_hour: WindowUsage,
    /// The last 24 to 26 hours.
    pub last_day: WindowUsage,
    /// The pages that were used in the last day, the most used first.
    pub pages: Vec<PageUsage>,
}

/// Calls and visitors in a window of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowUsage {
    /// The distinct visitors, with a standard error of 0.81 %.
    pub visitors: u64,
    /// Those of them who were new: not seen in the 24 to 48 hours before, as far as the process is as old. `None` if too
    /// many visitors were seen to know.
    pub new_visitors: Option<u64>,
    /// The others.
    pub returning_visitors: Option<u64>,
    /// Calls by people.
    pub calls: u64,
    /// Calls by bots, which are not visitors.
    pub bot_calls: u64,
}

/// The use of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageUsage {
    /// The route, a template: `/items/{id}`. `_OTHER` for routes over the limit.
    pub page: SharedStr,
    /// Calls by people in the last hour.
    pub last_hour: u64,
    /// Calls by people in the last day.
    pub last_day: u64,
    /// Calls by bots in the last day.
    pub bots_last_day: u64,
}

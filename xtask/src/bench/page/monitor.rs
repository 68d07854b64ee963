//! The cost of the monitor of calls, beside that of tokio-metrics.

/// The section. It is not generated, because the profile by function needs a reader: it is measured by `benches/calls`,
/// and changed manually.
pub(super) const SECTION: &str = "
## Monitor of calls

`CallMonitor` of gusset-system divides the time of calls by route into polled, scheduled and waiting. *Added* is what it adds to the
driver with an observer that does nothing, and what tokio-metrics adds to the bare service. tokio-metrics has no route and measures
the future and not the body; its `FutureMonitor` returns the times of one call, which are not added up here. Measured apart,
by `benches/calls`.

| | answered at once | added | woken once before the answer | added |
|---|--:|--:|--:|--:|
| nothing | 1,134 | | 1,166 | |
| the driver, an observer that does nothing | 2,298 | 1,164 | 2,290 | 1,124 |
| the same with `CallMonitor` | 3,068 | **770** | 3,276 | **986** |
| `FutureMonitor` of tokio-metrics | 3,034 | 1,900 | 3,758 | 2,592 |
| `TaskMonitor` of tokio-metrics | 1,908 | 774 | 2,464 | 1,298 |

The aim of 300 instructions is not met. Where they are, in the profile of callgrind of a call that is answered at once:

| instructions | function | what it does |
|--:|---|---|
| 290 | the polls of service, future and body | both edges of three polls: a reading of the clock, its difference, what other threads may read |
| 187 | the start | the sums of the route are found by its name, the memory of the call is taken from the pool of the thread |
| 127 | the end | the times are added to those of the route, the task is forgotten, the memory goes back |
| 83 | `CallObserver::waker` | the task is kept once, and a waker around its own is counted for each poll of future and body |
| 72 | `quanta::Clock::raw` | eight readings of the counter of the processor |
| 11 | others | |

A reading with its difference takes 18 instructions. With the clock of the system it took 105, and polled and waiting alone 1,305.
";

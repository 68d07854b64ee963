//! An operation that is measured.

/// One operation, after its setup.
pub type Work = Box<dyn FnMut()>;

/// Creates operations that share their setup, such as one layer for all threads of a server.
pub type WorkFactory = Box<dyn Fn() -> Work + Send + Sync>;

const WARM_UP_CALLS: u64 = 100;

/// An operation that is measured.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Scenario {
    /// The service and its layer, such as `svc/metrics`.
    pub name: &'static str,
    /// A description of the layer.
    pub about: &'static str,
    /// The scenario whose cost is subtracted.
    pub baseline: Option<&'static str>,
    /// How often the operation is repeated to measure it.
    pub times: u64,
    /// Sets up the operation.
    pub make: fn() -> WorkFactory,
}

// === impl Scenario ===

impl Scenario {
    /// Sets up the operation, and runs it until all lazy initialization has happened.
    pub fn warm_up(&self) -> Work {
        self.warm_up_one(&(self.make)())
    }

    /// Creates one of several operations that share their setup, and warms it up.
    pub fn warm_up_one(&self, factory: &WorkFactory) -> Work {
        let mut work = factory();
        for _ in 0..self.times.min(WARM_UP_CALLS) {
            work();
        }
        work
    }
}

//! One thing done again and again.

/// Does it once. What is made only once is made before.
pub type Work = Box<dyn FnMut()>;

/// One thing done again and again.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Scenario {
    /// `svc/metrics`: what is called, and what is laid over it.
    pub name: &'static str,
    /// What is laid over it, in a few words.
    pub about: &'static str,
    /// The scenario whose cost is no fault of this one's.
    pub over: Option<&'static str>,
    /// How often to do it, to know what it costs once.
    pub times: u64,
    /// Makes what is made once.
    pub make: fn() -> Work,
}

// === impl Scenario ===

impl Scenario {
    /// The work of this scenario, done often enough that all that is made at first need is made.
    pub fn warm(&self) -> Work {
        let mut work = (self.make)();
        for _ in 0..self.times.min(100) {
            work();
        }
        work
    }
}

//! One thing done again and again.

/// Does it once. What is made only once is made before.
pub type Work = Box<dyn FnMut()>;

/// Gives works that share what is made only once, as the threads of a server do: one layer, say.
pub type Works = Box<dyn Fn() -> Work + Send + Sync>;

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
    pub make: fn() -> Works,
}

// === impl Scenario ===

impl Scenario {
    /// The work of this scenario, done often enough that all that is made at first need is made.
    pub fn warm(&self) -> Work {
        self.warmed(&(self.make)())
    }

    /// One of several works that share what is made once, done often enough likewise.
    pub fn warmed(&self, works: &Works) -> Work {
        let mut work = works();
        for _ in 0..self.times.min(100) {
            work();
        }
        work
    }
}

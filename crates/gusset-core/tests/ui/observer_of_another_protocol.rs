//! An observer for one protocol alone is put on for another.

use gusset_core::{Cx, ObserveLayer, Observer, Unary};

type Job = Unary<u32, String>;
type Mail = Unary<String, String>;

struct JobLog;

impl Observer<Job> for JobLog {
    type Call = ();
    fn start(&self, _: &u32, _: &mut Cx) {}
}

fn main() {
    let _ = ObserveLayer::<Mail, _>::new(JobLog);
}

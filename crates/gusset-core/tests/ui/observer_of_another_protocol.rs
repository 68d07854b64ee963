//! An observer for one protocol alone is put on for another.

use gusset_core::{CallContext, ObserveLayer, Observer, RequestResponse};

type Job = RequestResponse<u32, String>;
type Mail = RequestResponse<String, String>;

struct JobLog;

impl Observer<Job> for JobLog {
    type Call = ();
    fn start(&self, _: &u32, _: &mut CallContext) {}
}

fn main() {
    let _ = ObserveLayer::<Mail, _>::new(JobLog);
}

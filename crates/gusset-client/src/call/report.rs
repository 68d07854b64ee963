//! What is reported of a call, and when.

use gusset_core::{StaticStr, field};

use crate::record::CallRecord;
use crate::shared::{Detail, Shared};
use crate::{Phase, TARGET, Timings, names};

/// The `error.type` of a call that its caller dropped: it has left, or a time-out further out has passed.
pub(crate) const CANCELLED: StaticStr = StaticStr::new(&"cancelled");

/// Reports the phases up to the headers of the response.
#[inline]
pub(super) fn responded(call: &CallRecord) {
    let peer = call.peer();
    if let (Some(phases), false) = (call.reused(), has_detail(call)) {
        return peer.responded(true, phases.into_iter());
    }
    let timings = call.timings();
    // The phases of the connection were recorded with the connection.
    let phases = [Phase::Wait, Phase::Send, Phase::FirstByte];
    let phases = phases.into_iter();
    let phases = phases.filter_map(|phase| Some((phase, timings.get(phase)?)));
    peer.responded(timings.is_reused(), phases);
    if has_detail(call) {
        detail(call.shared(), peer.address(), &timings);
    }
}

/// Reports the end of the response body.
#[inline]
pub(super) fn ended(call: &CallRecord) {
    call.end();
    let time = call.download();
    call.peer().spent([(Phase::Download, time)].into_iter());
    if has_detail(call) {
        set_field(Phase::Download, time.as_secs_f64());
    }
    call.keep(None);
}

/// Reports a failure, in the phase in which the call is.
#[cold]
pub(super) fn failed(call: &CallRecord, error: StaticStr) {
    let phase = call.phase();
    call.fail();
    call.peer().failed(phase, error);
    call.keep(Some(error));
    if call.shared().detail != Detail::Never {
        field::high(names::FAILED_PHASE, phase);
    }
}

#[inline]
fn has_detail(call: &CallRecord) -> bool {
    match call.shared().detail {
        Detail::Never => false,
        Detail::NewConnections => call.is_new(),
        Detail::Always => true,
    }
}

/// Adds the times to the log entry and the span of the call, and logs the event if it is enabled.
#[cold]
fn detail(shared: &Shared, address: &str, timings: &Timings) {
    field::high(names::REUSED, timings.is_reused());
    for (phase, time) in timings.iter() {
        if phase != Phase::Download {
            set_field(phase, time.as_secs_f64());
        }
    }
    if shared.has_events {
        let seconds = |phase| timings.get(phase).map(|time| time.as_secs_f64());
        tracing::info!(
            target: TARGET,
            {
                server.address = address,
                gusset.http.client.connection.reused = timings.is_reused(),
                gusset.http.client.dns = seconds(Phase::Dns),
                gusset.http.client.tcp = seconds(Phase::Tcp),
                gusset.http.client.tls = seconds(Phase::Tls),
                gusset.http.client.wait = seconds(Phase::Wait),
                gusset.http.client.first_byte = seconds(Phase::FirstByte),
            },
            "the phases of a request"
        );
    }
}

fn set_field(phase: Phase, seconds: f64) {
    field::high(names::field(phase), format_args!("{seconds:.6}"));
}

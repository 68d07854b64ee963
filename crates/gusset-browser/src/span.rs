//! The span of a page load.

use std::time::SystemTime;

use gusset_data::{Attribute, SharedStr, SpanData, SpanKind, SpanStatus, Value};

use crate::beacon::{Beacon, ServerSpan};
use crate::page::Page;
use crate::{Phase, names};

const SCOPE: SharedStr = SharedStr::from_static("gusset-browser");

/// Returns the span of a page load, a child of the span of its request.
///
/// The clock of the browser is not trusted. The beacon has the age of the page, so the load is placed on our own
/// clock. A load that the user did not wait for ends with the beacon.
pub(crate) fn of_page(
    page: &Page,
    beacon: &Beacon<'_>,
    server: ServerSpan,
    now: SystemTime,
) -> SpanData {
    let start = now.checked_sub(beacon.age).unwrap_or(now);
    let length = beacon.phase(Phase::Load).unwrap_or(beacon.age);
    SpanData {
        trace_id: server.trace_id,
        // Zero is not a valid id.
        span_id: fastrand::u64(1..).to_be_bytes(),
        parent_span_id: Some(server.span_id),
        // The service itself has answered the request.
        parent_is_remote: false,
        flags: server.flags,
        trace_state: SharedStr::default(),
        name: format!("page load {}", page.name).into(),
        kind: SpanKind::Internal,
        scope: SCOPE,
        start,
        end: start + length,
        attributes: attributes(page, beacon),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

fn attributes(page: &Page, beacon: &Beacon<'_>) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = vec![(names::PAGE.into(), page.name.clone().into())];
    let mut add = |name: SharedStr, value: Option<f64>| {
        attributes.extend(value.map(|value| (name, Value::from(value))));
    };
    for phase in Phase::ALL {
        let name = format!("{}.{}", names::PHASE, phase.as_str());
        add(name.into(), beacon.phase(phase).map(|it| it.as_secs_f64()));
    }
    let vitals = [
        (
            names::LARGEST_CONTENTFUL_PAINT,
            beacon.lcp.map(|it| it.as_secs_f64()),
        ),
        (
            names::INTERACTION_TO_NEXT_PAINT,
            beacon.inp.map(|it| it.as_secs_f64()),
        ),
        (names::CUMULATIVE_LAYOUT_SHIFT, beacon.cls),
    ];
    for (metric, value) in vitals {
        add(metric.name.into(), value);
    }
    if beacon.errors > 0 {
        let errors = u64::from(beacon.errors);
        attributes.push((names::SCRIPT_ERRORS.name.into(), errors.into()));
    }
    attributes
}

//! The metrics of the control group.

use super::host::add_pressure;
use super::points::Points;
use crate::{Cgroup, Limit, names};

pub(super) fn add(points: &mut Points, cgroup: &Cgroup) {
    points.add(&names::CONTAINER_CPU_TIME, cgroup.cpu_time);
    points.add(&names::CONTAINER_MEMORY_USAGE, cgroup.memory_usage);
    let working_set = cgroup.working_set();
    points.add(&names::CONTAINER_MEMORY_WORKING_SET, working_set);
    let memory_limit = cgroup.memory_limit.and_then(Limit::finite);
    let available = memory_limit.zip(working_set);
    let available = available.map(|(limit, used)| limit.saturating_sub(used));
    points.add(&names::CONTAINER_MEMORY_AVAILABLE, available);

    points.add(
        &names::CGROUP_CPU_LIMIT,
        cgroup.cpu_limit.and_then(Limit::finite),
    );
    points.add(&names::CGROUP_PERIODS, cgroup.periods);
    points.add(&names::CGROUP_THROTTLED_PERIODS, cgroup.throttled_periods);
    points.add(&names::CGROUP_THROTTLED_TIME, cgroup.throttled_time);
    points.add(&names::CGROUP_MEMORY_LIMIT, memory_limit);
    let events = &cgroup.memory_events;
    let events = [
        ("high", events.high),
        ("max", events.max),
        ("oom", events.oom),
        ("oom_kill", events.oom_kills),
    ];
    points.add_by(
        &names::CGROUP_MEMORY_EVENTS,
        names::GUSSET_MEMORY_EVENT,
        events,
    );
    points.add(&names::CGROUP_TASKS, cgroup.tasks);
    points.add(
        &names::CGROUP_TASKS_LIMIT,
        cgroup.tasks_limit.and_then(Limit::finite),
    );
    add_pressure(points, &names::CGROUP_PRESSURE, &cgroup.pressure);
}

mod cgroup_v1;
mod cgroup_v2;
mod folder;
mod hosts;
mod live;
mod metrics;
mod namespace;
mod steady_state;

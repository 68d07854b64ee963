//! Memory near its limit, in a control group of the test's own.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use crate::inside::{is_inside, run};
use crate::readings::{Readings, assert_named};

const LIMIT_BYTES: usize = 256 << 20;
const SYSTEM: &str = "/sys/fs/cgroup";

#[test]
fn memory_near_its_limit_is_named() {
    if is_inside() {
        return inside();
    }
    let Some((group, limit)) = group() else {
        return println!("SKIPPED: control groups have no memory controller here");
    };
    if let Err(error) = fs::create_dir(&group) {
        return println!("SKIPPED: no control group may be made here: {error}");
    }
    if let Err(error) = fs::write(group.join(limit), LIMIT_BYTES.to_string()) {
        let _ = fs::remove_dir(&group);
        return println!("SKIPPED: the control group has no limit of memory: {error}");
    }
    let prepare = format!("echo $$ > '{}'", group.join("cgroup.procs").display());
    run(
        "memory::memory_near_its_limit_is_named",
        "env",
        &[],
        &prepare,
    );
    fs::remove_dir(&group).unwrap();
}

/// Returns a control group that does not exist yet, and the file of its limit.
fn group() -> Option<(PathBuf, &'static str)> {
    let name = format!("gusset-diagnose-{}", std::process::id());
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let v1 = own.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let is_memory = controllers.split(',').any(|it| it == "memory");
        is_memory.then(|| format!("{SYSTEM}/memory{path}"))
    });
    if let Some(folder) = v1.filter(|folder| Path::new(folder).is_dir()) {
        return Some((Path::new(&folder).join(name), "memory.limit_in_bytes"));
    }
    fs::write(format!("{SYSTEM}/cgroup.subtree_control"), "+memory").ok()?;
    Some((Path::new(SYSTEM).join(name), "memory.max"))
}

fn inside() {
    let mut readings = Readings::new();
    let mut used = Vec::new();
    let diagnosis = readings.at_given_times(|reading| {
        if reading == 1 {
            // Pages that are not written to take no memory.
            used = vec![1_u8; LIMIT_BYTES / 100 * 92];
            black_box(&used);
        }
    });
    assert_named(&diagnosis, "memory.limit");
}

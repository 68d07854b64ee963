//! The container, as its control groups and its mounts tell it.

use std::path::Path;

use super::read;

/// A container's id is 64 hexadecimal digits.
const DIGITS: usize = 64;

/// The id of the container that this runs in, if it runs in one and that can be told.
pub(super) fn id(proc: &Path) -> Option<String> {
    let own = proc.join("self");
    // Version 1 of control groups has the id in their names. Within version 2 they are all called `/`,
    // but the files that the engine mounts are in a folder of the container's.
    let groups = read(own.join("cgroup")).and_then(|groups| groups.lines().find_map(of_group));
    groups.or_else(|| read(own.join("mountinfo"))?.lines().find_map(of_mount))
}

/// `0::/system.slice/docker-<id>.scope`, `1:cpu:/kubepods/pod<uid>/<id>`
fn of_group(line: &str) -> Option<String> {
    let name = line.rsplit(['/', ':']).next()?;
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let name = name.rsplit('-').next()?;
    is_id(name).then(|| name.to_owned())
}

/// `… /var/lib/docker/containers/<id>/hostname /etc/hostname …`
fn of_mount(line: &str) -> Option<String> {
    let mut fields = line.split(' ');
    let root = fields.nth(3)?;
    let target = fields.next()?;
    if !matches!(target, "/etc/hostname" | "/etc/resolv.conf" | "/etc/hosts") {
        return None;
    }
    // Kubernetes mounts `/etc/hosts` from a folder of the pod's: no part of that is an id.
    let mut parts = root.split('/').rev();
    parts.find(|part| is_id(part)).map(str::to_owned)
}

fn is_id(text: &str) -> bool {
    text.len() == DIGITS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "3c45f3a0c1f4d5e60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e";

    #[test]
    fn groups_of_each_engine_tell_the_id() {
        for line in [
            format!("12:cpu,cpuacct:/docker/{ID}"),
            format!("1:name=systemd:/kubepods/besteffort/pod8f1-2/{ID}"),
            format!("0::/system.slice/docker-{ID}.scope"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope"),
            format!("1:cpu:/kubepods-pod1.slice:cri-containerd:{ID}"),
        ] {
            assert_eq!(of_group(&line).as_deref(), Some(ID), "{line}");
        }
        for line in ["0::/", "0::/user.slice/user-0.slice/session-1.scope", ""] {
            assert_eq!(of_group(line), None);
        }
    }

    #[test]
    fn mounts_of_each_engine_tell_the_id() {
        let line = |root: String, target| format!("700 600 8:1 {root} {target} rw - ext4 x rw");
        let docker = line(
            format!("/var/lib/docker/containers/{ID}/hostname"),
            "/etc/hostname",
        );
        assert_eq!(of_mount(&docker).as_deref(), Some(ID));
        let podman = format!("/containers/overlay-containers/{ID}/userdata/hosts");
        assert_eq!(of_mount(&line(podman, "/etc/hosts")).as_deref(), Some(ID));
        // A volume of somebody else's container is not ours.
        let other = line(format!("/var/lib/docker/containers/{ID}"), "/data");
        assert_eq!(of_mount(&other), None);
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line: String) {
            of_group(&line);
            of_mount(&line);
        }
    }
}

//! The container id, from control groups or mounts.

use std::path::Path;

use super::read_trimmed;

/// The length of a container id, in hexadecimal digits.
const ID_LENGTH: usize = 64;

/// Returns the id of the container in which the process runs, if it can be detected.
pub(super) fn detect_id(proc: &Path) -> Option<String> {
    let process = proc.join("self");
    // Names of control groups contain the id in version 1. In version 2 the name is `/` inside of a
    // container, but the engine mounts files from a directory whose name is the id.
    let groups = read_trimmed(process.join("cgroup"))
        .and_then(|groups| groups.lines().find_map(id_from_cgroup));
    groups.or_else(|| {
        read_trimmed(process.join("mountinfo"))?
            .lines()
            .find_map(id_from_mount)
    })
}

/// Parses a line such as `0::/system.slice/docker-<id>.scope` or `1:cpu:/kubepods/pod<uid>/<id>`
fn id_from_cgroup(line: &str) -> Option<String> {
    let name = line.rsplit(['/', ':']).next()?;
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let name = name.rsplit('-').next()?;
    is_id(name).then(|| name.to_owned())
}

/// Parses a line such as `… /var/lib/docker/containers/<id>/hostname /etc/hostname …`
fn id_from_mount(line: &str) -> Option<String> {
    let mut fields = line.split(' ');
    let root = fields.nth(3)?;
    let target = fields.next()?;
    if !matches!(target, "/etc/hostname" | "/etc/resolv.conf" | "/etc/hosts") {
        return None;
    }
    // Kubernetes mounts `/etc/hosts` from a directory of the pod, whose path contains no container id.
    let mut parts = root.split('/').rev();
    parts.find(|part| is_id(part)).map(str::to_owned)
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH
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
    fn id_is_found_in_control_groups() {
        for line in [
            format!("12:cpu,cpuacct:/docker/{ID}"),
            format!("1:name=systemd:/kubepods/besteffort/pod8f1-2/{ID}"),
            format!("0::/system.slice/docker-{ID}.scope"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope"),
            format!("1:cpu:/kubepods-pod1.slice:cri-containerd:{ID}"),
        ] {
            assert_eq!(id_from_cgroup(&line).as_deref(), Some(ID), "{line}");
        }
        for line in ["0::/", "0::/user.slice/user-0.slice/session-1.scope", ""] {
            assert_eq!(id_from_cgroup(line), None);
        }
    }

    #[test]
    fn id_is_found_in_mounts() {
        let line = |root: String, target| format!("700 600 8:1 {root} {target} rw - ext4 x rw");
        let docker = line(
            format!("/var/lib/docker/containers/{ID}/hostname"),
            "/etc/hostname",
        );
        assert_eq!(id_from_mount(&docker).as_deref(), Some(ID));
        let podman = format!("/containers/overlay-containers/{ID}/userdata/hosts");
        assert_eq!(
            id_from_mount(&line(podman, "/etc/hosts")).as_deref(),
            Some(ID)
        );
        // A volume from another container is not the own id.
        let other = line(format!("/var/lib/docker/containers/{ID}"), "/data");
        assert_eq!(id_from_mount(&other), None);
    }

    proptest! {
        #[test]
        fn parser_never_panics(line: String) {
            id_from_cgroup(&line);
            id_from_mount(&line);
        }
    }
}

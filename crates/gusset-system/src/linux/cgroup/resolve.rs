//! Finds the cgroups of the process: by its paths in the hierarchies, and where they are mounted.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::super::Root;
use super::super::host::PressureReader;
use super::super::parse::cgroup_path;
use super::super::parse::mountinfo::{self, Mount, decode};
use super::levels::{CpuLevel, MemoryLevel, TasksLevel};
use super::{CgroupFiles, Levels};
use crate::CgroupVersion;

/// The greatest number of cgroups from that of the process up to the root. Kubernetes has five or six.
const MAX_LEVELS: usize = 8;

/// The hierarchies of a process.
struct Hierarchies<'a> {
    root: &'a Root,
    /// `/proc/self/cgroup`.
    paths: &'a [u8],
    /// `/proc/self/mountinfo`.
    mounts: &'a [u8],
}

/// Where the cgroups of a controller are.
enum Place {
    /// In a hierarchy of version 1: the folders, or `None` if it is not mounted where the process sees it.
    V1(Option<Vec<PathBuf>>),
    /// In that of version 2.
    V2(Option<Vec<PathBuf>>),
    /// Nowhere.
    Absent,
}

// === impl CgroupFiles ===

impl CgroupFiles {
    /// Finds the files. Without `/proc/self/cgroup` nothing is known, not even whether there is a cgroup.
    pub(super) fn find(root: &Root, buffer: &mut Vec<u8>) -> Self {
        let Some(paths) = root
            .file("proc/self/cgroup")
            .read(buffer)
            .map(<[u8]>::to_vec)
        else {
            return Self::default();
        };
        let mounts = root.records("proc/self/mountinfo").read(buffer);
        Hierarchies {
            root,
            paths: &paths,
            mounts: mounts.unwrap_or_default(),
        }
        .files()
    }
}

// === impl Hierarchies ===

impl Hierarchies<'_> {
    fn files(&self) -> CgroupFiles {
        let root = self.root;
        let (cpu, memory) = (self.place("cpu"), self.place("memory"));
        let has_v1 = matches!(cpu, Place::V1(_)) || matches!(memory, Place::V1(_));
        let v2 = cgroup_path::v2(self.paths);
        let version = match (has_v1, v2) {
            (true, Some(_)) => CgroupVersion::Hybrid,
            (true, None) => CgroupVersion::V1,
            (false, Some(_)) => CgroupVersion::V2,
            (false, None) => CgroupVersion::Absent,
        };
        let cpuacct = match self.place("cpuacct") {
            Place::V1(Some(folders)) => folders.first().cloned(),
            _ => None,
        };
        let unified = v2.and_then(|path| self.unified(path));
        let unified = unified.and_then(|folders| folders.into_iter().next());
        CgroupFiles {
            version: Some(version),
            cpu: levels(
                cpu,
                |it| CpuLevel::v1(root, it),
                |it| CpuLevel::v2(root, it),
            ),
            cpuacct: cpuacct.map(|folder| root.file(folder.join("cpuacct.usage"))),
            memory: levels(
                memory,
                |it| MemoryLevel::v1(root, it),
                |it| MemoryLevel::v2(root, it),
            ),
            tasks: levels(
                self.place("pids"),
                |it| TasksLevel::new(root, it),
                |it| TasksLevel::new(root, it),
            ),
            pressure: unified.map(|folder| {
                let file = |name| root.file(folder.join(name));
                PressureReader::new(
                    file("cpu.pressure"),
                    file("memory.pressure"),
                    file("io.pressure"),
                )
            }),
        }
    }

    /// Returns where a controller is. One that is in no hierarchy of version 1 is in that of version 2.
    fn place(&self, controller: &str) -> Place {
        if let Some(path) = cgroup_path::v1(self.paths, controller) {
            let of_controller = |mount: &Mount<'_>| {
                mount.kind == b"cgroup" && Mount::has(mount.super_options, controller)
            };
            return Place::V1(self.folders(path, of_controller));
        }
        match cgroup_path::v2(self.paths) {
            Some(path) => Place::V2(self.unified(path)),
            None => Place::Absent,
        }
    }

    fn unified(&self, path: &[u8]) -> Option<Vec<PathBuf>> {
        self.folders(path, |mount| mount.kind == b"cgroup2")
    }

    /// Returns the folders of the cgroups, from that at `path` up to where the hierarchy is mounted.
    fn folders(
        &self,
        path: &[u8],
        is_hierarchy: impl Fn(&Mount<'_>) -> bool,
    ) -> Option<Vec<PathBuf>> {
        let path = Path::new(OsStr::from_bytes(path));
        let mounts = || mountinfo::parse(self.mounts).filter(&is_hierarchy);
        let below = mounts().find_map(|mount| {
            let (root, mountpoint) = (decode(mount.root), decode(mount.mountpoint));
            // A path above the root of the namespace begins with `/..`.
            let below = path.strip_prefix(OsStr::from_bytes(&root)).ok()?;
            let is_plain = |part| matches!(part, Component::Normal(_));
            below.components().all(is_plain).then(|| {
                let mountpoint = PathBuf::from(OsStr::from_bytes(&mountpoint));
                (mountpoint.join(below), mountpoint)
            })
        });
        let exists = |folder: &Path| self.root.path(folder).is_dir();
        let (leaf, top) = match below {
            Some((leaf, top)) if exists(&leaf) => (leaf, top),
            // A container with a part of the hierarchy, whose own path is not below it: that part is its cgroup.
            _ => {
                let mount = mounts().next()?;
                let top = PathBuf::from(OsStr::from_bytes(&decode(mount.mountpoint)));
                (top.clone(), top)
            }
        };
        let folders = leaf
            .ancestors()
            .take_while(|folder| folder.starts_with(&top));
        Some(folders.take(MAX_LEVELS).map(Path::to_owned).collect())
    }
}

fn levels<L>(place: Place, v1: impl Fn(&Path) -> L, v2: impl Fn(&Path) -> L) -> Levels<L> {
    match place {
        Place::V1(folders) => Some(folders?.iter().map(|folder| v1(folder)).collect()),
        Place::V2(folders) => Some(folders?.iter().map(|folder| v2(folder)).collect()),
        Place::Absent => Some(Vec::new()),
    }
}

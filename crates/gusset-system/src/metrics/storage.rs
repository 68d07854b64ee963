//! The metrics of disks and file systems.

use gusset_data::SharedStr;
use gusset_data::semconv::{
    DISK_IO_DIRECTION, SYSTEM_DEVICE, SYSTEM_FILESYSTEM_MOUNTPOINT, SYSTEM_FILESYSTEM_STATE,
    SYSTEM_FILESYSTEM_TYPE,
};

use super::points::{Number, Points};
use crate::{Disk, Filesystem, Host, names};

pub(super) fn add(points: &mut Points, host: &Host) {
    let disks = host.disks.as_deref().unwrap_or_default();
    let bytes = |disk: &Disk| [("read", disk.read_bytes), ("write", disk.written_bytes)];
    points.add_all(&names::SYSTEM_DISK_IO, by_direction(disks, bytes));
    let operations = |disk: &Disk| [("read", disk.reads), ("write", disk.writes)];
    points.add_all(
        &names::SYSTEM_DISK_OPERATIONS,
        by_direction(disks, operations),
    );
    let times = |disk: &Disk| [("read", disk.read_time), ("write", disk.write_time)];
    points.add_all(
        &names::SYSTEM_DISK_OPERATION_TIME,
        by_direction(disks, times),
    );
    let of_disk = |disk: &Disk| [(SYSTEM_DEVICE, disk.name.clone())];
    let busy = disks.iter().map(|disk| (of_disk(disk), disk.busy));
    points.add_all(&names::SYSTEM_DISK_IO_TIME, busy);
    let queue = disks.iter().map(|disk| (of_disk(disk), disk.weighted));
    points.add_all(&names::DISK_QUEUE_TIME, queue);
    add_filesystems(points, host.filesystems.as_deref().unwrap_or_default());
}

fn by_direction<N: Number>(
    disks: &[Disk],
    values: impl Fn(&Disk) -> [(&'static str, N); 2],
) -> impl Iterator<Item = ([(&'static str, SharedStr); 2], N)> {
    disks.iter().flat_map(move |disk| {
        values(disk).map(|(direction, value)| {
            let labels = [
                (SYSTEM_DEVICE, disk.name.clone()),
                (DISK_IO_DIRECTION, SharedStr::from_static(direction)),
            ];
            (labels, value)
        })
    })
}

fn add_filesystems(points: &mut Points, filesystems: &[Filesystem]) {
    let space = filesystems.iter().flat_map(|it| {
        let difference = |all: Option<u64>, part: Option<u64>| Some(all?.saturating_sub(part?));
        let states = [
            ("used", difference(it.size, it.free)),
            ("free", it.available),
            ("reserved", difference(it.free, it.available)),
        ];
        states.map(|(state, bytes)| {
            let labels = [
                (SYSTEM_DEVICE, it.device.clone()),
                (SYSTEM_FILESYSTEM_MOUNTPOINT, it.mountpoint.clone()),
                (SYSTEM_FILESYSTEM_STATE, SharedStr::from_static(state)),
                (SYSTEM_FILESYSTEM_TYPE, it.kind.clone()),
            ];
            (labels, bytes)
        })
    });
    points.add_all(&names::SYSTEM_FILESYSTEM_USAGE, space);
    let sizes = filesystems.iter().map(|it| {
        let labels = [
            (SYSTEM_DEVICE, it.device.clone()),
            (SYSTEM_FILESYSTEM_MOUNTPOINT, it.mountpoint.clone()),
            (SYSTEM_FILESYSTEM_TYPE, it.kind.clone()),
        ];
        (labels, it.size)
    });
    points.add_all(&names::SYSTEM_FILESYSTEM_LIMIT, sizes);
    let inodes = filesystems.iter().flat_map(|it| {
        // Without a fixed number of inodes, none of them is used or free.
        let all = it.inodes.filter(|inodes| *inodes > 0);
        let free = all.and(it.inodes_available);
        let used = all.zip(free).map(|(all, free)| all.saturating_sub(free));
        [("used", used), ("free", free)].map(|(state, inodes)| {
            let labels = [
                (SYSTEM_FILESYSTEM_MOUNTPOINT, it.mountpoint.clone()),
                (SYSTEM_FILESYSTEM_STATE, SharedStr::from_static(state)),
            ];
            (labels, inodes)
        })
    });
    points.add_all(&names::FILESYSTEM_INODES, inodes);
}

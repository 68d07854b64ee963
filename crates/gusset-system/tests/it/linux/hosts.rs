//! Whole hosts: without anything, without PSI, very large, with sessions.

use gusset_system::{Cgroup, Host, Network, Process, SystemReader};

use super::folder::Folder;

#[test]
fn what_cannot_be_read_is_unknown() {
    let snapshot = Folder::new().snapshot();
    assert_eq!(snapshot.host, Host::default());
    assert_eq!(snapshot.cgroup, Cgroup::default());
    assert_eq!(snapshot.network, Network::default());
    let mut process = snapshot.process;
    // The kernel returns it without a file.
    process.open_files_limit = None;
    assert_eq!(process, Process::default());
}

#[test]
fn kernel_without_psi_leaves_pressure_unknown() {
    let folder = Folder::new();
    folder.file("proc/loadavg", "1.00 0.50 0.25 2/80 4242\n");
    let host = folder.snapshot().host;
    assert_eq!(host.load.map(|load| load.one), Some(1.0));
    assert_eq!(host.pressure.cpu.some, None);
}

#[test]
fn host_with_512_cpus_is_read_to_its_end() {
    let mut stat = "cpu 1 2 3 4 5 6 7 8 0 0\n".to_owned();
    for cpu in 0..512 {
        stat +=
            &format!("cpu{cpu} 123456789 1234567 12345678 1234567890 1234567 0 1234567 0 0 0\n");
    }
    stat += &format!(
        "intr 1{}\nprocs_running 600\nprocs_blocked 2\n",
        " 0".repeat(100_000)
    );
    let folder = Folder::new();
    folder.file("proc/stat", &stat);
    let host = folder.snapshot().host;
    assert_eq!(host.cpus, Some(512));
    assert_eq!((host.runnable, host.blocked), (Some(600), Some(2)));
}

#[test]
fn sessions_are_those_of_the_login_manager() {
    let folder = Folder::new();
    folder
        .file(
            "run/systemd/sessions/1",
            "UID=0\nSTATE=active\nCLASS=user\n",
        )
        .file(
            "run/systemd/sessions/c2",
            "UID=1000\nSTATE=online\nCLASS=user\n",
        )
        .file(
            "run/systemd/sessions/3",
            "UID=1000\nSTATE=active\nCLASS=manager\n",
        )
        .file("run/systemd/sessions/1.ref", "");
    assert_eq!(folder.snapshot().host.sessions, Some(2));
}

#[test]
fn file_that_disappears_becomes_unknown() {
    let folder = Folder::new();
    folder.file("proc/meminfo", "MemTotal: 1024 kB\n");
    let mut reader: SystemReader = folder.reader();
    assert_eq!(reader.snapshot().host.memory.total, Some(1 << 20));
    folder.file("proc/meminfo", "");
    assert_eq!(reader.snapshot().host.memory.total, None);
}

#[test]
fn threads_that_have_ended_stay_in_the_run_delay() {
    let folder = Folder::new();
    folder
        .file("proc/self/task/100/schedstat", "1 1000 10\n")
        .file("proc/self/task/101/schedstat", "1 2000 20\n");
    let mut reader = folder.reader();
    let delay = |reader: &mut SystemReader| {
        let process = reader.snapshot().process;
        (
            process.run_delay.map(|it| it.as_nanos()),
            process.timeslices,
        )
    };
    assert_eq!(delay(&mut reader), (Some(3000), Some(30)));
    folder
        .file("proc/self/task/100/schedstat", "1 1500 15\n")
        // The kernel fails to read the file of a thread that has ended; here it is empty.
        .file("proc/self/task/101/schedstat", "")
        .file("proc/self/task/102/schedstat", "1 100 1\n");
    assert_eq!(delay(&mut reader), (Some(3600), Some(36)));
}

#[test]
fn too_many_threads_make_the_run_delay_unknown() {
    let folder = Folder::new();
    for thread in 0..=gusset_system::MAX_THREADS {
        folder.file(
            &format!("proc/self/task/{}/schedstat", 100 + thread),
            "1 1 1\n",
        );
    }
    assert_eq!(folder.snapshot().process.run_delay, None);
}

//! What a reading costs once all files are open.

use gusset_system::{Source as _, SystemReader};

#[test]
fn reading_into_a_snapshot_of_before_does_not_allocate() {
    let mut reader = SystemReader::new();
    let mut snapshot = reader.snapshot();
    // Buffers have their size now.
    reader.read(&mut snapshot);
    let mut count = || {
        allocation_counter::measure(|| {
            for _ in 0..10 {
                reader.read(&mut snapshot);
            }
        })
    };
    // Buffers grow with what the kernel shows: other tests start processes and mount folders meanwhile.
    let counts: Vec<_> = (0..5).map(|_| count().count_total).collect();
    assert!(counts.contains(&0), "{counts:?}");
}

#[test]
fn descriptors_stay_within_their_bound() {
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut readers: Vec<_> = (0..4).map(|_| SystemReader::new()).collect();
    let before = count();
    for reader in &mut readers {
        let first = reader.snapshot();
        assert!(first.process.open_files > Some(0));
    }
    // Other tests of this process open files meanwhile, though by far fewer.
    let opened = count().saturating_sub(before);
    assert!(
        opened / readers.len() <= SystemReader::MAX_OPEN_FILES,
        "{opened}"
    );
}

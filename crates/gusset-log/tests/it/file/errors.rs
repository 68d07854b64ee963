//! Errors of the disk, which are counted and never fatal.

use std::fs;
use std::sync::Arc;

use gusset_log::{LogFile, LogLayer, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::{Folder, Log, file};

#[test]
fn folder_that_is_gone_keeps_the_file_in_use() {
    let folder = Folder::new();
    fs::create_dir(folder.path("logs")).unwrap();
    let log = Log::new(LogFile::builder(folder.path("logs/shop.log")));
    log.write("first");
    fs::rename(folder.path("logs"), folder.path("moved")).unwrap();
    log.handle.reopen();
    assert_eq!(log.handle.errors(), 1);
    log.write("second");
    assert_eq!(folder.messages("moved/shop.log"), ["first", "second"]);
    // A new request does not wait for the delay after an error.
    fs::create_dir(folder.path("logs")).unwrap();
    log.handle.reopen();
    log.write("third");
    assert_eq!(folder.messages("logs/shop.log"), ["third"]);
    assert_eq!(log.handle.errors(), 1);
}

#[test]
fn file_that_cannot_be_rotated_is_appended_to() {
    let folder = Folder::new();
    // A folder that is not empty is where the rotated file should be.
    fs::create_dir_all(folder.path("shop.log.1/in the way")).unwrap();
    let log = Log::new(file(&folder).max_bytes(1).max_files(1));
    log.write("first");
    log.write("second");
    log.write("third");
    assert_eq!(folder.messages("shop.log"), ["first", "second", "third"]);
    // It is not tried for each entry.
    assert_eq!(log.handle.errors(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_drops_entries_and_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let full = LogFile::builder("/dev/full").open().unwrap();
    let log = Log::build(LogLayer::builder().recorder(Arc::new(recorder)).file(full));
    log.write("lost");
    assert_eq!(log.handle.errors(), 1);
    log.write("lost too");
    assert_eq!(log.handle.errors(), 2);
    let mut counted = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let name = key.key().name().to_owned();
        if let DebugValue::Counter(value @ 1..) = value {
            counted.push((name, value));
        }
    }
    assert!(
        counted.contains(&(names::FILE_ERRORS.name.to_owned(), 2)),
        "{counted:?}"
    );
    assert!(
        counted.contains(&(names::DROPPED.name.to_owned(), 2)),
        "{counted:?}"
    );
}

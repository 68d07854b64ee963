//! Rotation by size.

use std::fs;

use super::{Folder, Log, file};
use crate::support::TEST_TIMEOUT;

#[test]
fn file_is_rotated_between_entries() {
    let folder = Folder::new();
    let log = Log::new(file(&folder).max_bytes(1000).max_files(100));
    for number in 0..50 {
        log.log(&number.to_string());
    }
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let mut names = folder.names();
    assert!(names.len() > 3, "{names:?}");
    for name in &names {
        assert!(folder.len(name) <= 1000, "{name}");
    }
    // The oldest file has the highest number.
    names.sort_by_key(|name| {
        let number = name.rsplit('.').next().unwrap().parse::<i32>();
        -number.unwrap_or(0)
    });
    let messages: Vec<_> = names
        .iter()
        .flat_map(|name| folder.messages(name))
        .collect();
    let expected: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(messages, expected);
    assert_eq!(log.handle.errors(), 0);
}

#[test]
fn oldest_file_is_removed() {
    let folder = Folder::new();
    let log = Log::new(file(&folder).max_bytes(1).max_files(2));
    // Each entry is longer than the limit, and has a file of its own.
    log.write("0");
    assert_eq!(folder.names(), ["shop.log"], "an empty file is not rotated");
    for number in 1..5 {
        log.write(&number.to_string());
    }
    assert_eq!(folder.names(), ["shop.log", "shop.log.1", "shop.log.2"]);
    assert_eq!(folder.messages("shop.log"), ["4"]);
    assert_eq!(folder.messages("shop.log.1"), ["3"]);
    assert_eq!(folder.messages("shop.log.2"), ["2"]);
}

#[test]
fn bytes_from_before_the_start_count() {
    let folder = Folder::new();
    Log::new(file(&folder)).write("before");
    let len = folder.len("shop.log");
    let log = Log::new(file(&folder).max_bytes(len + 10));
    log.write("after");
    assert_eq!(folder.messages("shop.log.1"), ["before"]);
    assert_eq!(folder.messages("shop.log"), ["after"]);
}

#[test]
fn file_without_a_limit_is_not_rotated() {
    let folder = Folder::new();
    let log = Log::new(file(&folder));
    for _ in 0..100 {
        log.log(&"x".repeat(1000));
    }
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    assert_eq!(folder.names(), ["shop.log"]);
    assert_eq!(folder.messages("shop.log").len(), 100);
}

#[test]
fn truncated_file_is_not_rotated_too_early() {
    let folder = Folder::new();
    let log = Log::new(file(&folder).max_bytes(1000));
    log.write(&"x".repeat(800));
    // `copytruncate`.
    fs::copy(folder.path("shop.log"), folder.path("copy")).unwrap();
    let truncated = fs::OpenOptions::new()
        .write(true)
        .open(folder.path("shop.log"));
    truncated.unwrap().set_len(0).unwrap();
    log.write(&"y".repeat(800));
    assert_eq!(folder.names(), ["copy", "shop.log"]);
    // Without a hole in front.
    assert_eq!(folder.messages("shop.log"), ["y".repeat(800)]);
    assert_eq!(folder.messages("copy"), ["x".repeat(800)]);
}

//! Files that other programs rename.

use std::io::Write as _;
use std::{fs, thread};

use super::{Folder, Log, file};
use crate::support::TEST_TIMEOUT;

#[test]
fn renamed_file_is_reopened_by_the_handle() {
    let folder = Folder::new();
    let log = Log::new(file(&folder));
    log.write("first");
    fs::rename(folder.path("shop.log"), folder.path("shop.log.1")).unwrap();
    log.write("before the signal");
    log.handle.reopen();
    // At once, although nothing is logged.
    assert_eq!(folder.names(), ["shop.log", "shop.log.1"]);
    log.write("after it");
    assert_eq!(
        folder.messages("shop.log.1"),
        ["first", "before the signal"]
    );
    assert_eq!(folder.messages("shop.log"), ["after it"]);
}

#[test]
fn file_that_is_still_there_is_appended_to() {
    let folder = Folder::new();
    let log = Log::new(file(&folder));
    log.write("first");
    log.handle.reopen();
    log.write("second");
    assert_eq!(folder.messages("shop.log"), ["first", "second"]);
}

#[cfg(all(unix, feature = "sighup"))]
#[test]
fn renamed_file_is_reopened_on_sighup() {
    let folder = Folder::new();
    let log = Log::new(file(&folder).reopen_on_sighup());
    log.write("first");
    fs::rename(folder.path("shop.log"), folder.path("shop.log.1")).unwrap();
    let signalled = std::process::Command::new("sh")
        .args(["-c", "kill -HUP \"$PPID\""])
        .status();
    assert!(signalled.unwrap().success());
    crate::support::eventually(|| folder.path("shop.log").exists());
    log.write("second");
    assert_eq!(folder.messages("shop.log"), ["second"]);
}

#[test]
fn entry_that_is_written_in_parts_stays_in_one_file() {
    let folder = Folder::new();
    let mut file = file(&folder).max_bytes(10).open().unwrap();
    // As after a short write.
    assert_eq!(file.write(b"one ").unwrap(), 4);
    fs::rename(folder.path("shop.log"), folder.path("renamed")).unwrap();
    file.handle().reopen();
    assert_eq!(folder.names(), ["renamed"], "not within an entry");
    assert_eq!(file.write(b"long entry\nnext\n").unwrap(), 11);
    file.write_all(b"next\n").unwrap();
    let text = |name: &str| fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(text("renamed"), "one long entry\n");
    assert_eq!(text("shop.log"), "next\n");
}

#[test]
fn no_entry_is_torn_or_lost_meanwhile() {
    const THREADS: usize = 4;
    const ENTRIES: usize = 500;
    let folder = Folder::new();
    let log = Log::new(file(&folder).max_bytes(5_000).max_files(1000));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                for number in 0..ENTRIES {
                    log.log(&format!("{thread} {number} {}", "x".repeat(number % 97)));
                }
            });
        }
        let (log, folder) = (&log, &folder);
        // Another program renames the file, and has it reopened.
        scope.spawn(move || {
            for number in 0..50 {
                let name = folder.path(&format!("renamed.{number}"));
                let _ = fs::rename(folder.path("shop.log"), name);
                log.handle.reopen();
                thread::yield_now();
            }
        });
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let names = folder.names();
    let mut messages: Vec<_> = names
        .iter()
        .flat_map(|name| folder.messages(name))
        .collect();
    assert!(!messages.contains(&"torn".to_owned()));
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), THREADS * ENTRIES);
    assert_eq!(log.handle.errors(), 0);
}

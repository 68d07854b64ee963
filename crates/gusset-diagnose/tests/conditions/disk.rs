//! A file system that is full.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;

use crate::inside::{is_inside, run};
use crate::readings::{Readings, assert_named};

const FOLDER: &str = "GUSSET_DIAGNOSE_FOLDER";

#[test]
fn full_file_system_is_named() {
    if is_inside() {
        return inside();
    }
    let folder = std::env::temp_dir().join(format!("gusset-diagnose-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let prepare = format!(
        "export {FOLDER}='{}' && mount -t tmpfs -o size=4m none \"${FOLDER}\"",
        folder.display()
    );
    let arguments = ["--mount"].map(OsStr::new);
    run(
        "disk::full_file_system_is_named",
        "unshare",
        &arguments,
        &prepare,
    );
    std::fs::remove_dir(&folder).unwrap();
}

fn inside() {
    let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let mut readings = Readings::new();
    let diagnosis = readings.at_given_times(|reading| {
        if reading == 1 {
            let mut log = File::create(folder.join("log")).unwrap();
            // Writes until nothing is left.
            while log.write_all(&[0; 4096]).is_ok() {}
        }
    });
    assert_named(&diagnosis, "disk.full");
    let finding = diagnosis.finding("disk.full").unwrap();
    assert_eq!(finding.subject.as_deref(), folder.to_str());
}

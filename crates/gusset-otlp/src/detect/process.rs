//! Attributes of the process, the host and the operating system. Command-line arguments are never read,
//! because they may contain secrets.

use std::env;

use gusset_data::Value;

use super::{DetectorPaths, read_trimmed};

pub(super) fn detect(paths: &DetectorPaths, add: &mut impl FnMut(&'static str, Value)) {
    add("process.pid", i64::from(std::process::id()).into());
    if let Ok(path) = env::current_exe() {
        if let Some(name) = path.file_name() {
            let name = name.to_string_lossy().into_owned();
            add("process.executable.name", name.into());
        }
        let path = path.to_string_lossy().into_owned();
        add("process.executable.path", path.into());
    }
    if let Some(owner) = owner(paths) {
        add("process.owner", owner.into());
    }
    if let Some(name) = read_trimmed(paths.proc.join("sys/kernel/hostname")) {
        add("host.name", name.into());
    }
    if let Some(id) = read_trimmed(paths.etc.join("machine-id")) {
        add("host.id", id.into());
    }
    add("host.arch", arch(env::consts::ARCH).into());
    add("os.type", os(env::consts::OS).into());
    if let Some(release) = read_trimmed(paths.proc.join("sys/kernel/osrelease")) {
        add("os.version", release.into());
    }
}

/// Returns the name of the effective user of the process.
fn owner(paths: &DetectorPaths) -> Option<String> {
    let status = read_trimmed(paths.proc.join("self/status"))?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    // The real, effective, saved and file system ids.
    let id = ids.split_ascii_whitespace().nth(1)?;
    let users = read_trimmed(paths.etc.join("passwd"))?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, user_id) = (fields.next()?, fields.nth(1)?);
        (user_id == id).then(|| name.to_owned())
    })
}

/// Returns the name of an architecture in the semantic conventions.
fn arch(rust: &'static str) -> &'static str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// Returns the name of an operating system in the semantic conventions.
fn os(rust: &'static str) -> &'static str {
    match rust {
        "macos" | "ios" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

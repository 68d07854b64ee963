//! The process and the machine. Never its arguments: people put secrets there.

use std::env;

use gusset_data::Value;

use super::{Places, read};

pub(super) fn detect(places: &Places, put: &mut impl FnMut(&'static str, Value)) {
    put("process.pid", i64::from(std::process::id()).into());
    if let Ok(path) = env::current_exe() {
        if let Some(name) = path.file_name() {
            let name = name.to_string_lossy().into_owned();
            put("process.executable.name", name.into());
        }
        let path = path.to_string_lossy().into_owned();
        put("process.executable.path", path.into());
    }
    if let Some(owner) = owner(places) {
        put("process.owner", owner.into());
    }
    if let Some(name) = read(places.proc.join("sys/kernel/hostname")) {
        put("host.name", name.into());
    }
    if let Some(id) = read(places.etc.join("machine-id")) {
        put("host.id", id.into());
    }
    put("host.arch", arch(env::consts::ARCH).into());
    put("os.type", os(env::consts::OS).into());
    if let Some(release) = read(places.proc.join("sys/kernel/osrelease")) {
        put("os.version", release.into());
    }
}

/// The name of the user whom the process runs as.
fn owner(places: &Places) -> Option<String> {
    let status = read(places.proc.join("self/status"))?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    // Real, effective, saved, of the file system.
    let id = ids.split_ascii_whitespace().nth(1)?;
    let users = read(places.etc.join("passwd"))?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, of) = (fields.next()?, fields.nth(1)?);
        (of == id).then(|| name.to_owned())
    })
}

/// As semantic conventions call it.
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

/// As semantic conventions call it.
fn os(rust: &'static str) -> &'static str {
    match rust {
        "macos" | "ios" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

//! Getting tools: Debian's packages, and Python's.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, command};

/// Where a tool comes from.
pub(crate) enum Source {
    /// A Debian package, installed as usual.
    Install(&'static str),
    /// A Debian package of which only the files are wanted. To install Debian's `prometheus` is to
    /// start it, on its well-known port, and to pull in the web pages of its console.
    /// Unpacking needs neither root nor a way to keep a daemon from starting.
    Unpack(&'static str),
    /// Debian packages of which only the files are wanted, as above: a daemon from `sbin`, and the
    /// libraries that it asks for and a machine does not have of its own.
    UnpackDaemon {
        program: &'static str,
        packages: &'static [&'static str],
    },
    /// A Python package, in an environment of its own: Debian refuses `pip` outside of one
    /// (PEP 668), and a test has no business among the user's packages.
    Pip(&'static str),
}

pub(crate) struct Provider {
    unpacked: PathBuf,
    python: PathBuf,
    /// `apt-get update` ran, well or not: once is enough.
    updated: bool,
}

impl Provider {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            unpacked: folder.join("debian"),
            python: folder.join("python"),
            updated: false,
        }
    }

    /// Where programs are that were not installed system-wide.
    pub(crate) fn bin_folders(&self) -> [PathBuf; 3] {
        [
            self.unpacked.join("usr/bin"),
            self.unpacked.join("started"),
            self.python.join("bin"),
        ]
    }

    pub(crate) fn get(&mut self, source: &Source, path: &OsStr) -> Result<()> {
        match source {
            Source::Install(package) => self.install(package),
            Source::Unpack(package) => self.unpack(package),
            Source::UnpackDaemon { program, packages } => {
                packages
                    .iter()
                    .try_for_each(|package| self.unpack(package))?;
                self.start_from_here(program)
            }
            Source::Pip(package) => self.pip(package, path),
        }
    }

    fn install(&mut self, package: &str) -> Result<()> {
        self.update()?;
        if !root() {
            return Err(format!("only root can install Debian's {package}").into());
        }
        command::run(apt().args(["install", "-y", "--no-install-recommends", package]))
    }

    fn unpack(&mut self, package: &str) -> Result<()> {
        self.update()?;
        let downloads = self.unpacked.join("downloads").join(package);
        remove(&downloads)?;
        fs::create_dir_all(&downloads)?;
        command::run(apt().args(["download", package]).current_dir(&downloads))?;
        for file in fs::read_dir(&downloads)? {
            command::run(
                Command::new("dpkg")
                    .arg("-x")
                    .arg(file?.path())
                    .arg(&self.unpacked),
            )?;
        }
        Ok(())
    }

    /// Makes a script that starts a program of `sbin` with the libraries beside it.
    fn start_from_here(&self, program: &str) -> Result<()> {
        let folders = fs::read_dir(self.unpacked.join("usr/lib"))?;
        let folders: std::result::Result<Vec<_>, _> =
            folders.map(|folder| Ok(folder?.path())).collect();
        let libraries = std::env::join_paths(folders.map_err(|error: std::io::Error| error)?)?;
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
            libraries.to_string_lossy(),
            self.unpacked.join("usr/sbin").join(program).display()
        );
        let started = self.unpacked.join("started");
        fs::create_dir_all(&started)?;
        let file = started.join(program);
        fs::write(&file, script)?;
        command::run(Command::new("chmod").arg("+x").arg(file))
    }

    fn pip(&mut self, package: &str, path: &OsStr) -> Result<()> {
        let python3 = || {
            let mut python3 = Command::new("python3");
            python3.env("PATH", path);
            python3
        };
        let whole = self.python.join("whole");
        if !whole.exists() {
            self.environment(python3)?;
            fs::write(&whole, "")?;
        }
        // `python3` is now the one of the environment.
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--timeout",
            "20",
            "--retries",
            "2",
        ];
        command::run(python3().args(pip).arg(package))
    }

    /// Makes the environment of our Python packages, one for all of them.
    fn environment(&mut self, python3: impl Fn() -> Command) -> Result<()> {
        // What an interrupted run left behind would stand first on the PATH.
        remove(&self.python)?;
        if !command::succeeds(python3().args(["-c", "import venv, ensurepip"])) {
            self.install("python3-venv")?;
        }
        // What the machine has of its own was found before, and has to be found from in here too.
        let venv = ["-m", "venv", "--system-site-packages"];
        command::run(python3().args(venv).arg(&self.python))
    }

    /// Refreshes what apt knows, once, if we may.
    fn update(&mut self) -> Result<()> {
        if !command::succeeds(apt().arg("--version")) {
            return Err("there is no apt-get here: get it by hand".into());
        }
        if !self.updated && root() {
            self.updated = true;
            // An old list may still do, and if not, the next command says so.
            let _ = command::run(apt().arg("update"));
        }
        Ok(())
    }
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    // Without a network, give up in seconds; beside another apt, wait for its lock.
    apt.args([
        "-q",
        "-o",
        "Acquire::Retries=1",
        "-o",
        "Acquire::http::Timeout=20",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

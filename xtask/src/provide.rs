//! Installs tools from Debian and Python packages.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, command};

/// The package of a tool.
pub(crate) enum Source {
    /// A Debian package, installed as usual.
    Install(&'static str),
    /// A Debian package that is only unpacked. Installing `prometheus` would start a daemon on its
    /// well-known port. Unpacking also works without root.
    Unpack(&'static str),
    /// Debian packages that are only unpacked: a daemon in `sbin` and the libraries that it needs.
    UnpackDaemon {
        program: &'static str,
        packages: &'static [&'static str],
    },
    /// RabbitMQ and Erlang, only unpacked. Their scripts have fixed paths, so a script of ours starts them:
    /// `rabbitmq-unpacked`.
    UnpackRabbitmq(&'static [&'static str]),
    /// A Python package, in a virtual environment: Debian rejects `pip` outside of one (PEP 668),
    /// and the packages of the user must not change.
    Pip(&'static str),
}

pub(crate) struct Provider {
    unpacked: PathBuf,
    python: PathBuf,
    /// `apt-get update` was run, with or without success.
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

    /// Returns the folders of programs that are not installed system-wide.
    pub(crate) fn bin_folders(&self) -> [PathBuf; 3] {
        [
            // First: the same program in `usr/bin` does not find its libraries.
            self.unpacked.join("started"),
            self.unpacked.join("usr/bin"),
            self.python.join("bin"),
        ]
    }

    pub(crate) fn get(&mut self, source: &Source, path: &OsStr) -> Result<()> {
        match source {
            Source::Install(package) => self.install(package),
            Source::Unpack(package) => self.unpack(package),
            Source::UnpackDaemon { program, packages } => {
                self.unpack_all(packages)?;
                self.write_start_script(program)
            }
            Source::UnpackRabbitmq(packages) => {
                self.unpack_all(packages)?;
                self.write_rabbitmq_scripts()
            }
            Source::Pip(package) => self.pip(package, path),
        }
    }

    fn install(&mut self, package: &str) -> Result<()> {
        self.update()?;
        if !is_root() {
            return Err(format!("`{package}`: only root can install Debian packages").into());
        }
        command::run(apt().args(["install", "-y", "--no-install-recommends", package]))
    }

    fn unpack_all(&mut self, packages: &[&str]) -> Result<()> {
        packages.iter().try_for_each(|package| self.unpack(package))
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

    /// Writes a script that starts an unpacked program with the unpacked libraries.
    fn write_start_script(&self, program: &str) -> Result<()> {
        let libraries = std::env::join_paths(subfolders(&self.unpacked.join("usr/lib")))?;
        let mut folders = vec![
            self.unpacked.join("usr/sbin"),
            self.unpacked.join("usr/bin"),
        ];
        // PostgreSQL has a folder for each of its versions.
        folders.extend(
            subfolders(&self.unpacked.join("usr/lib/postgresql"))
                .into_iter()
                .map(|version| version.join("bin")),
        );
        let mut folders = folders.into_iter();
        let folder = folders.find(|folder| folder.join(program).exists());
        let folder = folder.ok_or_else(|| format!("`{program}`: not in the packages"))?;
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
            libraries.to_string_lossy(),
            folder.join(program).display()
        );
        write_script(&self.unpacked.join("started"), program, &script)
    }

    /// Writes a script that starts the unpacked RabbitMQ with the unpacked Erlang, in one process.
    ///
    /// Debian's `rabbitmq-server` changes the user and the folder, and its `erl` reads `/usr/lib/erlang`.
    fn write_rabbitmq_scripts(&self) -> Result<()> {
        let erlang = self.unpacked.join("usr/lib/erlang");
        let rabbitmq = self.unpacked.join("usr/lib/rabbitmq/lib");
        let versions = subfolders(&erlang).into_iter();
        let runtime = versions
            .map(|folder| folder.join("bin"))
            .find(|bin| bin.join("erlexec").exists())
            .ok_or("`erlexec`: not in the packages of Erlang")?;
        let server = subfolders(&rabbitmq).into_iter().next();
        let server = server.ok_or("`rabbitmq_server`: not in the packages of RabbitMQ")?;
        let erl = format!(
            "#!/bin/sh\nexport ROOTDIR='{}' BINDIR='{1}' EMU=beam PROGNAME=erl\nexec '{1}/erlexec' \"$@\"\n",
            erlang.display(),
            runtime.display()
        );
        let erl_folder = self.unpacked.join("started-by-rabbitmq");
        write_script(&erl_folder, "erl", &erl)?;
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --is-installed ] && exit 0\nPATH='{}':\"$PATH\" exec '{}/sbin/rabbitmq-server' \"$@\"\n",
            erl_folder.display(),
            server.display()
        );
        write_script(&self.unpacked.join("started"), "rabbitmq-unpacked", &script)
    }

    fn pip(&mut self, package: &str, path: &OsStr) -> Result<()> {
        let python3 = || {
            let mut python3 = Command::new("python3");
            python3.env("PATH", path);
            python3
        };
        let complete = self.python.join("complete");
        if !complete.exists() {
            self.create_environment(python3)?;
            fs::write(&complete, "")?;
        }
        // `python3` is now that of the environment.
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

    /// Creates the virtual environment for all Python packages.
    fn create_environment(&mut self, python3: impl Fn() -> Command) -> Result<()> {
        // The rest of an interrupted run would come first on the `PATH`.
        remove(&self.python)?;
        if !command::succeeds(python3().args(["-c", "import venv, ensurepip"])) {
            self.install("python3-venv")?;
        }
        // System packages must stay visible in the environment.
        let venv = ["-m", "venv", "--system-site-packages"];
        command::run(python3().args(venv).arg(&self.python))
    }

    /// Updates the package lists of apt once, if the user is root.
    fn update(&mut self) -> Result<()> {
        if !command::succeeds(apt().arg("--version")) {
            return Err("`apt-get`: not installed, install the tool manually".into());
        }
        if !self.updated && is_root() {
            self.updated = true;
            // Old lists may be good enough. If not, the next command fails.
            let _ = command::run(apt().arg("update"));
        }
        Ok(())
    }
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    // Fails within seconds without a network, and waits for the lock of another apt.
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

fn write_script(folder: &Path, name: &str, script: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let file = folder.join(name);
    fs::write(&file, script)?;
    command::run(Command::new("chmod").arg("+x").arg(file))
}

/// Returns the folders in a folder, in the order of their names. None if it does not exist.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut folders: Vec<_> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

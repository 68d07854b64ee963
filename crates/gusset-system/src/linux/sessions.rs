//! Reads the sign-in sessions.

use super::Root;
use super::folder::{KeptFolder, open_below};
use super::kept_file::{KeptFile, Records, read_all};
use super::parse::{session, utmp};

#[derive(Debug)]
pub(super) struct SessionReader {
    /// The sessions of systemd's login manager.
    sessions: KeptFolder,
    /// The sessions of other systems.
    utmp: KeptFile,
}

/// The greatest number of sessions that are looked at. Each is a file that has to be opened.
const MAX_SESSIONS: u64 = 256;

// === impl SessionReader ===

impl SessionReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            sessions: KeptFolder::new(root.path("run/systemd/sessions")),
            utmp: root.file("run/utmp"),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> Option<u64> {
        self.of_systemd(buffer)
            .or_else(|| self.utmp.read(buffer).and_then(utmp::parse))
    }

    fn of_systemd(&mut self, buffer: &mut Vec<u8>) -> Option<u64> {
        let (mut seen, mut signed_in) = (0, 0);
        self.sessions.list(|folder, name| {
            if !session::is_name(name) {
                return true;
            }
            seen += 1;
            // A session that ended meanwhile has no file any more.
            let name = std::str::from_utf8(name).ok();
            let file = name.and_then(|name| open_below(folder, name));
            let length = file.and_then(|file| read_all(&file, Records::Many, buffer));
            let is_one = length.is_some_and(|it| session::is_signed_in(&buffer[..it]));
            signed_in += u64::from(is_one);
            seen < MAX_SESSIONS
        })?;
        Some(signed_in)
    }
}

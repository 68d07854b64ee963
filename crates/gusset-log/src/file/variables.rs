//! The variables that replace standard output by a file.

use std::fmt::Display;
use std::str::FromStr;

use gusset_core::Env;

use super::LogFile;

const PATH_VARIABLE: &str = "GUSSET_LOGS_FILE";
const MAX_BYTES_VARIABLE: &str = "GUSSET_LOGS_FILE_MAX_BYTES";
const MAX_FILES_VARIABLE: &str = "GUSSET_LOGS_FILE_MAX_FILES";
#[cfg(all(unix, feature = "sighup"))]
const SIGHUP_VARIABLE: &str = "GUSSET_LOGS_FILE_REOPEN_ON_SIGHUP";

/// Opens the file that the environment names, if it names one. One text is added to `warnings` for each
/// variable that is ignored: without the file, entries go to standard output.
pub(crate) fn file(env: Env<'_>, warnings: &mut Vec<String>) -> Option<LogFile> {
    let path = read::<String>(env, PATH_VARIABLE, warnings)?;
    let mut builder = LogFile::builder(path);
    if let Some(bytes) = read(env, MAX_BYTES_VARIABLE, warnings) {
        builder = builder.max_bytes(bytes);
    }
    if let Some(files) = read(env, MAX_FILES_VARIABLE, warnings) {
        builder = builder.max_files(files);
    }
    #[cfg(all(unix, feature = "sighup"))]
    if read(env, SIGHUP_VARIABLE, warnings) == Some(true) {
        builder = builder.reopen_on_sighup();
    }
    match builder.open() {
        Ok(file) => Some(file),
        Err(error) => {
            warnings.push(format!(
                "`{PATH_VARIABLE}`: ignored, {error}; standard output is used"
            ));
            None
        }
    }
}

/// Reads a variable. One that is not valid has a warning, and no value.
fn read<T: FromStr<Err: Display>>(
    env: Env<'_>,
    variable: &str,
    warnings: &mut Vec<String>,
) -> Option<T> {
    let text = match env.var(variable) {
        Ok(text) => text?,
        Err(error) => {
            warnings.push(format!("ignoring {error}; the default is used"));
            return None;
        }
    };
    match text.trim().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            warnings.push(format!(
                "`{variable}`: ignoring `{text}`, {error}; the default is used"
            ));
            None
        }
    }
}

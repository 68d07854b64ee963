//! A log file: rotated at a size, and reopened after logrotate has renamed it.
//!
//! `cargo run --example log_file -- /tmp/shop.log`, and without code: `GUSSET_LOGS_FILE=/tmp/shop.log`. With
//! logrotate, leave out `max_bytes` and use `postrotate kill -HUP` or `copytruncate`.

use std::path::Path;
use std::time::Duration;

use gusset::Gusset;
use gusset::log::{Format, LogFile};

/// Sets everything up, with a log file of at most 10 MiB and five older ones.
fn start(path: &Path) -> Result<Gusset, gusset::Error> {
    let file = LogFile::builder(path).max_bytes(10 << 20).max_files(5);
    #[cfg(unix)]
    let file = file.reopen_on_sighup();
    let file = file.open()?;
    gusset::builder()
        .log(|log| log.format(Format::Json).file(file))
        .without_health()
        .without_management()
        .init()
}

fn main() -> Result<(), gusset::Error> {
    let path = std::env::args().nth(1);
    let gusset = start(Path::new(path.as_deref().unwrap_or("shop.log")))?;
    tracing::info!("started");
    if let Some(file) = gusset.telemetry().log_file_handle() {
        // Also on request, for example of an endpoint of operations.
        file.reopen();
        tracing::info!(errors = file.errors(), "reopened");
    }
    gusset.shutdown(Duration::from_secs(5));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    #[test]
    fn renamed_file_is_reopened() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("gusset-example-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let path = folder.join("shop.log");
        let gusset = super::start(&path)?;
        tracing::info!("before");
        assert!(gusset.flush(Duration::from_secs(30)));
        fs::rename(&path, folder.join("renamed"))?;
        let telemetry = gusset.telemetry();
        telemetry.log_file_handle().ok_or("a file")?.reopen();
        tracing::info!("after");
        assert!(gusset.flush(Duration::from_secs(30)));
        assert!(fs::read_to_string(folder.join("renamed"))?.contains("before"));
        let text = fs::read_to_string(&path)?;
        assert!(text.contains("after") && !text.contains("before"), "{text}");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}

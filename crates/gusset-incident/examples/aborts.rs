//! Panics. With `panic = "abort"` the process ends at once, and its report is there all the same.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use gusset_incident::{BlackBox, BlackBoxWriter, Directory, FlightRecorder, Incidents};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: aborts FOLDER")?);
    let recorder = FlightRecorder::builder().build()?;
    let file = BlackBox::builder("aborts").create(&folder)?;
    let _writer = BlackBoxWriter::start(&recorder, file, Duration::from_secs(1))?;
    let incidents = Incidents::builder("aborts", recorder)
        .destination(Directory::new(&folder))
        .flush(|_| println!("flushed"))
        .start()?;
    incidents.install_panic_hook();
    let numbers = [1, 2, 3];
    let at = std::env::args().count() + 1;
    println!("{}", numbers[at]);
    Ok(())
}

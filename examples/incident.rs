//! What a service did last, after `kill -9`. This program starts itself as a server, sends a request that never ends, kills the
//! server, and makes an incident report of the file that it has left.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gusset::ObserveLayer;
use gusset::http::Http;
use gusset::incident::{
    BlackBox, BlackBoxWriter, Directory, FlightRecorder, Incidents, Report, previous_runs,
};
use gusset::system::SystemSampler;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = std::env::args().nth(1) {
        return serve(folder.as_ref());
    }
    let folder = std::env::temp_dir().join(format!("incident-{}", std::process::id()));
    let mut server = Command::new(std::env::current_exe()?)
        .arg(&folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = server.stdout.take().ok_or("standard output is a pipe")?;
    let mut lines = BufReader::new(output).lines();
    let address = lines.next().ok_or("the server prints its address")??;

    let mut connection = TcpStream::connect(address)?;
    connection.write_all(b"GET /reports/7 HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    lines.next().ok_or("the report is under way")??;
    server.kill()?;
    server.wait()?;

    // The next start of the service, which `gusset::builder().incidents(folder).init()` does:
    let system = SystemSampler::builder().start()?;
    let incidents = Incidents::builder("shop", FlightRecorder::builder().build()?)
        .destination(Directory::new(&folder))
        .start()?;
    for run in previous_runs(&folder, "shop") {
        println!("{run}\n");
        let (cause, captured) = incidents.report_previous_run(&run, &system.latest().now);
        println!("It has ended by {cause}. The report:\n");
        let json = std::fs::read_to_string(&captured.delivered[0])?;
        println!("{}", Report::from_json(&json)?.to_markdown());
    }
    Ok(std::fs::remove_dir_all(&folder)?)
}

#[tokio::main]
async fn serve(folder: &Path) -> Result<(), Box<dyn Error>> {
    let recorder = FlightRecorder::builder().build()?;
    let file = BlackBox::builder("shop").create(folder)?;
    let writer = Arc::new(BlackBoxWriter::start(
        &recorder,
        file,
        Duration::from_secs(1),
    )?);
    recorder.record_change("breaker stock", "open");

    let report = async move || -> &'static str {
        // A service leaves it to the interval. This one is killed at once.
        writer.write_now();
        println!("under way");
        std::future::pending().await
    };
    let calls = ObserveLayer::<Http, _>::new(recorder.calls_of_server());
    let app = Router::new()
        .route("/reports/{id}", get(report))
        .layer(calls);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

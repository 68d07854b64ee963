//! Memory without scrapes. In its own process, because it measures the memory of the process.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_without_scrapes() {
    use gusset_prometheus::PrometheusExporter;

    /// Returns a lower bound of the resident memory in bytes. Pages have 4 KiB or more.
    fn resident() -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages = statm.split(' ').nth(1).unwrap();
        pages.parse::<usize>().unwrap() * 4096
    }

    let prometheus = PrometheusExporter::builder().build().unwrap();
    let waits = metrics::with_local_recorder(
        &prometheus.recorder(),
        || metrics::histogram!("waits", "http.route" => "/a"),
    );
    waits.record(1);
    let before = resident();
    for i in 0..10_000_000_u32 {
        waits.record(i % 20_000);
    }
    let grown = resident().saturating_sub(before);

    // Sixteen bytes for each sample would be 160 MB.
    assert!(grown < 1_000_000, "{grown} bytes");
    assert!(
        prometheus
            .endpoint()
            .render()
            .contains(r#"waits_count{http_route="/a"} 10000001"#)
    );
}

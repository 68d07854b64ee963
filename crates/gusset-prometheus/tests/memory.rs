//! Memory when nobody scrapes. Alone in its process, because it looks at the whole of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(target_os = "linux")]
#[test]
fn ten_million_samples_without_a_scrape_leave_memory_flat() {
    use gusset_prometheus::Prometheus;

    /// Resident memory in bytes. A page is 4 KiB at least, so this is a lower bound; a sample kept
    /// would show all the same.
    fn resident() -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages = statm.split(' ').nth(1).unwrap();
        pages.parse::<usize>().unwrap() * 4096
    }

    let prometheus = Prometheus::builder().build().unwrap();
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

    // Sixteen bytes a sample would be 160 MB.
    assert!(grown < 1_000_000, "{grown} bytes");
    assert!(
        prometheus
            .page()
            .render()
            .contains(r#"waits_count{http_route="/a"} 10000001"#)
    );
}

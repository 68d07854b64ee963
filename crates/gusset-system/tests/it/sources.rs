//! Sources besides the reader of Linux.

#[cfg(feature = "tokio")]
mod runtime {
    use std::time::Duration;

    use gusset_system::{SystemSampler, TokioSource};
    use tokio::runtime::Builder;
    use tokio::sync::oneshot;

    #[test]
    fn tasks_and_workers_are_counted() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let source = TokioSource::new(runtime.handle().clone());
        let builder = SystemSampler::builder().without_system();
        let sampler = builder.source(source).start().unwrap();
        let idle = sampler.latest().now;
        assert_eq!(idle.runtime.workers, Some(2));
        assert_eq!(idle.runtime.alive_tasks, Some(0));
        assert_eq!(idle.runtime.busy.as_deref().map(<[_]>::len), Some(2));

        let (stop, stopped) = oneshot::channel::<()>();
        let waiting = runtime.spawn(async {
            let _ = stopped.await;
        });
        sampler.sample();
        assert_eq!(sampler.latest().now.runtime.alive_tasks, Some(1));
        drop(stop);
        runtime.block_on(waiting).unwrap();
    }

    #[test]
    fn polled_tasks_make_workers_busy() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let source = TokioSource::new(runtime.handle().clone());
        let builder = SystemSampler::builder().without_system();
        let sampler = builder.source(source).start().unwrap();
        let busy = |sampler: &SystemSampler| sampler.latest().now.runtime.total_busy().unwrap();
        let before = busy(&sampler);
        let spin = runtime.spawn(async {
            let clock = gusset_core::Clock::system();
            let start = clock.now();
            while clock.now() - start < Duration::from_millis(20) {}
        });
        runtime.block_on(spin).unwrap();
        // The worker adds the time when it parks.
        while busy(&sampler) - before < Duration::from_millis(20) {
            sampler.sample();
        }
    }
}

#[cfg(feature = "jemalloc")]
mod jemalloc {
    use gusset_system::{JemallocSource, Snapshot, Source as _};

    #[test]
    fn figures_are_in_their_order() {
        let mut snapshot = Snapshot::default();
        JemallocSource::new().read(&mut snapshot);
        let allocator = snapshot.allocator;
        // jemalloc is not the allocator of this test, but it has memory for itself.
        assert!(allocator.allocated <= allocator.active, "{allocator:?}");
        assert!(allocator.active <= allocator.mapped, "{allocator:?}");
        assert!(allocator.resident > Some(0), "{allocator:?}");
    }
}

#[cfg(all(feature = "sysinfo", feature = "reader", target_os = "linux"))]
mod sysinfo {
    use gusset_system::{Snapshot, Source as _, SysinfoSource, SystemReader};

    #[test]
    fn values_are_those_of_the_reader() {
        let mut theirs = Snapshot::default();
        SysinfoSource::new().read(&mut theirs);
        let ours = SystemReader::new().snapshot();
        assert_eq!(theirs.host.memory.total, ours.host.memory.total);
        assert_eq!(theirs.host.cpus, ours.host.cpus);
        let close = |a: Option<u64>, b: Option<u64>| a.unwrap().abs_diff(b.unwrap()) < 64 << 20;
        assert!(close(theirs.process.resident, ours.process.resident));
        assert!(close(
            theirs.host.memory.available,
            ours.host.memory.available
        ));
        assert_eq!(theirs.process.user_time, None, "the crate has only the sum");
        assert_eq!(theirs.network.sockets.tcp_in_use, None, "unknown to it");
    }
}

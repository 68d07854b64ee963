//! Jobs run when they are due, and one that does not is seen. Time is paused.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod support;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use self::support::*;

const MINUTE: Duration = Duration::from_secs(60);
/// After the timers of a whole minute.
const MOMENT: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn job_runs_at_once_and_at_each_interval() {
    let jobs = TestJobs::new();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    jobs.job("reprice").every(MINUTE).spawn(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        ok()
    });
    sleep(MOMENT).await;
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    sleep(MINUTE * 3).await;
    assert_eq!(runs.load(Ordering::Relaxed), 4);
    assert_eq!(jobs.ends(), ["reprice success"; 4]);
    assert!(jobs.gauge("gusset.job.last_success") > 1e9);
    assert_eq!(jobs.counter("gusset.job.skipped"), 0);
    assert_eq!(jobs.counter("gusset.job.overlapping"), 0);
}

#[tokio::test(start_paused = true)]
async fn first_run_can_be_later() {
    let jobs = TestJobs::new();
    let job = jobs.job("reprice").every(MINUTE).start_after(MINUTE * 2);
    job.spawn(ok);
    sleep(MINUTE).await;
    assert_eq!(jobs.ends(), [""; 0]);
    sleep(MINUTE + MOMENT).await;
    assert_eq!(jobs.ends().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn failure_and_panic_end_the_run_and_not_the_schedule() {
    let jobs = TestJobs::new();
    let runs = Arc::new(AtomicU32::new(0));
    jobs.job("reprice").every(MINUTE).spawn(move || {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        async move {
            match run {
                0 => Err(std::io::ErrorKind::TimedOut.into()),
                1 => std::panic::resume_unwind(Box::new("on purpose")),
                _ => Ok::<_, std::io::Error>(()),
            }
        }
    });
    sleep(MINUTE * 2 + MOMENT).await;
    let expected = ["reprice timeout", "reprice panic", "reprice success"];
    assert_eq!(jobs.ends(), expected);
}

#[tokio::test(start_paused = true)]
async fn run_that_is_due_while_another_is_in_progress_is_skipped() {
    let jobs = TestJobs::new();
    jobs.job("reprice").every(MINUTE).spawn(async || {
        sleep(MINUTE * 2 + MINUTE / 2).await;
        Ok::<_, std::io::Error>(())
    });
    sleep(MINUTE * 3 - MOMENT).await;
    // First, because a snapshot resets gauges.
    assert_eq!(jobs.gauge("gusset.job.last_duration"), 150.0);
    assert_eq!(jobs.counter("gusset.job.skipped"), 2);
    assert_eq!(jobs.ends().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn overlapping_runs_are_counted_where_they_are_allowed() {
    let jobs = TestJobs::new();
    let job = jobs.job("reprice").every(MINUTE).max_runs(2);
    job.spawn(async || {
        sleep(MINUTE + MINUTE / 2).await;
        Ok::<_, std::io::Error>(())
    });
    sleep(MINUTE * 2 + MOMENT).await;
    assert_eq!(jobs.counter("gusset.job.overlapping"), 2);
    assert_eq!(jobs.counter("gusset.job.skipped"), 0);
}

#[tokio::test(start_paused = true)]
async fn runs_beyond_the_limit_are_skipped() {
    let jobs = TestJobs::new();
    let started = Arc::new(AtomicU32::new(0));
    let counted = started.clone();
    let job = jobs.job("reprice").every(MINUTE).max_runs(3);
    job.spawn(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        pending::<Result<(), std::io::Error>>()
    });
    sleep(MINUTE * 100 + MOMENT).await;
    assert_eq!(started.load(Ordering::Relaxed), 3);
    assert_eq!(jobs.counter("gusset.job.overlapping"), 2);
    assert_eq!(jobs.counter("gusset.job.skipped"), 98);
}

#[tokio::test(start_paused = true)]
async fn job_is_overdue_after_two_intervals_without_success() {
    let jobs = TestJobs::new();
    jobs.job("nightly")
        .every(MINUTE)
        .spawn(|| async { Err::<(), std::io::Error>(std::io::ErrorKind::Other.into()) });
    sleep(MINUTE * 2 - MOMENT).await;
    assert_eq!(jobs.jobs.overdue(), []);
    assert_eq!(jobs.gauge("gusset.job.overdue"), 0.0);
    sleep(MOMENT * 2).await;
    // The gauge is set when the job becomes overdue, and not when it is read.
    assert_eq!(jobs.gauge("gusset.job.overdue"), 1.0);
    let overdue = jobs.jobs.overdue();
    assert_eq!(overdue[0].to_string(), "nightly: no success for 120 s");
}

#[tokio::test(start_paused = true)]
async fn job_that_hangs_is_overdue_until_it_succeeds() {
    let jobs = TestJobs::new();
    let release = Arc::new(Notify::new());
    let released = release.clone();
    jobs.job("nightly").every(MINUTE).spawn(move || {
        let released = released.clone();
        async move {
            released.notified().await;
            Ok::<_, std::io::Error>(())
        }
    });
    sleep(MINUTE * 2 + MOMENT).await;
    assert_eq!(jobs.gauge("gusset.job.overdue"), 1.0);
    release.notify_one();
    sleep(MOMENT).await;
    assert_eq!(jobs.gauge("gusset.job.overdue"), 0.0);
    assert_eq!(jobs.jobs.overdue(), []);
    // And again, without anything that happens in between.
    sleep(MINUTE * 2 + MOMENT).await;
    assert_eq!(jobs.gauge("gusset.job.overdue"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn age_from_which_a_job_is_overdue_can_be_set() {
    let jobs = TestJobs::new();
    let job = jobs.job("nightly").every(MINUTE).overdue_after(MINUTE * 5);
    job.spawn(pending::<Result<(), std::io::Error>>);
    sleep(MINUTE * 5 - MOMENT).await;
    assert_eq!(jobs.jobs.overdue(), []);
    sleep(MOMENT * 2).await;
    assert_eq!(jobs.jobs.overdue().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn end_of_the_service_starts_no_run_and_waits_for_the_one_in_progress() {
    let jobs = TestJobs::new();
    let end = Arc::new(Notify::new());
    let ended = end.clone();
    let job = jobs.job("reprice").every(MINUTE);
    let job = job.until(async move { ended.notified().await });
    let task = job.spawn(async || {
        sleep(MINUTE / 2).await;
        Ok::<_, std::io::Error>(())
    });
    sleep(MOMENT).await;
    end.notify_one();
    sleep(MOMENT).await;
    assert!(!task.is_finished(), "a run is in progress");
    task.await.unwrap();
    assert_eq!(jobs.ends(), ["reprice success"]);
    sleep(MINUTE * 10).await;
    assert_eq!(jobs.jobs.overdue(), [], "its schedule has ended");
}

#[tokio::test(start_paused = true)]
async fn aborted_task_cancels_its_run() {
    let jobs = TestJobs::new();
    let task = jobs
        .job("reprice")
        .spawn(pending::<Result<(), std::io::Error>>);
    sleep(MOMENT).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    sleep(MOMENT).await;
    assert_eq!(jobs.ends(), ["reprice cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn endless_times_are_cut_and_do_not_panic() {
    let jobs = TestJobs::new();
    let job = jobs.job("never").every(Duration::MAX);
    let job = job.start_after(Duration::MAX).overdue_after(Duration::MAX);
    let task = job.spawn(ok);
    sleep(MOMENT).await;
    assert!(!task.is_finished());
}

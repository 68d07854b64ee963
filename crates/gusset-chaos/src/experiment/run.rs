//! The run of an experiment.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use gusset_core::PanicCounter;
use tokio::time::{Instant, sleep, timeout};

use super::{Check, Conclusion, Evidence, Experiment, Phase, Report};
use crate::{Chaos, StopReason, TARGET};

/// The evidence so far.
struct Records {
    started: Instant,
    evidence: Vec<Evidence>,
    panics: PanicCounter,
}

/// The most entries of evidence. Checks that are not met again and again add no more.
const MAX_EVIDENCE: usize = 1000;

// === impl Experiment ===

impl Experiment {
    /// Runs the experiment in a Tokio runtime with a timer. Faults end with `load`, or by the
    /// [`duration`](Self::duration); for traffic from elsewhere, `load` is [`std::future::pending`].
    ///
    /// If the future is dropped, the layers are disarmed.
    pub async fn run(mut self, chaos: &Chaos, load: impl Future<Output = ()>) -> Report {
        let mut records = Records {
            started: Instant::now(),
            evidence: Vec::new(),
            panics: PanicCounter::new(),
        };
        self.interval = self.interval.max(Duration::from_millis(1));
        tracing::info!(target: TARGET, experiment = self.name, "the experiment begins");
        let before = records.check(Phase::Before, &self.steady_state);
        let faults_began = Instant::now();
        let (mut conclusion, stopped) = match before {
            Err((check, reason)) => {
                let reason = format!("{check}: {reason}");
                (Some(Conclusion::NotStarted { reason }), None)
            }
            Ok(()) => self.inject(chaos, load, &mut records).await,
        };
        let took = faults_began.elapsed();
        let status = chaos.status();
        let is_started = !matches!(conclusion, Some(Conclusion::NotStarted { .. }));
        if is_started {
            let recovered = self.recover(&mut records).await;
            let failed = recovered.err();
            let failed = failed.map(|(check, reason)| Conclusion::Failed { check, reason });
            conclusion = conclusion.or(failed);
        }
        let injected: u64 = status.rules.iter().map(|rule| rule.injected).sum();
        let conclusion = conclusion.unwrap_or(match injected == 0 && !self.has_assault() {
            true => Conclusion::Inconclusive,
            false => Conclusion::Passed,
        });
        tracing::info!(target: TARGET, experiment = self.name, "the experiment has ended: {conclusion}");
        Report {
            name: self.name,
            conclusion,
            evidence: records.evidence,
            stopped,
            rules: if is_started { status.rules } else { Vec::new() },
            log: if is_started {
                chaos.replay_log()
            } else {
                Default::default()
            },
            took: if is_started { took } else { Duration::ZERO },
        }
    }

    /// Injects faults until the end of the load or of the duration. Returns a conclusion unless all went well.
    async fn inject(
        &self,
        chaos: &Chaos,
        load: impl Future<Output = ()>,
        records: &mut Records,
    ) -> (Option<Conclusion>, Option<StopReason>) {
        let mut arming = self.arming.clone();
        // A second more, so that it is the experiment that ends the faults.
        arming.time_limit = self.duration.saturating_add(Duration::from_secs(1));
        let armed = match chaos.arm_scoped(arming) {
            Ok(armed) => armed,
            Err(error) => return (not_started(&error), None),
        };
        #[cfg(feature = "process")]
        let _running = match self.assault.clone().map(|assault| chaos.assault(assault)) {
            None => None,
            Some(Ok(running)) => Some(running),
            Some(Err(error)) => return (not_started(&error), None),
        };
        let deadline = Instant::now() + self.duration;
        let mut load = pin!(load);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let is_done = timeout(self.interval.min(left), load.as_mut())
                .await
                .is_ok();
            let kept = records.check(Phase::During, &self.promises);
            if let Err((check, reason)) = kept {
                return (Some(Conclusion::Failed { check, reason }), None);
            }
            if !chaos.status().armed {
                break;
            }
            if is_done || Instant::now() >= deadline {
                drop(armed);
                return (None, None);
            }
        }
        let reason = chaos.status().stopped;
        let conclusion = match &reason {
            // The faults that the budget allows were injected.
            None | Some(StopReason::Budget) => None,
            Some(reason) => Some(Conclusion::Stopped {
                reason: reason.to_string(),
            }),
        };
        (conclusion, reason)
    }

    /// Waits until the steady state is back.
    async fn recover(&self, records: &mut Records) -> Result<(), (String, String)> {
        let deadline = Instant::now() + self.recovery;
        loop {
            let result = records.check(Phase::After, &self.steady_state);
            if result.is_ok() || Instant::now() >= deadline {
                return result;
            }
            sleep(self.interval).await;
        }
    }

    #[cfg(feature = "process")]
    fn has_assault(&self) -> bool {
        self.assault.is_some()
    }

    #[cfg(not(feature = "process"))]
    #[expect(clippy::unused_self, reason = "there are no assaults")]
    fn has_assault(&self) -> bool {
        false
    }
}

fn not_started(error: &impl ToString) -> Option<Conclusion> {
    let reason = error.to_string();
    Some(Conclusion::NotStarted { reason })
}

// === impl Records ===

impl Records {
    /// Checks all, and returns the first that is not met.
    fn check(&mut self, phase: Phase, checks: &[(String, Check)]) -> Result<(), (String, String)> {
        let mut first = Ok(());
        for (name, check) in checks {
            let report = || tracing::error!(target: TARGET, check = name, "a check panicked");
            let result = self.panics.catch(|| check(), report);
            let result = result.unwrap_or_else(|| Err("the check panicked".to_owned()));
            if let (Ok(()), Err(reason)) = (&first, &result) {
                first = Err((name.clone(), reason.clone()));
            }
            self.add(phase, name, result);
        }
        first
    }

    /// Adds what a check returned. Of those that are met one after the other, the first and the last stay.
    fn add(&mut self, phase: Phase, check: &str, result: Result<String, String>) {
        let evidence = Evidence {
            at: self.started.elapsed(),
            phase,
            check: check.to_owned(),
            result,
        };
        let is_met = |other: &&usize| {
            let other = &self.evidence[**other];
            (other.phase, other.result.is_ok()) == (phase, true)
        };
        let same = self.evidence.iter().enumerate().rev();
        let same = same.filter(|(_, other)| other.check == check);
        let last: Vec<usize> = same.map(|(at, _)| at).take(2).collect();
        let are_met = last.len() == 2 && last.iter().filter(is_met).count() == 2;
        if evidence.result.is_ok() && are_met {
            self.evidence.remove(last[0]);
        } else if self.evidence.len() >= MAX_EVIDENCE {
            return;
        }
        self.evidence.push(evidence);
    }
}

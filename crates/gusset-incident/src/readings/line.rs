//! Readings as a line of the file, which a person can read too.

use std::fmt;

use super::Readings;

impl fmt::Display for Readings {
    /// Writes names and values: `cpu=0.52 cpus=2 mem=1048576`. What is unknown is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(usize::MAX))
    }
}

impl Readings {
    /// Returns the line of at most this length. The values that do not fit are left out.
    pub(crate) fn line(&self, max: usize) -> String {
        let mut line = String::new();
        for (name, value) in self.values() {
            let Some(value) = value else {
                continue;
            };
            // Two digits are enough for shares, and counts have none.
            let value = format!("{value:.2}");
            let value = value.strip_suffix(".00").unwrap_or(&value);
            let separator = if line.is_empty() { "" } else { " " };
            let pair = format!("{separator}{name}={value}");
            if line.len() + pair.len() > max {
                break;
            }
            line += &pair;
        }
        line
    }

    /// Returns all values with their names, in the order of a line.
    ///
    /// The names are short, because a slot of the file has 234 bytes.
    #[expect(
        clippy::cast_precision_loss,
        reason = "bytes and counts are below 2^53"
    )]
    pub(crate) fn values(&self) -> [(&'static str, Option<f64>); 18] {
        let count = |count: Option<u64>| count.map(|it| it as f64);
        // All fields, so that a new one is not forgotten.
        let Self {
            cpu,
            cpus,
            load,
            throttled,
            memory,
            memory_limit,
            resident,
            cpu_pressure,
            memory_pressure,
            io_pressure,
            open_files,
            open_files_limit,
            threads,
            tasks,
            busy,
            in_flight,
            cgroup_oom_kills,
            host_oom_kills,
        } = *self;
        // Those that matter most come first, because not all may fit.
        [
            ("oom", count(cgroup_oom_kills)),
            ("host_oom", count(host_oom_kills)),
            ("mem", count(memory)),
            ("limit", count(memory_limit)),
            ("rss", count(resident)),
            ("cpu", cpu),
            ("cpus", cpus),
            ("psi_cpu", cpu_pressure),
            ("psi_mem", memory_pressure),
            ("psi_io", io_pressure),
            ("throttled", throttled),
            ("load", load),
            ("fds", count(open_files)),
            ("max_fds", count(open_files_limit)),
            ("threads", count(threads)),
            ("tasks", count(tasks)),
            ("busy", busy),
            ("calls", count(in_flight)),
        ]
    }
}

impl Readings {
    /// Reads a line. `None` if it is not one. Unknown names are skipped: another version may have written it.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut readings = Self::default();
        for pair in line.split_ascii_whitespace() {
            let (name, value) = pair.split_once('=')?;
            let value: f64 = value.parse().ok()?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the cast saturates, and the values were written from counts"
            )]
            let count = Some(value as u64);
            let share = Some(value);
            match name {
                "oom" => readings.cgroup_oom_kills = count,
                "host_oom" => readings.host_oom_kills = count,
                "mem" => readings.memory = count,
                "limit" => readings.memory_limit = count,
                "rss" => readings.resident = count,
                "cpu" => readings.cpu = share,
                "cpus" => readings.cpus = share,
                "psi_cpu" => readings.cpu_pressure = share,
                "psi_mem" => readings.memory_pressure = share,
                "psi_io" => readings.io_pressure = share,
                "throttled" => readings.throttled = share,
                "load" => readings.load = share,
                "fds" => readings.open_files = count,
                "max_fds" => readings.open_files_limit = count,
                "threads" => readings.threads = count,
                "tasks" => readings.tasks = count,
                "busy" => readings.busy = share,
                "calls" => readings.in_flight = count,
                _ => {}
            }
        }
        Some(readings)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count() -> impl Strategy<Value = Option<u64>> {
        prop::option::of(0..1_u64 << 50)
    }

    /// Returns shares with two digits, as a line has them.
    fn share() -> impl Strategy<Value = Option<f64>> {
        prop::option::of((0..100_000_u32).prop_map(|it| f64::from(it) / 100.0))
    }

    prop_compose! {
        fn readings()(
            [cpu, cpus, load, throttled] in [share(), share(), share(), share()],
            [cpu_pressure, memory_pressure, io_pressure, busy] in [share(), share(), share(), share()],
            [memory, memory_limit, resident, open_files, open_files_limit] in [count(), count(), count(), count(), count()],
            [threads, tasks, in_flight, cgroup_oom_kills, host_oom_kills] in [count(), count(), count(), count(), count()],
        ) -> Readings {
            Readings {
                cpu, cpus, load, throttled, memory, memory_limit, resident, cpu_pressure, memory_pressure, io_pressure,
                open_files, open_files_limit, threads, tasks, busy, in_flight, cgroup_oom_kills, host_oom_kills,
            }
        }
    }

    proptest! {
        #[test]
        fn line_is_read_as_it_was_written(readings in readings()) {
            prop_assert_eq!(Readings::from_line(&readings.to_string()), Some(readings));
        }

        #[test]
        fn any_line_is_read_without_a_panic(line: String) {
            let _ = Readings::from_line(&line);
        }
    }

    #[test]
    fn usual_readings_fit_in_a_slot() {
        let gigabytes = Some(64 << 30);
        let readings = Readings {
            cpu: Some(63.99),
            cpus: Some(64.0),
            load: Some(120.55),
            throttled: Some(0.25),
            memory: gigabytes,
            memory_limit: gigabytes,
            resident: gigabytes,
            cpu_pressure: Some(0.25),
            memory_pressure: Some(0.25),
            io_pressure: Some(0.25),
            open_files: Some(65_535),
            open_files_limit: Some(1_048_576),
            threads: Some(1024),
            tasks: Some(100_000),
            busy: Some(0.99),
            in_flight: Some(10_000),
            cgroup_oom_kills: Some(10),
            host_oom_kills: Some(100),
        };
        assert!(readings.to_string().len() <= 234, "{readings}");
    }

    #[test]
    fn values_that_do_not_fit_are_left_out() {
        let readings = Readings {
            resident: Some(12_345),
            threads: Some(10),
            ..Readings::default()
        };
        assert_eq!(readings.line(20), "rss=12345 threads=10");
        assert_eq!(readings.line(19), "rss=12345");
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let readings = Readings {
            cpu: Some(0.5),
            cpus: Some(2.0),
            ..Readings::default()
        };
        assert_eq!(readings.to_string(), "cpu=0.50 cpus=2");
        assert_eq!(Readings::from_line("breaker: open"), None);
    }
}

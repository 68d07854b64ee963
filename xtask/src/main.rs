//! The chores of the project: `cargo xtask <chore>`.

mod bench;
mod catalogue;
mod ci;
mod command;
mod compile;
mod deny;
mod direction;
mod features;
mod fuzz;
mod lint;
mod manifest;
mod modules;
mod moving;
mod provide;
mod release;
mod scenarios;
mod servers;
mod soak;
mod steps;
mod test;
mod tools;
mod words;
mod workspace;

use std::env;
use std::process::ExitCode;

use crate::steps::{Steps, print_error, print_line};
use crate::workspace::Workspace;

/// All errors are handled in the same way, so they are boxed: each is printed and fails the chore.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Chore {
    name: &'static str,
    about: &'static str,
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    Plain(fn(&Workspace, &mut Steps)),
    OnFile(fn(&Workspace, &mut Steps, &str)),
    OnEach(fn(&Workspace, &mut Steps, &[String])),
    /// Takes the option `--all`.
    OptionAll(fn(&Workspace, &mut Steps, bool)),
}

/// All chores. A new one is a file in this folder and an entry here.
const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "install the tools that tests need, with --all also build servers, then run every test",
        run: Run::OptionAll(test::run),
    },
    Chore {
        name: "lint",
        about: "check format, words, dependencies, modules, manifests, clippy, features, docs and counts",
        run: Run::Plain(lint::run),
    },
    Chore {
        name: "quick",
        about: "check format, words, dependencies, modules and manifests: what builds nothing",
        run: Run::Plain(lint::quick),
    },
    Chore {
        name: "ci",
        about: "test, then lint",
        run: Run::Plain(ci::run),
    },
    Chore {
        name: "catalogue",
        about: "write docs/catalogue.md from the table of names",
        run: Run::Plain(catalogue::run),
    },
    Chore {
        name: "bench",
        about: "measure the cost of a call and of peers, and write docs/benchmarks.md",
        run: Run::Plain(bench::run),
    },
    Chore {
        name: "baseline",
        about: "keep the counts of gusset in benches/baseline.txt, to compare a change with",
        run: Run::Plain(bench::baseline),
    },
    Chore {
        name: "count",
        about: "compare the instructions and allocations of a call with benches/counts.txt",
        run: Run::Plain(bench::count),
    },
    Chore {
        name: "accept",
        about: "write benches/counts.txt, after a change that is worth its cost",
        run: Run::Plain(bench::accept),
    },
    Chore {
        name: "breakers",
        about: "print the cost of the circuit breaker and of its peers",
        run: Run::Plain(bench::breakers),
    },
    Chore {
        name: "readings",
        about: "print the cost of a reading of the system and of its peers",
        run: Run::Plain(bench::readings),
    },
    Chore {
        name: "viewers",
        about: "print what viewers of the operations page cost the service",
        run: Run::Plain(bench::viewers),
    },
    Chore {
        name: "traces",
        about: "print the cost of traces and of their peers",
        run: Run::Plain(bench::traces),
    },
    Chore {
        name: "logs",
        about: "print the cost of a log entry and of its peers",
        run: Run::Plain(bench::logs),
    },
    Chore {
        name: "whole",
        about: "print the cost of what a service uses: the façade's layers, and five jobs at once",
        run: Run::Plain(bench::whole),
    },
    Chore {
        name: "series",
        about: "print the memory of a series and the cost of a record, also of peers",
        run: Run::Plain(bench::series),
    },
    Chore {
        name: "time",
        about: "measure the time of a call with criterion",
        run: Run::Plain(bench::time),
    },
    Chore {
        name: "compile",
        about: "measure what the features cost to compile, and write docs/compile.md",
        run: Run::Plain(compile::run),
    },
    Chore {
        name: "scenarios",
        about: "replay a FILE of scenarios against the circuit breaker",
        run: Run::OnFile(scenarios::run),
    },
    Chore {
        name: "soak",
        about: "send mixed calls for minutes, and check that resources stay flat and totals exact",
        run: Run::Plain(soak::run),
    },
    Chore {
        name: "fuzz",
        about: "run every fuzz target, or each TARGET, for a minute",
        run: Run::OnEach(fuzz::run),
    },
    Chore {
        name: "moving",
        about: "compile the code of docs/moving before the change, beside the real axum-prometheus",
        run: Run::Plain(moving::run),
    },
    Chore {
        name: "release",
        about: "try a release: package and build every crate in order, and the docs as docs.rs does",
        run: Run::Plain(release::run),
    },
    Chore {
        name: "words",
        about: "check the words of names and texts, in every file or below each PATH",
        run: Run::OnEach(words::run),
    },
];

fn main() -> ExitCode {
    // Not `args()`, which panics on invalid UTF-8.
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match parse(&arguments) {
        Ok(Request::Help) => {
            print_line(usage());
            ExitCode::SUCCESS
        }
        Ok(Request::Chore(chore, files)) => perform(chore, &files),
        Err(message) => {
            print_error(format_args!("{message}\n\n{}", usage()));
            ExitCode::from(2)
        }
    }
}

fn perform(chore: &Chore, files: &[String]) -> ExitCode {
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(error) => {
            print_error(error);
            return ExitCode::FAILURE;
        }
    };
    let mut steps = Steps::default();
    match chore.run {
        Run::Plain(run) => run(&workspace, &mut steps),
        Run::OnFile(run) => {
            let file = files.first().map_or("", String::as_str);
            run(&workspace, &mut steps, file);
        }
        Run::OnEach(run) => run(&workspace, &mut steps, files),
        Run::OptionAll(run) => run(&workspace, &mut steps, !files.is_empty()),
    }
    print_line(format_args!("\n{}", steps.table()));
    if steps.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

enum Request {
    Help,
    /// A chore with its arguments.
    Chore(&'static Chore, Vec<String>),
}

fn parse(arguments: &[String]) -> std::result::Result<Request, String> {
    let name = match arguments.first().map(String::as_str) {
        None | Some("-h" | "--help" | "help") => return Ok(Request::Help),
        Some(name) => name,
    };
    let chore = CHORES
        .iter()
        .find(|chore| chore.name == name)
        .ok_or_else(|| format!("`{name}`: unknown chore"))?;
    let rest = arguments.get(1..).unwrap_or_default();
    let unexpected = |extra: &str| Err(format!("`{name}`: unexpected argument `{extra}`"));
    match (chore.run, rest) {
        (_, [help, ..]) if matches!(help.as_str(), "-h" | "--help") => Ok(Request::Help),
        (Run::Plain(_), []) => Ok(Request::Chore(chore, Vec::new())),
        (Run::OnFile(_), [_]) | (Run::OnEach(_), _) | (Run::OptionAll(_), []) => {
            Ok(Request::Chore(chore, rest.to_vec()))
        }
        (Run::OptionAll(_), [all]) if all == "--all" => Ok(Request::Chore(chore, rest.to_vec())),
        (Run::OnFile(_), []) => Err(format!("`{name}`: a file is missing")),
        (Run::OptionAll(_), [all, extra, ..]) if all == "--all" => unexpected(extra),
        (Run::Plain(_) | Run::OptionAll(_), [extra, ..]) => unexpected(extra),
        (Run::OnFile(_), [_, extra, ..]) => unexpected(extra),
    }
}

fn usage() -> String {
    let mut usage = String::from("usage: cargo xtask <chore>\n\nchores:");
    for Chore { name, about, .. } in CHORES {
        usage.push_str(&format!("\n  {name:<9} {about}"));
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> std::result::Result<&'static str, String> {
        let arguments: Vec<String> = arguments.iter().copied().map(String::from).collect();
        parse(&arguments).map(|request| match request {
            Request::Help => "(help)",
            Request::Chore(chore, _) => chore.name,
        })
    }

    #[test]
    fn chores_are_found_by_name() {
        for chore in CHORES {
            let arguments: &[&str] = match chore.run {
                Run::Plain(_) => &[chore.name],
                Run::OptionAll(_) => &[chore.name, "--all"],
                Run::OnFile(_) | Run::OnEach(_) => &[chore.name, "file.json"],
            };
            assert_eq!(parsed(arguments), Ok(chore.name));
        }
    }

    #[test]
    fn missing_argument_prints_help() {
        assert_eq!(parsed(&[]), Ok("(help)"));
        assert_eq!(parsed(&["--help"]), Ok("(help)"));
        assert_eq!(parsed(&["lint", "--help"]), Ok("(help)"));
    }

    #[test]
    fn unknown_chore_is_an_error() {
        assert_eq!(parsed(&["tset"]), Err("`tset`: unknown chore".into()));
    }

    #[test]
    fn unused_argument_is_an_error() {
        assert_eq!(
            parsed(&["lint", "--fix"]),
            Err("`lint`: unexpected argument `--fix`".into())
        );
    }

    #[test]
    fn test_takes_the_option_all() {
        assert_eq!(parsed(&["test"]), Ok("test"));
        assert_eq!(
            parsed(&["test", "all"]),
            Err("`test`: unexpected argument `all`".into())
        );
        assert_eq!(
            parsed(&["test", "--all", "more"]),
            Err("`test`: unexpected argument `more`".into())
        );
    }

    #[test]
    fn file_chore_takes_one_file() {
        assert_eq!(
            parsed(&["scenarios"]),
            Err("`scenarios`: a file is missing".into())
        );
        assert_eq!(
            parsed(&["scenarios", "a", "b"]),
            Err("`scenarios`: unexpected argument `b`".into())
        );
    }

    #[test]
    fn help_lists_every_chore() {
        for chore in CHORES {
            assert!(
                usage().contains(&format!("\n  {} ", chore.name)),
                "{} is not in the help",
                chore.name
            );
        }
    }
}

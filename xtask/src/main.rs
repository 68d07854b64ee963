//! The project's own chores: `cargo xtask <chore>`.

mod bench;
mod catalogue;
mod ci;
mod command;
mod direction;
mod features;
mod lint;
mod manifest;
mod provide;
mod scenarios;
mod steps;
mod test;
mod tools;
mod words;
mod workspace;

use std::env;
use std::process::ExitCode;

use crate::steps::{Steps, print_error, print_line};
use crate::workspace::Workspace;

/// Nothing here handles one failure unlike another: each is told, and ends the chore.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Chore {
    name: &'static str,
    about: &'static str,
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    Alone(fn(&Workspace, &mut Steps)),
    OnFile(fn(&Workspace, &mut Steps, &str)),
    OnPaths(fn(&Workspace, &mut Steps, &[String])),
}

/// A new chore is a file beside this one, and a line here.
const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "get the tools that tests need, then run every test",
        run: Run::Alone(test::run),
    },
    Chore {
        name: "lint",
        about: "format, clippy, each crate alone, docs, direction, manifests",
        run: Run::Alone(lint::run),
    },
    Chore {
        name: "ci",
        about: "test, then lint",
        run: Run::Alone(ci::run),
    },
    Chore {
        name: "catalogue",
        about: "write docs/catalogue.md from the table of names",
        run: Run::Alone(catalogue::run),
    },
    Chore {
        name: "bench",
        about: "measure what a call costs beside its peers, and write docs/benchmarks.md",
        run: Run::Alone(bench::run),
    },
    Chore {
        name: "count",
        about: "count what a call costs, ours alone, and only tell it",
        run: Run::Alone(bench::count),
    },
    Chore {
        name: "breakers",
        about: "count and time the circuit breaker beside its peers, and only tell it",
        run: Run::Alone(bench::breakers),
    },
    Chore {
        name: "traces",
        about: "count what traces cost beside their peers, and only tell it",
        run: Run::Alone(bench::traces),
    },
    Chore {
        name: "logs",
        about: "count what a line of the log costs beside its peers', and only tell it",
        run: Run::Alone(bench::logs),
    },
    Chore {
        name: "time",
        about: "take the time of a call",
        run: Run::Alone(bench::time),
    },
    Chore {
        name: "scenarios",
        about: "replay a FILE of scenarios against the circuit breaker",
        run: Run::OnFile(scenarios::run),
    },
    Chore {
        name: "words",
        about: "check the words of names and texts, in every file or below each PATH",
        run: Run::OnPaths(words::run),
    },
];

fn main() -> ExitCode {
    // Not `args()`, which panics on what is not UTF-8.
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match parse(&arguments) {
        Ok(Asked::Help) => {
            print_line(usage());
            ExitCode::SUCCESS
        }
        Ok(Asked::Chore(chore, files)) => perform(chore, &files),
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
        Run::Alone(run) => run(&workspace, &mut steps),
        Run::OnFile(run) => {
            let file = files.first().map_or("", String::as_str);
            run(&workspace, &mut steps, file);
        }
        Run::OnPaths(run) => run(&workspace, &mut steps, files),
    }
    print_line(format_args!("\n{}", steps.table()));
    if steps.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

enum Asked {
    Help,
    /// With the files that it works on.
    Chore(&'static Chore, Vec<String>),
}

fn parse(arguments: &[String]) -> std::result::Result<Asked, String> {
    let asked = match arguments.first().map(String::as_str) {
        None | Some("-h" | "--help" | "help") => return Ok(Asked::Help),
        Some(asked) => asked,
    };
    let chore = CHORES
        .iter()
        .find(|chore| chore.name == asked)
        .ok_or_else(|| format!("no chore is called `{asked}`"))?;
    let rest = arguments.get(1..).unwrap_or_default();
    match (chore.run, rest) {
        (_, [help, ..]) if matches!(help.as_str(), "-h" | "--help") => Ok(Asked::Help),
        (Run::Alone(_), []) => Ok(Asked::Chore(chore, Vec::new())),
        (Run::OnFile(_), [_]) | (Run::OnPaths(_), _) => Ok(Asked::Chore(chore, rest.to_vec())),
        (Run::OnFile(_), []) => Err(format!("`{asked}` asks for a file")),
        (Run::Alone(_), [extra, ..]) => Err(format!(
            "`{asked}` takes no argument, but was given `{extra}`"
        )),
        (Run::OnFile(_), [_, extra, ..]) => Err(format!(
            "`{asked}` takes one file, but was given `{extra}` too"
        )),
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
        parse(&arguments).map(|asked| match asked {
            Asked::Help => "(help)",
            Asked::Chore(chore, _) => chore.name,
        })
    }

    #[test]
    fn each_chore_is_found_by_its_name() {
        for chore in CHORES {
            let arguments: &[&str] = match chore.run {
                Run::Alone(_) => &[chore.name],
                Run::OnFile(_) | Run::OnPaths(_) => &[chore.name, "file.json"],
            };
            assert_eq!(parsed(arguments), Ok(chore.name));
        }
    }

    #[test]
    fn no_argument_asks_for_help() {
        assert_eq!(parsed(&[]), Ok("(help)"));
        assert_eq!(parsed(&["--help"]), Ok("(help)"));
        assert_eq!(parsed(&["lint", "--help"]), Ok("(help)"));
    }

    #[test]
    fn an_unknown_chore_is_named_in_the_refusal() {
        assert_eq!(parsed(&["tset"]), Err("no chore is called `tset`".into()));
    }

    #[test]
    fn an_argument_nobody_reads_is_refused() {
        assert_eq!(
            parsed(&["lint", "--fix"]),
            Err("`lint` takes no argument, but was given `--fix`".into())
        );
    }

    #[test]
    fn a_chore_on_a_file_asks_for_one_file() {
        assert_eq!(
            parsed(&["scenarios"]),
            Err("`scenarios` asks for a file".into())
        );
        assert_eq!(
            parsed(&["scenarios", "a", "b"]),
            Err("`scenarios` takes one file, but was given `b` too".into())
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

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
mod steps;
mod test;
mod tools;
mod workspace;

use std::env;
use std::process::ExitCode;

use crate::steps::{Steps, complain, say};
use crate::workspace::Workspace;

/// Nothing here handles one failure unlike another: each is told, and ends the chore.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace, &mut Steps),
}

/// A new chore is a file beside this one, and a line here.
const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "get the tools that tests need, then run every test",
        run: test::run,
    },
    Chore {
        name: "lint",
        about: "format, clippy, each crate alone, docs, direction, manifests",
        run: lint::run,
    },
    Chore {
        name: "ci",
        about: "test, then lint",
        run: ci::run,
    },
    Chore {
        name: "catalogue",
        about: "write docs/catalogue.md from the table of names",
        run: catalogue::run,
    },
    Chore {
        name: "bench",
        about: "measure what a call costs beside its peers, and write docs/benchmarks.md",
        run: bench::run,
    },
    Chore {
        name: "count",
        about: "count what a call costs, ours alone, and only tell it",
        run: bench::count,
    },
    Chore {
        name: "time",
        about: "take the time of a call",
        run: bench::time,
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
            say(usage());
            ExitCode::SUCCESS
        }
        Ok(Asked::Chore(chore)) => perform(chore),
        Err(message) => {
            complain(format_args!("{message}\n\n{}", usage()));
            ExitCode::from(2)
        }
    }
}

fn perform(chore: &Chore) -> ExitCode {
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(error) => {
            complain(error);
            return ExitCode::FAILURE;
        }
    };
    let mut steps = Steps::default();
    (chore.run)(&workspace, &mut steps);
    say(format_args!("\n{}", steps.table()));
    if steps.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

enum Asked {
    Help,
    Chore(&'static Chore),
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
    match arguments.get(1).map(String::as_str) {
        None => Ok(Asked::Chore(chore)),
        Some("-h" | "--help") => Ok(Asked::Help),
        Some(extra) => Err(format!(
            "`{asked}` takes no argument, but was given `{extra}`"
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
            Asked::Chore(chore) => chore.name,
        })
    }

    #[test]
    fn each_chore_is_found_by_its_name() {
        for chore in CHORES {
            assert_eq!(parsed(&[chore.name]), Ok(chore.name));
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

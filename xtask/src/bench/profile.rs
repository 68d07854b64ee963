//! Where the instructions of a call are, by callgrind.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::Result;

use super::measure::{COUNTED, profiled};

/// The instructions of a call in the functions of each group, without what they call.
pub(super) type Groups = BTreeMap<String, u64>;

/// The functions of the C library that allocate and free memory.
const ALLOCATOR: [&str; 9] = [
    "malloc",
    "free",
    "_int_free",
    "_int_malloc",
    "malloc_consolidate",
    "unlink_chunk",
    "sysmalloc",
    "realloc",
    "__rustc::__r",
];

/// Returns the groups of a scenario of the programs in a folder.
pub(super) fn groups(folder: &Path, name: &str) -> Result<Groups> {
    const TIMES: u64 = 1000;
    let profile = profiled(folder, name, TIMES, &[COUNTED])?;
    let mut groups = Groups::new();
    for (function, instructions) in instructions(&profile)? {
        *groups.entry(group(function)).or_default() += instructions;
    }
    groups
        .values_mut()
        .for_each(|it| *it = (*it + TIMES / 2) / TIMES);
    Ok(groups)
}

/// Returns the instructions of each function, without what it calls.
///
/// `fn=(7) name` begins a function; its name stands where its number is first used. A line that begins with a digit,
/// `+`, `-` or `*` is a place and a cost; the one after `calls=` is the cost of what was called.
/// (Callgrind Format Specification.)
fn instructions(profile: &str) -> Result<Vec<(&str, u64)>> {
    let mut names = HashMap::new();
    let mut costs = HashMap::<&str, u64>::new();
    let mut current = "";
    let mut is_call = false;
    for line in profile.lines() {
        let called = line.strip_prefix("cfn=");
        if let Some(text) = called.or_else(|| line.strip_prefix("fn=")) {
            let (number, name) = text.split_once(' ').unwrap_or((text, ""));
            if !name.is_empty() {
                names.insert(number, name);
            }
            if called.is_none() {
                current = number;
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split_once(' ').ok_or("a place without a cost")?.1;
            if !std::mem::take(&mut is_call) {
                *costs.entry(current).or_default() += cost.trim().parse::<u64>()?;
            }
        }
    }
    let named = |(number, cost)| Some((*names.get(number)?, cost));
    Ok(costs.into_iter().filter_map(named).collect())
}

/// Returns the group of a function: a crate, or what the C library does.
fn group(function: &str) -> String {
    if ALLOCATOR.iter().any(|name| function.starts_with(name)) {
        return "memory is allocated and freed".into();
    }
    if function.starts_with("__mem") {
        return "memory is copied and compared".into();
    }
    let is_of_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let mut words = function
        .split("::")
        .filter_map(|part| part.rsplit(|it| !is_of_word(it)).next());
    // The first crate that is not the standard library has made the function.
    let name = words.find(|word| word.starts_with("gusset_") || CRATES.contains(word));
    name.map_or("the standard library".into(), |name| {
        match name.strip_prefix("gusset_") {
            Some(_) => name.replace('_', "-"),
            None => "the router and its crates".into(),
        }
    })
}

/// The crates of the bare service.
const CRATES: [&str; 14] = [
    "axum",
    "axum_core",
    "tower",
    "tower_layer",
    "tower_service",
    "http",
    "http_body",
    "http_body_util",
    "bytes",
    "matchit",
    "futures_util",
    "hashbrown",
    "smol_str",
    "percent_encoding",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_of_a_function_are_without_its_calls() {
        let profile = "fn=(1) work\n1 2\n+1 3\ncfn=(2) malloc\ncalls=7 0\n1 200\n* 1\nfn=(2)\n5 9\n\ntotals: 15\n";
        let mut found = instructions(profile).unwrap();
        found.sort_unstable();
        assert_eq!(found, [("malloc", 9), ("work", 6)]);
        assert!(instructions("fn=(1) f\n1 many\n").is_err());
    }

    #[test]
    fn function_is_of_the_first_crate_in_its_name() {
        let groups = [
            ("_int_free", "memory is allocated and freed"),
            (
                "__memcpy_avx_unaligned_erms",
                "memory is copied and compared",
            ),
            (
                "<gusset_health::Drain<S> as tower_service::Service<R>>::call",
                "gusset-health",
            ),
            (
                "core::ptr::drop_in_place<http::uri::Uri>",
                "the router and its crates",
            ),
            ("core::str::converts::from_utf8", "the standard library"),
        ];
        for (function, expected) in groups {
            assert_eq!(group(function), expected, "{function}");
        }
    }
}

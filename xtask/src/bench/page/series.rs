//! The memory of a series, and the cost of a record.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::{Cost, Memory};
use crate::bench::text::{added, grouped};

const HEAD: &str = "
## A series

Memory is that by which the process grows for each of 10,000 series with three labels (method, status and a route that only the
service has), after the first record of each and after a hundred more. gusset keeps a number once for each
processor, at most eight times: 8 bytes for a counter, 192 for a histogram with 14 boundaries. A record finds its series by its
labels, whose strings are made before and are subtracted; services keep handles of what they record often.
measured knows its labels at compile time but for the route.
";

/// Writes the section.
pub(super) fn write(page: &mut String, records: &[Cost], memory: &[Memory]) -> Result<()> {
    page.push_str(HEAD);
    for kind in ["counter", "histogram"] {
        writeln!(
            page,
            "\n| {kind} | bytes | after 100 records more | instructions of a record | allocations |"
        )?;
        writeln!(page, "|---|--:|--:|--:|--:|")?;
        for Memory {
            name,
            about,
            first,
            later,
        } in memory.iter().filter(|it| it.name.starts_with(kind))
        {
            let record = find(records, name)?;
            let labels = find(records, &record.baseline)?;
            writeln!(
                page,
                "| {about} | {} | {} | {} | {} |",
                grouped(*first),
                grouped(*later),
                added(record.instructions, labels.instructions),
                added(record.allocations, labels.allocations),
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn memory_and_record_of_a_library_are_in_one_row() {
        let memory = Memory {
            name: "counter/gusset".into(),
            about: "gusset".into(),
            first: 1240,
            later: 1250,
        };
        let records = [
            cost("counter/labels", "", 100, 2),
            cost("counter/gusset", "counter/labels", 250, 3),
        ];
        let mut page = String::new();
        write(&mut page, &records, &[memory]).unwrap();
        assert!(
            page.contains("| gusset | 1,240 | 1,250 | 150 | 1 |"),
            "{page}"
        );
    }
}

//! jq: a generated JSON file read, grouped, sorted, turned into strings and back.

use super::workload::{Body, Workload};
use crate::site::Site;
use anyhow::Result;
use std::fmt::Write;
use std::process::Command;

/// One filter.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "jq",
    about: "jq: JSON read, grouped, sorted, written and read again",
    needs: &["jq"],
    body: Body::Program(filter),
};

const RECORDS: u64 = 40_000;

/// The last value is what decides on jq's exit status with `-e`.
const FILTER: &str = r#"length as $all
    | [group_by(.owner)[] | {owner: .[0].owner, names: (map(.name) | sort | join(",")), sum: (map(.weight) | add)}]
    | tojson | fromjson
    | (map(.names | split(",") | length) | add) == $all"#;

fn filter(site: &Site) -> Result<Command> {
    let input = site.file("records.json", || records(site.scale.of(RECORDS)))?;
    let mut command = site.command("jq")?;
    command.args(["-e", FILTER]).arg(input);
    Ok(command)
}

/// An array of records, one a line.
fn records(count: u64) -> String {
    let mut text = String::from("[\n");
    for id in 0..count {
        let comma = if id == 0 { "" } else { ",\n" };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"{comma}{{"id": {id}, "owner": "owner {}", "name": "name {}", "weight": {}.5, "tags": ["a{}", "b{}"]}}"#,
            id * 7919 % 211,
            id * 31 % 65_537,
            id % 1_000,
            id % 7,
            id % 97
        );
    }
    text.push_str("\n]\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_an_array_of_records() {
        let value: serde_json::Value = serde_json::from_str(&records(300)).unwrap();
        let records = value.as_array().unwrap();
        assert_eq!(records.len(), 300);
        assert_eq!(records[299]["id"], 299);
    }
}

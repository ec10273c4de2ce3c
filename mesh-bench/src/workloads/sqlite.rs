//! SQLite in memory: inserts, an index, aggregates, updates, deletes.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::{Context, Result};
use std::fs::File;
use std::process::Command;

/// One script.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "sqlite3",
    about: "SQLite in memory: insert, index, aggregate, update, delete",
    needs: &["sqlite3"],
    body: Body::Program(script),
};

fn script(site: &Site) -> Result<Command> {
    let rows = match site.scale {
        Scale::Full => 400_000,
        Scale::Quick => 40_000,
    };
    let path = site.file("script.sql", || statements(rows))?;
    let mut command = site.command("sqlite3")?;
    command.args(["-batch", "-bail", ":memory:"]);
    command.stdin(File::open(&path).with_context(|| path.display().to_string())?);
    Ok(command)
}

fn statements(rows: u32) -> String {
    format!(
        "CREATE TABLE item (id INTEGER PRIMARY KEY, owner INTEGER, name TEXT, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, i * 7919 % 1009, 'item ' || (i * 31 % 65537), substr(hex(i * 2654435761) || hex(i), 1, 20 + i % 60) FROM n;
CREATE INDEX item_by_name ON item (name, owner);
CREATE TABLE total AS SELECT owner, count(*) AS items, group_concat(id) AS ids FROM item GROUP BY owner;
UPDATE item SET body = body || '-' || name WHERE id % 3 = 0;
DELETE FROM item WHERE id % 5 < 3;
INSERT INTO item SELECT id + {rows}, owner, name || '+', body FROM item WHERE id % 2 = 0;
CREATE TABLE verified (yes INTEGER CHECK (yes));
INSERT INTO verified SELECT count(*) = {rows} * 3 / 5 AND min(length(body)) >= 20 FROM item;
SELECT max(c) FROM (SELECT name, count(*) AS c FROM item GROUP BY name ORDER BY c DESC LIMIT 100);
SELECT json_array_length(json_group_array(json_object('id', id, 'name', name))) FROM item WHERE owner < 500;
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_rows_is_in_the_script() {
        assert!(statements(4711).contains("i < 4711"));
    }
}

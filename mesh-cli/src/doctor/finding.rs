//! What is said of one thing that was looked at.

use std::fmt::Write;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Ok,
    /// Something works, and something else would be better.
    Note,
    /// Something will go wrong, or cost much.
    Warning,
    /// Programs cannot be run under Mesh.
    Unusable,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    /// What was seen.
    pub(crate) seen: String,
    /// What that means.
    pub(crate) meaning: String,
    /// What changes it.
    pub(crate) command: Option<String>,
}

impl Finding {
    pub(crate) fn new(name: &'static str, level: Level, seen: impl Into<String>) -> Self {
        Self {
            name,
            level,
            seen: seen.into(),
            meaning: String::new(),
            command: None,
        }
    }

    /// Says what it means.
    pub(crate) fn means(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = meaning.into();
        self
    }

    /// Says what changes it.
    pub(crate) fn changed_by(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// All findings, a paragraph for each.
pub(crate) fn page(findings: &[Finding]) -> String {
    let mut page = String::new();
    for finding in findings {
        let level = match finding.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Unusable => "unusable",
        };
        // Writing to a string does not fail.
        let _ = writeln!(page, "{level:9} {}: {}", finding.name, finding.seen);
        if !finding.meaning.is_empty() {
            let _ = writeln!(page, "          {}", finding.meaning);
        }
        if let Some(command) = &finding.command {
            let _ = writeln!(page, "          $ {command}");
        }
    }
    page
}

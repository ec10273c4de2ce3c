//! The library's variables, as options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use super::profile::ProfileKnobs;
use super::size::size;

/// What can be set for the library. The names of the variables are in `docs/launcher.md`.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Mesh")]
pub(crate) struct Knobs {
    /// Print at exit what meshing did, and what the heap holds
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    summary: Option<Form>,
    /// Allocate as usual, never mesh
    #[arg(long, conflicts_with = "insist")]
    no_meshing: bool,
    /// Mesh, whatever filter of system calls or asynchronous input and output there is
    #[arg(long)]
    insist: bool,
    /// Hundredths of a busy program's time that meshing may take while much could come back [default: 25]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    effort: Option<u8>,
    /// Whether a thread of the library's own meshes [default: auto]
    #[arg(long, value_name = "WHEN")]
    background_thread: Option<When>,
    /// Do not look whether memory is scarce
    #[arg(long)]
    no_pressure: bool,
    /// At most one mesh cycle in so many milliseconds [default: 100]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(..=MOST))]
    period_ms: Option<u32>,
    /// How long unused pages stay, in milliseconds [default: 1000]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(..=MOST))]
    decay_ms: Option<u32>,
    /// The limit on mappings to reckon with [default: vm.max_map_count]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=MOST))]
    max_mappings: Option<u32>,
    /// The most memory that the heap may take: bytes, as in 512M or 2G, or a share of what the control group may use, as in 80%
    #[arg(long, value_name = "SIZE", value_parser = limit)]
    limit: Option<String>,
    /// Kilobytes of freed blocks that a thread keeps for itself at most [default: 2048]
    #[arg(long, value_name = "KB", value_parser = clap::value_parser!(u32).range(..=65_536))]
    thread_cache_kb: Option<u32>,
    /// How writers are kept out of a page while it is meshed [default: auto]
    #[arg(long, value_name = "KIND")]
    barrier: Option<Barrier>,
    /// Whether large blocks lie on transparent huge pages [default: auto]
    #[arg(long, value_name = "WHEN")]
    thp: Option<HugePages>,
    /// Whether mappings have names in /proc/PID/maps [default: auto]
    #[arg(long, value_name = "WHEN")]
    names: Option<Names>,
    /// Write a map of all spans at exit to this file; %p is the number of the process
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Write the map whenever this signal comes, too
    #[arg(long, value_name = "SIGNAL", requires = "map")]
    map_signal: Option<String>,
    /// Report misuse of the heap, and go on
    #[arg(long)]
    no_abort: bool,
    /// Several settings at once, as in effort=10,limit=2G; other options count more
    #[arg(long, value_name = "SETTINGS")]
    conf: Option<OsString>,
    /// A file with a setting in each line, which counts least; an empty name is none [default: /etc/mesh.conf]
    #[arg(long, value_name = "FILE")]
    conf_file: Option<OsString>,
    /// Open libraries with RTLD_DEEPBIND where that is asked for
    #[arg(long)]
    deepbind: bool,
    #[command(flatten)]
    profile: ProfileKnobs,
}

/// The library reads numbers of nine digits.
const MOST: i64 = 999_999_999;

fn limit(text: &str) -> Result<String, &'static str> {
    let share = text.strip_suffix('%');
    let is_share = share.is_some_and(|share| matches!(share.parse(), Ok(1..=100_u8)));
    if is_share || size(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("a size is bytes (1073741824, 512M, 2G) or a share (80%)")
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    /// In programs with several threads, when there is something to gain
    Auto,
    /// In any program; its own threads never mesh then
    Always,
    Never,
}

#[derive(Clone, Copy, ValueEnum)]
enum Barrier {
    Auto,
    Userfaultfd,
    Mprotect,
}

#[derive(Clone, Copy, ValueEnum)]
enum HugePages {
    /// As the machine does with all memory
    Auto,
    Never,
    /// Wherever the machine gives them to those who ask
    Always,
}

#[derive(Clone, Copy, ValueEnum)]
enum Names {
    /// Unless system calls are filtered
    Auto,
    Always,
    Never,
}

impl Knobs {
    /// The variables to set.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let flag = |set: bool, value: &str| set.then(|| OsString::from(value));
        let number = |value: Option<u32>| value.map(|value| value.to_string().into());
        let summary = self.summary.map(|form| match form {
            Form::Text => "1".into(),
            Form::Json => "json".into(),
        });
        let background = self.background_thread.map(|when| match when {
            When::Auto => "auto".into(),
            When::Always => "1".into(),
            When::Never => "0".into(),
        });
        let barrier = self.barrier.map(|barrier| match barrier {
            Barrier::Auto => "auto".into(),
            Barrier::Userfaultfd => "userfaultfd".into(),
            Barrier::Mprotect => "mprotect".into(),
        });
        let huge_pages = self.thp.map(|when| match when {
            HugePages::Auto => "auto".into(),
            HugePages::Never => "never".into(),
            HugePages::Always => "always".into(),
        });
        let names = self.names.map(|when| match when {
            Names::Auto => "auto".into(),
            Names::Always => "1".into(),
            Names::Never => "0".into(),
        });
        let meshing = flag(self.no_meshing, "0").or(flag(self.insist, "1"));
        let all = [
            ("MALLOCSTATS", summary),
            ("MESH_MAP", self.map.clone().map(Into::into)),
            ("MESH_MAP_SIGNAL", self.map_signal.clone().map(Into::into)),
            ("MESH_ENABLED", meshing),
            ("MESH_EFFORT", number(self.effort.map(u32::from))),
            ("MESH_BACKGROUND_THREAD", background),
            ("MESH_PRESSURE", flag(self.no_pressure, "0")),
            ("MESH_PERIOD_MS", number(self.period_ms)),
            ("MESH_DECAY_MS", number(self.decay_ms)),
            ("MESH_MAX_MAPPINGS", number(self.max_mappings)),
            ("MESH_LIMIT", self.limit.clone().map(Into::into)),
            ("MESH_THREAD_CACHE_KB", number(self.thread_cache_kb)),
            ("MESH_ABORT", flag(self.no_abort, "0")),
            ("MESH_CONF", self.conf.clone()),
            ("MESH_CONF_FILE", self.conf_file.clone()),
            ("MESH_DEEPBIND", flag(self.deepbind, "1")),
            ("MESH_BARRIER", barrier),
            ("MESH_THP", huge_pages),
            ("MESH_NAMES", names),
        ];
        let set = |(name, value): (_, Option<_>)| value.map(|value| (name, value));
        let all = all.into_iter().chain(self.profile.variables());
        all.filter_map(set).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::collections::BTreeSet;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        knobs: Knobs,
    }

    const EVERYTHING: [&str; 30] = [
        "--summary=json",
        "--map=m",
        "--map-signal=USR2",
        "--effort=5",
        "--background-thread=always",
        "--no-pressure",
        "--period-ms=10",
        "--decay-ms=20",
        "--max-mappings",
        "30",
        "--thread-cache-kb",
        "40",
        "--no-abort",
        "--deepbind",
        "--barrier",
        "mprotect",
        "--thp=never",
        "--names=always",
        "--no-meshing",
        "--limit=80%",
        "--conf=effort=10",
        "--conf-file=",
        "--profile",
        "--profile-sample=64K",
        "--profile-prefix=p",
        "--profile-signal=USR1",
        "--profile-stack-kb=16",
        "--profile-later",
        "--profile-no-final",
        "--profile-leak",
    ];

    fn variables(options: &[&str]) -> Vec<(&'static str, OsString)> {
        let line = std::iter::once(&"mesh").chain(options);
        Line::try_parse_from(line).unwrap().knobs.variables()
    }

    /// Those of the table in the README.
    fn documented() -> BTreeSet<&'static str> {
        let readme = include_str!("../../../README.md");
        let rows = readme.lines().filter(|line| line.starts_with("| `M"));
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`'))
            .filter_map(|word| word.split('=').next())
            .filter(|word| word.starts_with("MESH_") || *word == "MALLOCSTATS")
            .collect()
    }

    /// Those that the library knows, by its own list. `MESH_TRACE` is that of another library.
    fn known() -> BTreeSet<&'static str> {
        let source = include_str!("../../../mesh-ffi/src/start/config.rs");
        let (_, list) = source.split_once("const NAMES:").unwrap();
        let (list, _) = list.split_once("\n];").unwrap();
        let names = list.split('"').filter(|word| word.starts_with("MESH_"));
        let others = ["MALLOCSTATS"];
        names
            .filter(|name| *name != "MESH_TRACE")
            .chain(others)
            .collect()
    }

    #[test]
    fn every_variable_has_an_option() {
        let set = variables(&EVERYTHING);
        let set: BTreeSet<_> = set.iter().map(|(name, _)| *name).collect();
        assert_eq!(set, known());
        assert!(documented().is_subset(&set), "{:?}", documented());
    }

    #[test]
    fn every_option_is_documented() {
        let page = include_str!("../../../docs/launcher.md");
        let line = <Line as clap::CommandFactory>::command();
        for option in line.get_arguments().filter_map(|option| option.get_long()) {
            assert!(page.contains(&format!("`--{option}")), "{option}");
        }
    }

    #[test]
    fn nothing_is_set_that_was_not_asked_for() {
        assert_eq!(variables(&[]), []);
        let one = [("MALLOCSTATS", OsString::from("1"))];
        assert_eq!(variables(&["--summary"]), one);
        assert_eq!(
            variables(&["--insist"]),
            [("MESH_ENABLED", OsString::from("1"))]
        );
    }

    #[test]
    fn contradictions_and_numbers_out_of_range_are_refused() {
        for options in [
            &["mesh", "--no-meshing", "--insist"][..],
            &["mesh", "--effort", "101"],
            &["mesh", "--period-ms", "1000000000"],
            &["mesh", "--map-signal", "USR2"],
            &["mesh", "--barrier", "none"],
            &["mesh", "--limit", "101%"],
            &["mesh", "--limit", "0"],
            &["mesh", "--limit", "2GB"],
            &["mesh", "--limit", "two"],
            &["mesh", "--profile", "--profile-sample", "80%"],
            &["mesh", "--profile", "--profile-stack-kb", "65"],
            &["mesh", "--profile-leak"],
        ] {
            assert!(Line::try_parse_from(options).is_err(), "{options:?}");
        }
    }
}

//! Settings in one place: the file `/etc/mesh.conf`, or the one that `MESH_CONF_FILE` names, and the variable `MESH_CONF`. What comes later counts
//! more: the file, `MESH_CONF`, the variables themselves.
//!
//! ```text
//! # /etc/mesh.conf                   MESH_CONF=effort=10,limit=2G
//! effort = 10
//! limit = 2G
//! ```
//!
//! A name is that of a variable without `MESH_`, in small letters or not; the whole name will do.

use core::ffi::CStr;

use pressure::Files;

use crate::ground::files::Kernel;
use crate::ground::line::Line;

use super::config::{Config, Understood, apply_known};

/// The file that is read where none is named.
const FILE: &CStr = c"/etc/mesh.conf";

/// Bytes of a file that are read.
const MOST: usize = 4096;

/// The longest name.
const LONGEST: usize = 32;

const PREFIX: &[u8] = b"MESH_";

/// Reads the settings of `MESH_CONF`.
pub(super) fn read(config: &mut Config, text: &[u8]) {
    for setting in text.split(|&byte| byte == b',') {
        apply(config, setting, " of MESH_CONF");
    }
}

/// Reads the file that the environment names, if it `named` one; an empty name is none. That the usual one is not there is no mistake.
#[inline(never)]
pub(super) fn read_file_of(config: &mut Config, named: Option<&CStr>) {
    let path = named.unwrap_or(FILE);
    if path.is_empty() {
        return;
    }
    let mut text = [0; MOST];
    let Some(len) = Kernel.read(path, &mut text) else {
        if named.is_some() {
            tell("MESH_CONF_FILE", ", which cannot be read");
        }
        return;
    };
    if len == MOST {
        tell("what is beyond 4096 bytes", " of the file of settings");
    }
    for line in text[..len].split(|&byte| byte == b'\n') {
        if !line.trim_ascii_start().starts_with(b"#") {
            apply(config, line, " of the file of settings");
        }
    }
}

fn tell(what: &str, why: &str) {
    Line::new().text("ignored: ").text(what).text(why).print();
}

/// Applies a setting that comes from `place`. A mistake is one line on standard error, and never has the value.
fn apply(config: &mut Config, setting: &[u8], place: &str) {
    let setting = setting.trim_ascii();
    if setting.is_empty() {
        return;
    }
    let equals = setting.iter().position(|&byte| byte == b'=');
    let (name, value) = match equals {
        Some(equals) => (&setting[..equals], &setting[equals + 1..]),
        None => return tell("a setting without a value", place),
    };
    let name = name.trim_ascii_end();
    let mut long = [0; LONGEST];
    let known =
        whole_name(name, &mut long).map(|name| apply_known(config, name, value.trim_ascii()));
    let words = match known {
        Some(Understood::Yes) => return,
        Some(Understood::No) => ", whose value means nothing",
        Some(Understood::NotOurs) | None => ", which means nothing",
    };
    let mut line = Line::new();
    line.text("ignored: ").raw(&name[..name.len().min(LONGEST)]);
    line.text(place).text(words).print();
}

/// The variable that `name` stands for, put together in `place`; none for a name that is too long.
fn whole_name<'a>(name: &[u8], place: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let is_whole = name.len() >= PREFIX.len() && name[..PREFIX.len()].eq_ignore_ascii_case(PREFIX)
        || name.eq_ignore_ascii_case(b"MALLOCSTATS");
    let prefix = if is_whole { &b""[..] } else { PREFIX };
    let whole = place.get_mut(..prefix.len() + name.len())?;
    let (front, rest) = whole.split_at_mut(prefix.len());
    front.copy_from_slice(prefix);
    rest.copy_from_slice(name);
    rest.make_ascii_uppercase();
    Some(whole)
}

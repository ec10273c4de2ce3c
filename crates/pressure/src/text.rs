//! What the kernel's files say.

/// The version of a hierarchy of control groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// One hierarchy for each controller.
    One,
    /// One for all of them.
    Two,
}

/// A number of a file that has nothing else; `None` for `max`, and for what is no number. What is too large is the largest.
pub fn amount(text: &[u8]) -> Option<u64> {
    digits(text.trim_ascii())
}

/// The value of the line that begins with `name` and a space.
pub fn field(text: &[u8], name: &[u8]) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(b" "));
    amount(value?)
}

/// Microseconds for which some task has waited for memory so far: `some … total=N`.
pub fn stalled(text: &[u8]) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let some = lines.find_map(|line| line.strip_prefix(b"some "))?;
    let mut words = some.split(|&byte| byte == b' ');
    amount(words.find_map(|word| word.strip_prefix(b"total="))?)
}

/// The path of the group that has a process's memory, from the text of `/proc/PID/cgroup`.
pub fn group(text: &[u8], version: Version) -> Option<&[u8]> {
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let mut parts = line.splitn(3, |&byte| byte == b':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let is_it = match version {
            Version::One => controllers
                .split(|&byte| byte == b',')
                .any(|name| name == b"memory"),
            Version::Two => number == b"0" && controllers.is_empty(),
        };
        // One that begins above the root of a name space is not below any mount.
        let is_visible = path.starts_with(b"/") && !path.starts_with(b"/..");
        (is_it && is_visible).then_some(path)
    })
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    }))
}

//! Sizes in the command line.

/// The library reads sizes of so many digits.
const MOST_DIGITS: usize = 15;

/// Bytes, as the library reads them.
pub(super) fn size(text: &str) -> Result<String, &'static str> {
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
    let is_number = text.len() <= digits.len() + 1
        && digits.len() <= MOST_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().unwrap_or(0);
    if !is_number || number == 0 {
        return Err("a size is bytes, as in 1073741824, 512M or 2G");
    }
    Ok(text.to_owned())
}

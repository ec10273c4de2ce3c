//! What the kernel's files say, and what they do not.

use pressure::text::{Version, amount, field, group, stalled};

#[test]
fn amounts() {
    assert_eq!(amount(b"0\n"), Some(0));
    assert_eq!(amount(b"67108864\n"), Some(64 << 20));
    assert_eq!(amount(b" 12 "), Some(12));
    assert_eq!(
        amount(b"9223372036854771712\n"),
        Some(i64::MAX as u64 - 4095)
    );
    assert_eq!(amount(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(amount(b"99999999999999999999999999"), Some(u64::MAX));
    for odd in [
        &b"max\n"[..],
        b"",
        b"\n",
        b"-1",
        b"+1",
        b"1 2",
        b"1.5",
        b"0x10",
        b"\xff",
    ] {
        assert_eq!(amount(odd), None, "{odd:?}");
    }
}

#[test]
fn fields() {
    let text = b"cache 1\ninactive_file 4096\ntotal_inactive_file 8192\nlast 7";
    assert_eq!(field(text, b"inactive_file"), Some(4096));
    assert_eq!(field(text, b"total_inactive_file"), Some(8192));
    assert_eq!(field(text, b"last"), Some(7));
    assert_eq!(field(text, b"inactive"), None);
    assert_eq!(field(text, b"file"), None);
    assert_eq!(field(b"", b"file"), None);
    assert_eq!(field(b"file\nfile max", b"file"), None);
}

#[test]
fn stalls() {
    let text = b"some avg10=0.12 avg60=0.00 avg300=0.00 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n";
    assert_eq!(stalled(text), Some(123_456));
    assert_eq!(stalled(b"some total=5"), Some(5));
    assert_eq!(stalled(b"full avg10=0.00 total=99\n"), None);
    assert_eq!(stalled(b"some avg10=0.12 avg60=0.00\n"), None);
    assert_eq!(stalled(b"some total=\n"), None);
    assert_eq!(stalled(b"some total=x\n"), None);
    assert_eq!(stalled(b""), None);
    // Cut in the middle.
    assert_eq!(stalled(b"some avg10=0.12 avg6"), None);
}

#[test]
fn groups() {
    use Version::{One, Two};
    let both = b"9:name=systemd:/\n4:cpu,memory:/a/b\n0::/user.slice/x\n";
    assert_eq!(group(both, One), Some(&b"/a/b"[..]));
    assert_eq!(group(both, Two), Some(&b"/user.slice/x"[..]));
    let second = b"0::/\n";
    assert_eq!(group(second, One), None);
    assert_eq!(group(second, Two), Some(&b"/"[..]));
    // A path may have colons, and spaces.
    assert_eq!(group(b"0::/a:b c\n", Two), Some(&b"/a:b c"[..]));
    assert_eq!(group(b"4:memory:/x:y", One), Some(&b"/x:y"[..]));
    // Above the root of the name space.
    assert_eq!(group(b"0::/../../other\n", Two), None);
    for odd in [
        &b""[..],
        b"\n",
        b"0:",
        b"0::",
        b"memory",
        b"4:memories:/a",
        b"1::/a",
        b"4:memory:a",
    ] {
        assert_eq!(group(odd, One), None, "{odd:?}");
        assert_eq!(group(odd, Two), None, "{odd:?}");
    }
}

//! Names and numbers, as a shell has them.

use std::process::Command;

use signalname::{request, signal};

/// What `kill -l` of bash says: `1) SIGHUP  2) SIGINT …`.
fn listed() -> Vec<(i32, String)> {
    let output = Command::new("bash").args(["-c", "kill -l"]).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let words: Vec<_> = text.split_whitespace().collect();
    words
        .chunks(2)
        .map(|pair| {
            let number = pair[0].trim_end_matches(')').parse().unwrap();
            (number, pair[1].to_owned())
        })
        .collect()
}

#[test]
fn every_name_of_a_shell() {
    let names = listed();
    assert_eq!(names.len(), 62);
    for (number, name) in names {
        let short = name.strip_prefix("SIG").unwrap();
        assert_eq!(signal(name.as_bytes()), Some(number), "{name}");
        assert_eq!(signal(short.as_bytes()), Some(number), "{short}");
        let digits = number.to_string();
        assert_eq!(signal(digits.as_bytes()), Some(number), "{digits}");
    }
    assert_eq!(signal(b"RTMIN+0"), Some(34));
    assert_eq!(signal(b"SIGRTMAX-30"), Some(34));
    assert_eq!(signal(b"POLL"), signal(b"SIGIO"));
}

#[test]
fn what_is_no_signal() {
    let wrong = [
        "",
        "SIG",
        "0",
        "32",
        "33",
        "65",
        "99",
        "012x",
        "1000",
        "-1",
        "+1",
        "usr2",
        "USR3",
        "USR2 ",
        "SIGSIGUSR2",
        "RTMIN+",
        "RTMIN-1",
        "RTMIN+31",
        "RTMIN+x",
        "RTMAX+1",
        "RTMAX-31",
        "RT",
        "SIG12",
    ];
    for text in wrong {
        assert_eq!(signal(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn requests_come_by_signals_that_mean_nothing_else() {
    for text in ["USR1", "SIGUSR2", "WINCH", "12", "HUP", "RTMIN+3", "64"] {
        assert_eq!(request(text.as_bytes()), signal(text.as_bytes()), "{text}");
        assert!(request(text.as_bytes()).is_some(), "{text}");
    }
    let refused = [
        "KILL", "9", "STOP", "SEGV", "SIGSEGV", "11", "BUS", "FPE", "ILL", "TRAP", "SYS", "ABRT",
        "IOT", "STKFLT", "nothing",
    ];
    for text in refused {
        assert_eq!(request(text.as_bytes()), None, "{text}");
    }
}

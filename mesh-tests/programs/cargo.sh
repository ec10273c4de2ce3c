# A crate with a build script, path dependencies and one from the registry, built offline.
new_crate() {
    mkdir -p "$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n%s\n' "$1" "$2" > "$1/Cargo.toml"
}
new_crate lowest ''
new_crate middle 'lowest = { path = "../lowest" }'
new_crate highest 'middle = { path = "../middle" }
fastrand = "2"'
cat > lowest/src/lib.rs <<'END'
use std::collections::BTreeMap;
pub fn count(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}
END
cat > middle/build.rs <<'END'
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let lines: String = (0..200).map(|n| format!("\"word{} word{}\",\n", n % 7, n % 13)).collect();
    std::fs::write(format!("{out}/lines.rs"), format!("[{lines}]")).unwrap();
}
END
cat > middle/src/lib.rs <<'END'
pub const LINES: [&str; 200] = include!(concat!(env!("OUT_DIR"), "/lines.rs"));
pub fn all() -> Vec<(String, usize)> {
    lowest::count(&LINES.join(" ")).into_iter().collect()
}
END
cat > highest/src/main.rs <<'END'
fn main() {
    let mut words = middle::all();
    let mut random = fastrand::Rng::with_seed(7);
    random.shuffle(&mut words);
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let words = words.clone();
            std::thread::spawn(move || words.iter().map(|(w, c)| w.len() * c * n).sum::<usize>())
        })
        .collect();
    let sums: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    println!("{:?} {sums:?}", &words[..5]);
}
END
cd highest
"$CARGO" build --quiet --offline -j2
target/debug/highest
"$CARGO" build --quiet --offline --release -j2
target/release/highest
echo 'fn main() { let x: u32 = "no number"; }' > src/main.rs
"$CARGO" build --quiet --offline 2> errors || echo "does not compile"
grep -c E0308 errors

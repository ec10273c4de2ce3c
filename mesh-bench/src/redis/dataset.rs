//! Keys and values as a file of commands, made once, before anything is measured.

use super::client::write_command;
use anyhow::{Context, Result};
use fastrand::Rng;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// `keys` commands that set a random key to a random value of `size` bytes.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Phase {
    /// How many.
    pub(crate) keys: u64,
    /// Bytes of a value.
    pub(crate) size: usize,
}

/// Writes the commands of each phase to a file of its own in `directory`.
pub(crate) fn write_files(
    phases: &[Phase],
    directory: &Path,
    seed: u64,
) -> Result<Vec<(Phase, PathBuf)>> {
    let write = |(number, phase): (u64, &Phase)| {
        let name = format!("phase{}", number + 1);
        let file = phase.write_file(directory, &name, seed.wrapping_add(number))?;
        Ok((*phase, file))
    };
    (0..).zip(phases).map(write).collect()
}

impl Phase {
    fn write_file(self, directory: &Path, name: &str, seed: u64) -> Result<PathBuf> {
        let path = directory.join(name);
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        self.write(&mut out, seed)
            .and_then(|()| out.flush())
            .with_context(|| path.display().to_string())?;
        Ok(path)
    }

    fn write(self, out: &mut impl Write, seed: u64) -> io::Result<()> {
        let mut rng = Rng::with_seed(seed);
        let mut value = String::with_capacity(self.size);
        for _ in 0..self.keys {
            let key = format!("key:{:016x}", rng.u64(..));
            letters(&mut rng, self.size, &mut value);
            write_command(out, &["SET", &key, &value])?;
        }
        Ok(())
    }
}

/// Fills `text` with `size` random letters.
fn letters(rng: &mut Rng, size: usize, text: &mut String) {
    text.clear();
    while text.len() < size {
        let word = rng.u64(..);
        let here = (size - text.len()).min(16);
        text.extend((0..here).map(|place| char::from(b'a' + (word >> (4 * place) & 15) as u8)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_the_asked_number() {
        let mut text = String::from("old");
        for size in [0, 1, 16, 17, 240] {
            letters(&mut Rng::with_seed(1), size, &mut text);
            assert_eq!(text.len(), size);
            assert!(text.bytes().all(|byte| byte.is_ascii_lowercase()));
        }
    }

    #[test]
    fn each_phase_gets_a_file_with_other_keys() {
        let directory = tempfile::tempdir().unwrap();
        let phases = [Phase { keys: 2, size: 5 }; 2];
        let files = write_files(&phases, directory.path(), 7).unwrap();
        let texts: Vec<String> = files
            .iter()
            .map(|(_, file)| std::fs::read_to_string(file).unwrap())
            .collect();
        assert_eq!(texts.len(), 2);
        assert_ne!(texts[0], texts[1]);
    }

    #[test]
    fn a_seed_gives_the_same_commands_again() {
        let phase = Phase { keys: 3, size: 20 };
        let written = |seed| {
            let mut out = Vec::new();
            phase.write(&mut out, seed).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(1), written(1));
        assert_ne!(written(1), written(2));
        assert_eq!(written(1).matches("SET").count(), 3);
    }
}

//! What the objects hold: bytes that follow from seed, object and generation, and the check that they still do.

use super::plan::hash;

/// Names the contents of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

impl Key {
    /// Of object `index` after `generation` rewrites.
    pub(crate) fn new(seed: u64, index: usize, generation: u64) -> Self {
        Self(hash(hash(seed, index as u64), generation))
    }

    fn word(self, number: usize) -> [u8; 8] {
        hash(self.0, number as u64).to_le_bytes()
    }
}

/// Writes the contents.
pub(crate) fn write(object: &mut [u8], key: Key) {
    for (number, chunk) in object.chunks_mut(8).enumerate() {
        chunk.copy_from_slice(&key.word(number)[..chunk.len()]);
    }
}

/// The offset of the first byte that is not as [`write()`] left it.
pub(crate) fn first_difference(object: &[u8], key: Key) -> Option<usize> {
    object.chunks(8).enumerate().find_map(|(number, chunk)| {
        let word = key.word(number);
        let expected = &word[..chunk.len()];
        if chunk == expected {
            return None;
        }
        let byte = chunk
            .iter()
            .zip(expected)
            .position(|(is, shall)| is != shall)?;
        Some(number * 8 + byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_found_again(size in 0usize..300, seed: u64, index: usize) {
            let key = Key::new(seed, index, 0);
            let mut object = vec![0; size];
            write(&mut object, key);
            prop_assert_eq!(first_difference(&object, key), None);
        }

        #[test]
        fn one_changed_bit_is_found_where_it_is(size in 1usize..300, place: prop::sample::Index, bit in 0u32..8, seed: u64) {
            let key = Key::new(seed, 1, 0);
            let mut object = vec![0; size];
            write(&mut object, key);
            let place = place.index(size);
            object[place] ^= 1 << bit;
            prop_assert_eq!(first_difference(&object, key), Some(place));
        }

        #[test]
        fn another_object_or_generation_is_a_difference(size in 8usize..300, seed: u64, index in 0usize..1 << 40) {
            let mut object = vec![0; size];
            write(&mut object, Key::new(seed, index, 0));
            prop_assert!(first_difference(&object, Key::new(seed, index, 1)).is_some());
            prop_assert!(first_difference(&object, Key::new(seed, index + 1, 0)).is_some());
        }
    }
}

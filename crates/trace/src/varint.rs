//! Integers of seven bits a byte, the lowest first; the highest bit says that there is more.

/// Bytes of the longest one.
pub(crate) const LONGEST: usize = 10;

/// Writes `value` to the front of `place`, which has at least [`LONGEST`] bytes; returns how many bytes that took.
pub(crate) fn write(mut value: u64, place: &mut [u8]) -> usize {
    let mut len = 0;
    for byte in place.iter_mut() {
        len += 1;
        *byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            break;
        }
        *byte |= 0x80;
    }
    len
}

/// Why there is no number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The bytes end within it.
    Cut,
    /// It has more than 64 bits, or bytes that say nothing.
    Long,
}

/// The number at the front of `bytes`, and how many bytes it takes.
pub(crate) fn read(bytes: &[u8]) -> Result<(u64, usize), Malformed> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(LONGEST).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * index as u32;
        if bits << shift >> shift != bits {
            return Err(Malformed::Long);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            // There is one form of each number.
            return match (byte, index) {
                (0, 1..) => Err(Malformed::Long),
                _ => Ok((value, index + 1)),
            };
        }
    }
    Err(if bytes.len() < LONGEST {
        Malformed::Cut
    } else {
        Malformed::Long
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_numbers_take_one_byte_and_the_largest_ten() {
        let mut place = [0; LONGEST];
        assert_eq!(write(127, &mut place), 1);
        assert_eq!(write(128, &mut place), 2);
        assert_eq!(write(u64::MAX, &mut place), LONGEST);
        assert_eq!(read(&place), Ok((u64::MAX, LONGEST)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(read(&[]), Err(Malformed::Cut));
        assert_eq!(read(&[0x80; 9]), Err(Malformed::Cut));
        assert_eq!(read(&[0x80; 10]), Err(Malformed::Long));
        assert_eq!(read(&[0xff; 11]), Err(Malformed::Long));
        assert_eq!(read(&[0x80, 0]), Err(Malformed::Long));
        let mut large = [0xff; 10];
        large[9] = 2;
        assert_eq!(read(&large), Err(Malformed::Long));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value: u64, shift in 0u32..64) {
            let value = value >> shift;
            let mut place = [0; LONGEST];
            let len = write(value, &mut place);
            prop_assert_eq!(read(&place[..len]), Ok((value, len)));
        }
    }
}

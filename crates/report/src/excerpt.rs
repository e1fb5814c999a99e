//! An excerpt of a message, for people.

/// How many bytes an excerpt has of each end.
const EACH_END_BYTES: usize = 256;

/// The first and the last bytes of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The first bytes, or the whole of a short message.
    pub head: Vec<u8>,
    /// How many bytes are left out after them.
    pub left_out: usize,
    /// The last bytes.
    pub tail: Vec<u8>,
}

impl Excerpt {
    /// The excerpt of `message`.
    pub fn of(message: &[u8]) -> Self {
        if message.len() <= 2 * EACH_END_BYTES {
            return Self {
                head: message.to_vec(),
                ..Self::default()
            };
        }
        let tail = message.len() - EACH_END_BYTES;
        // Rows of 16 bytes begin at a multiple of 16.
        let tail = tail - tail % 16;
        Self {
            head: message[..EACH_END_BYTES].to_vec(),
            left_out: tail - EACH_END_BYTES,
            tail: message[tail..].to_vec(),
        }
    }

    /// The rows of up to 16 bytes, each with the offset of its first byte.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let tail = self.head.len() + self.left_out;
        let head = self.head.chunks(16).enumerate();
        let head = head.map(|(row, bytes)| (row * 16, bytes));
        let rest = self.tail.chunks(16).enumerate();
        head.chain(rest.map(move |(row, bytes)| (tail + row * 16, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_message() {
        for length in [0, 1, 16, 511, 512, 513, 1000, 4097] {
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let excerpt = Excerpt::of(&message);
            for (offset, bytes) in excerpt.rows() {
                assert_eq!(bytes, &message[offset..offset + bytes.len()], "{length}");
                assert_eq!(offset % 16, 0);
            }
            let shown: usize = excerpt.rows().map(|(_, bytes)| bytes.len()).sum();
            assert_eq!(shown + excerpt.left_out, message.len());
        }
    }
}

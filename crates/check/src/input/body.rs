//! Makes a message of any length from a short body.

use crcheck_platform::rng::SplitMix64;

/// Repeats `body` to `length` bytes in `message`, and XORs everything behind the first repetition
/// with the stream of `seed`, unless that is 0. An empty body makes zeros.
pub(super) fn expand(body: &[u8], seed: u64, length: usize, message: &mut Vec<u8>) {
    message.clear();
    if length == 0 {
        return;
    }
    let first = body.len().min(length);
    message.extend_from_slice(&body[..first]);
    if body.is_empty() {
        message.resize(length, 0);
    }
    while message.len() < length {
        // The message so far is a whole number of bodies, so the period stays |body|.
        let copied = message.len().min(length - message.len());
        message.extend_from_within(..copied);
    }
    if seed != 0 {
        perturb(&mut message[first..], seed);
    }
}

fn perturb(bytes: &mut [u8], seed: u64) {
    let mut rng = SplitMix64::new(seed);
    let mut words = bytes.chunks_exact_mut(8);
    for chunk in &mut words {
        let word = u64::from_le_bytes((&*chunk).try_into().expect("8 bytes"));
        chunk.copy_from_slice(&(word ^ rng.next_u64()).to_le_bytes());
    }
    let last = rng.next_u64().to_le_bytes();
    for (byte, mask) in words.into_remainder().iter_mut().zip(last) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(body: &[u8], seed: u64, length: usize) -> Vec<u8> {
        let mut message = vec![0xee; 3];
        expand(body, seed, length, &mut message);
        message
    }

    #[test]
    fn a_body_is_repeated_to_the_length() {
        for body_len in [1, 2, 3, 7, 64, 100] {
            let body: Vec<u8> = (0..body_len).collect();
            for length in 0..300 {
                let message = expanded(&body, 0, length);
                assert_eq!(message.len(), length);
                for (index, byte) in message.iter().enumerate() {
                    assert_eq!(*byte, body[index % body.len()]);
                }
            }
        }
    }

    #[test]
    fn an_empty_body_is_zeros_or_the_stream() {
        assert_eq!(expanded(&[], 0, 20), [0; 20]);
        let mut stream = [0; 20];
        SplitMix64::new(9).fill(&mut stream);
        assert_eq!(expanded(&[], 9, 20), stream);
    }

    #[test]
    fn the_first_repetition_is_the_body_itself() {
        let body = [1, 2, 3, 4, 5];
        let message = expanded(&body, 77, 64);
        assert_eq!(&message[..5], &body);
        assert_ne!(&message[5..10], &body);
    }
}

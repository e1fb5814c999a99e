//! Chains of readers: each layer copies from its own buffer.

use std::io::{self, Read};

/// A layer. It always goes through its buffer; [`std::io::BufReader`] hands large reads through.
struct Layer<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The part of the buffer that is not given yet.
    begin: usize,
    end: usize,
}

impl<R: Read> Read for Layer<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
            self.end = self.inner.read(&mut self.buffer)?;
        }
        let len_bytes = into.len().min(self.end - self.begin);
        into[..len_bytes].copy_from_slice(&self.buffer[self.begin..][..len_bytes]);
        self.begin += len_bytes;
        Ok(len_bytes)
    }
}

/// `stream` behind `count` layers, each with a buffer of `buffer_bytes`.
pub fn chain<'a>(stream: impl Read + 'a, count: usize, buffer_bytes: usize) -> Box<dyn Read + 'a> {
    let innermost: Box<dyn Read + 'a> = Box::new(stream);
    (0..count).fold(innermost, |inner, _| {
        Box::new(Layer {
            inner,
            buffer: vec![0; buffer_bytes],
            begin: 0,
            end: 0,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_layers_gives_the_same_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(10_001).collect();
        for count in 0..4 {
            for buffer_bytes in [1, 7, 4096, 20_000] {
                let mut read = Vec::new();
                let mut stream = chain(&bytes[..], count, buffer_bytes);
                stream.read_to_end(&mut read).expect("memory");
                assert_eq!(read, bytes, "{count} layers of {buffer_bytes}");
            }
        }
    }
}

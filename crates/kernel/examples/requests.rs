//! The kernel as a program: it answers the requests of `crcheck verify --cmd`, so that a kernel is
//! judged on a target where crcheck itself does not run.

use crcheck_kernel::Hasher;
use std::io::{self, ErrorKind, Read, Write};

fn main() -> io::Result<()> {
    let (mut requests, mut answers) = (io::stdin().lock(), io::stdout().lock());
    let mut message = Vec::new();
    loop {
        let checksum = match read_word(&mut requests) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            checksum => checksum?,
        };
        let len_bytes = usize::try_from(read_word(&mut requests)?).map_err(io::Error::other)?;
        message.resize(len_bytes, 0);
        requests.read_exact(&mut message)?;
        // The model has 32 bits.
        let mut hasher = Hasher::with_checksum(checksum as u32);
        hasher.update(&message);
        answers.write_all(&u64::from(hasher.finalize()).to_le_bytes())?;
        answers.flush()?;
    }
}

fn read_word(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

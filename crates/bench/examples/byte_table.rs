//! Prints the CRC-32 of a file by a byte table, as the article's slow program computes it:
//! `cargo run --release -p crcheck-bench --example byte_table FILE`.
//!
//! `scripts/bench-files` times it.

use crcheck_oracle::Judge;
use crcheck_oracle::byte_table::ByteTable;
use crcheck_oracle::model::Model;
use std::fs::File;
use std::io::{self, Read};

fn main() -> io::Result<()> {
    let name = std::env::args_os().nth(1);
    let name = name.ok_or_else(|| io::Error::other("name a file"))?;
    let mut file = File::open(name)?;
    let table = ByteTable::new(&Model::CRC_32_ISO_HDLC);
    let mut buffer = vec![0; 1 << 20];
    let mut checksum = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            len_bytes => checksum = table.update(checksum, &buffer[..len_bytes]),
        }
    }
    println!("{checksum:08x}");
    Ok(())
}

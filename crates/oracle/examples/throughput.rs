//! How fast each judge is, in gigabytes a second: `cargo run --release --example throughput`.

use crcheck_oracle::catalogue;
use crcheck_oracle::panel::Panel;
use std::hint::black_box;
use std::time::Instant;

const MESSAGE_BYTES: usize = 64 * 1024;

/// The best of several passes, as other work on the machine only ever slows one down.
fn gigabytes_per_second(mut pass: impl FnMut()) -> f64 {
    let seconds = (0..20).map(|_| {
        let start = Instant::now();
        pass();
        start.elapsed().as_secs_f64()
    });
    MESSAGE_BYTES as f64 / seconds.fold(f64::INFINITY, f64::min) / 1e9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let message: Vec<u8> = (0..MESSAGE_BYTES).map(|i| (i * 37) as u8).collect();
    for name in [
        "CRC-32/ISO-HDLC",
        "CRC-32/BZIP2",
        "CRC-12/UMTS",
        "CRC-64/XZ",
    ] {
        let model = catalogue::find(name).ok_or(name)?;
        let panel = Panel::qualify(model)?;
        for judge in panel.judges() {
            let mut out = Vec::new();
            let update = gigabytes_per_second(|| {
                black_box(judge.update(0, black_box(&message)));
            });
            let prefixes = gigabytes_per_second(|| {
                judge.prefixes(0, black_box(&message), &mut out);
                black_box(&out);
            });
            println!(
                "{name:16} {:10} update {update:5.2}  prefixes {prefixes:5.2}",
                judge.id()
            );
        }
    }
    Ok(())
}

//! Sizes of files, as people write them.

/// The longest file in bytes: 1 TB.
pub const SIZE_MAX_BYTES: u64 = 1_000_000_000_000;

/// The article's sizes in bytes: 1, 10, 50 and 100 GB.
pub const ARTICLE_SIZES: [u64; 4] = [
    1_000_000_000,
    10_000_000_000,
    50_000_000_000,
    100_000_000_000,
];

/// Sizes that a run has if the user names none, in bytes: the first one that there is room for.
const DEFAULT_SIZES: [u64; 4] = [1_000_000_000, 256 << 20, 64 << 20, 16 << 20];

/// The size of the file if the user names none, in bytes.
pub fn default_size_bytes(has_room: impl Fn(u64) -> bool) -> u64 {
    let fitting = DEFAULT_SIZES.into_iter().find(|size| has_room(*size));
    fitting.unwrap_or(DEFAULT_SIZES[DEFAULT_SIZES.len() - 1])
}

const UNITS: [(&str, u64); 12] = [
    ("", 1),
    ("B", 1),
    ("K", 1 << 10),
    ("KiB", 1 << 10),
    ("KB", 1000),
    ("M", 1 << 20),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("G", 1 << 30),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Reads a size such as `4096`, `64K`, `1M`, `1G` (powers of 1024), or `1GB` (powers of 1000), in
/// bytes; at least 1.
///
/// # Errors
/// What is wrong with it.
pub fn parse_file_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let letters = &text[digits.len()..];
    let unit = UNITS.iter().find(|(name, _)| *name == letters);
    let bytes = digits.parse::<u64>().ok().zip(unit);
    bytes
        .and_then(|(count, (_, unit))| count.checked_mul(*unit))
        .filter(|bytes| (1..=SIZE_MAX_BYTES).contains(bytes))
        .ok_or_else(|| {
            format!("`{text}` is no size; 4096, 64K, 1M, 1G and 10GB are (1 byte to 1TB)")
        })
}

/// A size as people write it: `1GB`, `64K`, `4M`. The shortest name that is exact.
pub fn file_size_name(bytes: u64) -> String {
    let units = UNITS.iter().filter(|(name, _)| !name.ends_with('B'));
    let decimal = UNITS.iter().filter(|(name, _)| name.ends_with("B"));
    let names = units.chain(decimal).filter(|(name, unit)| {
        !name.ends_with("iB") && *name != "B" && bytes != 0 && bytes.is_multiple_of(*unit)
    });
    let names = names.map(|(name, unit)| format!("{}{name}", bytes / unit));
    names
        .min_by_key(String::len)
        .unwrap_or_else(|| bytes.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for bytes in [1, 4095, 4096, 1 << 20, 3 << 30, 1_000_000, 1_600_000_000] {
            assert_eq!(parse_file_size(&file_size_name(bytes)), Ok(bytes));
        }
        for bytes in ARTICLE_SIZES {
            assert!(file_size_name(bytes).ends_with("GB"));
        }
        assert_eq!(parse_file_size("2GiB"), Ok(2 << 30));
        for bad in [
            "",
            "0",
            "G",
            "-1",
            "1.5G",
            "2TB",
            "4T",
            "99999999999999999999",
        ] {
            assert!(parse_file_size(bad).is_err(), "{bad}");
        }
    }
}

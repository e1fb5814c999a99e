//! Values of options, from text.

use crate::stderr::tell;
use crcheck_faults::{ResolveError, resolve};
use crcheck_harness::check::checks;
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::oracle::model::{Model, ModelError};
use crcheck_harness::oracle::{catalogue, nearest};
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::library::ResultForm;
use crcheck_harness::subject::program::OutputForm;
use std::time::Duration;

/// A tier that exists, on this CPU or another.
pub(crate) fn tier(name: &str) -> Result<String, ResolveError> {
    exists(&format!("tier:{name}")).map(|()| name.to_owned())
}

/// The full name of a planted fault or a right kernel.
pub(crate) fn planted(name: &str) -> Result<String, ResolveError> {
    let full = if name.contains(':') {
        name.to_owned()
    } else {
        format!("fault:{name}")
    };
    exists(&full).map(|()| full)
}

fn exists(name: &str) -> Result<(), ResolveError> {
    match resolve(name) {
        Err(error @ ResolveError::Unknown { .. }) => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn check(name: &str) -> Result<CheckId, String> {
    checks::named(name).map_err(|error| {
        let near = nearest(name, checks::ids().map(CheckId::name));
        near.map_or(format!("{error}"), |near| {
            format!("{error}; did you mean `{near}`?")
        })
    })
}

/// The name of a form of a result: of a function's, or of a program's.
pub(crate) fn result_form(name: &str) -> Result<String, String> {
    let of_function: Result<ResultForm, String> = name.parse();
    let of_program: Result<OutputForm, String> = name.parse();
    of_program.map(drop).or(of_function.map(drop))?;
    Ok(name.to_owned())
}

pub(crate) fn depth(name: &str) -> Result<DepthName, String> {
    name.parse()
}

/// A model. Says on stderr which entry an alias stands for.
pub(crate) fn model(text: &str) -> Result<Model, String> {
    let model = Model::find(text).map_err(|error| match error {
        ModelError::Unknown(..) => format!("{error} (`crcheck models` lists them)"),
        _ => error.to_string(),
    })?;
    if let Some(remark) = catalogue::remark(text, &model) {
        tell(format_args!("note: {remark}"));
    }
    Ok(model)
}

/// A seed in decimal, or in hexadecimal after `0x`.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("{error}: a seed is a number of 64 bits"))
}

/// A time such as `500ms`, `30s`, `2m` or `1h`; a bare number is in seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let count = digits.parse::<u64>().ok().filter(|_| millis != 0);
    count
        .and_then(|count| count.checked_mul(millis))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is not a time: write it as 500ms, 30s, 2m or 1h"))
}

/// A size such as `4096`, `64k`, `1M` or `2G`, in units of 1024 bytes; at least one byte.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" | "B" => Some(0),
        "k" | "K" | "KiB" => Some(10),
        "m" | "M" | "MiB" => Some(20),
        "g" | "G" | "GiB" => Some(30),
        _ => None,
    };
    let count = digits.parse::<usize>().ok().filter(|&count| count != 0);
    count
        .zip(shift)
        .and_then(|(count, shift)| count.checked_mul(1 << shift))
        .ok_or_else(|| format!("`{text}` is not a size: write it as 4096, 64K, 1M or 2G"))
}

/// A number of threads; `None` for `auto`.
pub(crate) fn threads(text: &str) -> Result<Threads, String> {
    let text_is_auto = matches!(text, "auto" | "0");
    match text.parse() {
        _ if text_is_auto => Ok(Threads(None)),
        Ok(threads @ 1..) => Ok(Threads(Some(threads))),
        _ => Err(format!("`{text}` is not a number of threads, or auto")),
    }
}

/// A number of threads; `None`: as many as help.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads(pub(crate) Option<usize>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_seeds_are_read_as_people_write_them() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "s", "-1s", "3 s", "1d", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(seed("0x10"), Ok(16));
        assert_eq!(seed("10"), Ok(10));
        assert!(seed("0xg").is_err() && seed("-1").is_err());
    }

    #[test]
    fn sizes_and_numbers_of_threads_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64K", 1 << 16),
            ("1M", 1 << 20),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes));
        }
        for bad in [
            "",
            "0",
            "-1",
            "1T",
            "k",
            "1 k",
            "99999999999999999999G",
            "1Mb",
        ] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!(threads("auto").map(|threads| threads.0), Ok(None));
        assert_eq!(threads("2").map(|threads| threads.0), Ok(Some(2)));
        assert!(threads("-1").is_err() && threads("many").is_err());
    }
}

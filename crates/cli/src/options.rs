//! Options that several subcommands share.

use crate::failure::Failure;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use crcheck_faults::{ResolveError, add_seed, resolve};
use crcheck_harness::check::CheckId;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::oracle::nearest;
use crcheck_harness::plan::DepthName;
use crcheck_harness::report::{Allow, Format};
use crcheck_harness::subject::library::{Convention, Signature};
use crcheck_harness::verdict::ExitCode;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

/// Who is judged.
#[derive(Args, Clone, Debug)]
pub(crate) struct Who {
    /// Judge this tier, or emu:TIER in software; repeatable [default: every available one]
    #[arg(long, value_name = "NAME", value_parser = tier)]
    pub(crate) tier: Vec<String>,
    /// Judge this tier, and fail with exit code 3 if it is not available; repeatable
    #[arg(long, value_name = "NAME", value_parser = tier)]
    pub(crate) require_tier: Vec<String>,
    /// Judge the planted fault of this name, or good:NAME; a fault with drawn parameters takes its
    /// seed from --seed, or as NAME@SEED; repeatable
    #[arg(long, value_name = "NAME", value_parser = fault)]
    pub(crate) fault: Vec<String>,
    /// Judge a function of this shared library, in a process of its own
    #[arg(long, value_name = "PATH")]
    pub(crate) lib: Option<PathBuf>,
    /// The library's function: uint32_t f(uint32_t crc, const uint8_t *buf, size_t len), or
    /// uint64_t for models wider than 32 bits
    #[arg(long, value_name = "NAME", requires = "lib")]
    pub(crate) symbol: Option<String>,
    /// What the function takes and gives: zlib (the previous checksum, 0 at first for CRC-32) or
    /// register (the state before xorout) [default: zlib]
    #[arg(long, value_name = "NAME", requires = "lib")]
    pub(crate) convention: Option<Convention>,
    /// The order of the function's arguments, such as buf,len,crc; crc64 and len32 say widths
    /// [default: crc,buf,len]
    #[arg(long, value_name = "ORDER", requires = "lib")]
    pub(crate) signature: Option<Signature>,
    /// Judge a program that answers requests on stdin: u64 checksum, u64 len (little endian), len
    /// bytes; each with a u64 checksum
    #[arg(long, value_name = "COMMAND")]
    pub(crate) cmd: Option<String>,
    /// What --lib or --cmd claims to compute: a name of the catalogue, or
    /// "width=16 poly=0x1021 init=0 refin=false refout=false xorout=0" [default: CRC-32/ISO-HDLC]
    #[arg(long, value_name = "MODEL", value_parser = Model::find)]
    pub(crate) model: Option<Model>,
    /// How long a call of --lib or --cmd may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) call_timeout: Duration,
}

impl Who {
    /// Gives the seed to every fault that is drawn from one and names none.
    pub(crate) fn draw(&mut self, seed: u64) {
        for name in &mut self.fault {
            *name = add_seed(name, seed);
        }
    }

    /// Whether the options name nobody.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_ours() && !self.has_foreign()
    }

    /// Whether they name a kernel of ours.
    pub(crate) fn has_ours(&self) -> bool {
        !(self.tier.is_empty() && self.fault.is_empty() && self.require_tier.is_empty())
    }

    /// Whether they name a subject that is not ours.
    pub(crate) fn has_foreign(&self) -> bool {
        self.lib.is_some() || self.cmd.is_some()
    }

    /// The model of a subject that is not ours, and that of all others.
    pub(crate) fn model(&self) -> Model {
        self.model.clone().unwrap_or(Model::CRC_32_ISO_HDLC)
    }
}

/// Which faults are known and accepted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Accept {
    /// Accept faults of this kind, of this symbol or tier only if one is named: they are told and
    /// counted, and fail nothing; repeatable
    #[arg(long, value_name = "KIND[@SYMBOL]", requires = "because")]
    allow: Vec<Allow>,
    /// Why: once for each --allow, in their order
    #[arg(long, value_name = "TEXT", requires = "allow", value_parser = NonEmptyStringValueParser::new())]
    because: Vec<String>,
}

impl Accept {
    /// What is allowed, each with its reason.
    pub(crate) fn pairs(&self) -> Result<Vec<(Allow, String)>, Failure> {
        let (allows, reasons) = (self.allow.len(), self.because.len());
        if allows != reasons {
            let message = format!(
                "every --allow has its --because: {allows} of the one and {reasons} of the other are given"
            );
            return Err(Failure::new(ExitCode::Usage, message));
        }
        let pairs = self.allow.iter().cloned().zip(self.because.iter().cloned());
        Ok(pairs.collect())
    }
}

/// Where results go.
#[derive(Args, Clone, Debug)]
pub(crate) struct Where {
    /// human, json, jsonl, junit, markdown, html or github
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format)]
    pub(crate) format: Format,
    /// Write the cases of faults here
    #[arg(long, value_name = "DIR", default_value = "crcheck-artifacts")]
    pub(crate) artifacts: PathBuf,
    #[command(flatten)]
    pub(crate) form: Form,
}

impl Deref for Where {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.form
    }
}

/// What is the same for reports of every format.
#[derive(Args, Clone, Debug)]
pub(crate) struct Form {
    /// Write the report here: opened before the run, replaced as a whole after it
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the verdict and the faults only
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say when each check ends, or each row of a benchmark begins
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Colour the report
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// Show progress on stderr
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
}

/// `auto`: if it goes to a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

impl When {
    pub(crate) fn holds(self, is_terminal: bool) -> bool {
        match self {
            Self::Auto => is_terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// A tier that exists, here or elsewhere.
fn tier(name: &str) -> Result<String, ResolveError> {
    exists(&format!("tier:{name}")).map(|()| name.to_owned())
}

fn fault(name: &str) -> Result<String, ResolveError> {
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
    name.parse().map_err(|error| {
        let near = nearest(name, CheckId::ALL.iter().map(|check| check.name()));
        near.map_or(format!("{error}"), |near| {
            format!("{error}; did you mean `{near}`?")
        })
    })
}

pub(crate) fn depth(name: &str) -> Result<DepthName, String> {
    name.parse()
}

fn format(name: &str) -> Result<Format, String> {
    name.parse()
}

/// A seed in decimal, or in hexadecimal after `0x`.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("{error}: a seed is a number of 64 bits"))
}

/// A time such as `500ms`, `30s`, `2m` or `1h`; a bare number is seconds.
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
        .ok_or_else(|| format!("`{text}` is no time; 500ms, 30s, 2m and 1h are"))
}

/// A seed that no run had before.
pub(crate) fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

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
}

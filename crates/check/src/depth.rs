//! How far a run goes: depths, and the lengths to visit beyond the dense ones.

use crate::lengths::longest_in_software;
use crcheck_platform::message_memory::LENGTH_MAX;
use crcheck_subject::{ExecutedBy, Form, Pace, Rate, Subject};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The name of a depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepthName {
    /// Seconds: lengths to 640, two messages.
    Quick,
    /// Lengths to 4096, forty messages; every length to 65,536, thresholds to 2 MiB.
    Default,
    /// Default, with four messages at four alignments of every length to 65,536.
    Deep,
    /// What a certificate covers. `verify` does not have this depth.
    Certify,
}

impl DepthName {
    /// Every depth that `verify` has.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Default, Self::Deep];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Default => "default",
            Self::Deep => "deep",
            Self::Certify => "certify",
        }
    }
}

impl fmt::Display for DepthName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DepthName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|depth| depth.name() == name);
        found.ok_or_else(|| format!("no depth is called `{name}` (quick, default, deep)"))
    }
}

/// The numbers behind a depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The name.
    pub name: DepthName,
    /// A run visits every length up to this at all alignments.
    pub length_max: usize,
    /// How many alignments each of these lengths has: 64, or 1 for a subject that receives copies.
    pub alignments: usize,
    /// How many random messages each of those cells has.
    pub messages: usize,
    /// How many alignments each threshold beyond has.
    pub threshold_alignments: usize,
    /// How many random messages each threshold has.
    pub threshold_messages: usize,
    /// How the run visits every length beyond the dense ones.
    pub every_length: EveryLength,
    /// How many lengths beyond 4096 are drawn at random.
    pub drawn_lengths: usize,
    /// No message in message memory is longer, in bytes.
    pub longest: usize,
    /// How many random cases `split` and `history` have.
    pub random_cases: usize,
    /// How long the threads of `threads` race: longer than a slice of the scheduler, so that they
    /// meet on a busy machine too.
    pub race: Duration,
    /// `split` makes every cut of every message up to this length.
    pub split_exhaustive_to: usize,
    /// How `threads` races first calls.
    pub first_calls: FirstCallsDepth,
    /// How many alignments `abi` has at each length.
    pub audit_alignments: usize,
    /// How many trials `affine` makes.
    pub affine_trials: usize,
    /// How far `basis` goes.
    pub basis: BasisDepth,
    /// How far `huge` goes.
    pub huge: HugeDepth,
}

/// How a run visits every length beyond the dense ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EveryLength {
    /// It visits every length up to this.
    pub to: usize,
    /// How many alignments each length has. They change from length to length.
    pub alignments: usize,
    /// How many random messages each of them has.
    pub messages: usize,
}

/// How far `basis` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasisDepth {
    /// It visits every length up to this.
    pub dense_to: usize,
    /// How many alignments each of these has.
    pub alignments: usize,
    /// It visits every 61st length beyond up to this, at alignment length mod 64.
    pub sparse_to: usize,
}

/// How `threads` races first calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstCallsDepth {
    /// How many threads make a first call, of each number of threads in a fresh process.
    pub each: usize,
    /// How long all of them may take: a slow subject has fewer.
    pub time: Duration,
    /// How many calls are followed instruction by instruction.
    pub calls: usize,
    /// For how many instructions.
    pub followed: u64,
    /// At how many places each is stopped if a first call takes longer than the next one.
    pub stops: usize,
    /// How long that may take.
    pub stopping: Duration,
}

/// How far `huge` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HugeDepth {
    /// How many of its lengths it visits.
    pub lengths: usize,
    /// How long a single call may take. The check leaves out lengths that take longer.
    pub time: Duration,
}

impl Depth {
    /// The numbers of a depth.
    pub const fn of(name: DepthName) -> Self {
        match name {
            DepthName::Quick => Self::quick(),
            DepthName::Default => Self::standard(),
            DepthName::Deep => Self::deep(),
            DepthName::Certify => Self::certify(),
        }
    }

    /// Seconds for a fast subject.
    const fn quick() -> Self {
        Self {
            name: DepthName::Quick,
            length_max: 640,
            alignments: 64,
            messages: 2,
            threshold_alignments: 2,
            threshold_messages: 1,
            every_length: EveryLength {
                to: 4096,
                alignments: 1,
                messages: 1,
            },
            drawn_lengths: 128,
            longest: LENGTH_MAX,
            random_cases: 1000,
            race: Duration::from_millis(60),
            split_exhaustive_to: 32,
            first_calls: FirstCallsDepth {
                each: 64,
                time: Duration::from_secs(1),
                calls: 1,
                followed: 20_000,
                stops: 8,
                stopping: Duration::from_millis(1200),
            },
            audit_alignments: 2,
            affine_trials: 2000,
            basis: BasisDepth {
                dense_to: 64,
                alignments: 1,
                sparse_to: 512,
            },
            huge: HugeDepth {
                lengths: 0,
                time: Duration::ZERO,
            },
        }
    }

    /// The depth `default`.
    const fn standard() -> Self {
        Self {
            name: DepthName::Default,
            length_max: 4096,
            alignments: 64,
            messages: 40,
            threshold_alignments: 4,
            threshold_messages: 4,
            every_length: EveryLength {
                to: 65_536,
                alignments: 1,
                messages: 1,
            },
            drawn_lengths: 1024,
            longest: LENGTH_MAX,
            random_cases: 20_000,
            race: Duration::from_millis(300),
            split_exhaustive_to: 128,
            first_calls: FirstCallsDepth {
                each: 480,
                time: Duration::from_secs(8),
                calls: 2,
                followed: 20_000,
                stops: 24,
                stopping: Duration::from_secs(3),
            },
            audit_alignments: 4,
            affine_trials: 20_000,
            basis: BasisDepth {
                dense_to: 256,
                alignments: 4,
                sparse_to: 2048,
            },
            huge: HugeDepth {
                lengths: 2,
                time: Duration::from_secs(6),
            },
        }
    }

    /// What a night allows.
    const fn deep() -> Self {
        Self {
            name: DepthName::Deep,
            every_length: EveryLength {
                to: 65_536,
                alignments: 4,
                messages: 4,
            },
            drawn_lengths: 4096,
            first_calls: FirstCallsDepth {
                each: 2400,
                time: Duration::from_secs(40),
                calls: 2,
                followed: 50_000,
                stops: 96,
                stopping: Duration::from_secs(20),
            },
            affine_trials: 200_000,
            basis: BasisDepth {
                dense_to: 512,
                alignments: 8,
                sparse_to: 8192,
            },
            huge: HugeDepth {
                lengths: 6,
                time: Duration::from_secs(60),
            },
            ..Self::standard()
        }
    }

    /// What a certificate covers. Half of the trials of `affine` are random: a million.
    const fn certify() -> Self {
        Self {
            name: DepthName::Certify,
            messages: 64,
            drawn_lengths: 4096,
            affine_trials: 2_000_000,
            basis: BasisDepth {
                dense_to: 512,
                alignments: 64,
                sparse_to: 8192,
            },
            huge: HugeDepth {
                lengths: 6,
                time: Duration::from_secs(60),
            },
            ..Self::standard()
        }
    }

    /// The same depth with this number of random messages in each cell. It also limits to this
    /// number what else takes most time: the messages at longer lengths, the alignments of the unit
    /// messages of `basis`, and the lengths of `huge`. The cells of `agree` stay.
    pub fn with_messages(self, messages: usize) -> Self {
        Self {
            messages,
            threshold_messages: self.threshold_messages.min(messages),
            every_length: EveryLength {
                messages: self.every_length.messages.min(messages),
                ..self.every_length
            },
            basis: BasisDepth {
                alignments: self.basis.alignments.min(messages),
                ..self.basis
            },
            huge: HugeDepth {
                lengths: self.huge.lengths.min(messages),
                ..self.huge
            },
            ..self
        }
    }

    /// The depth for a subject, as far as its pace is no matter. A subject that receives copies has
    /// one alignment.
    pub fn for_form(self, form: Form) -> Self {
        if form != Form::Program {
            return self;
        }
        Self {
            alignments: 1,
            threshold_alignments: 1,
            every_length: EveryLength {
                alignments: 1,
                ..self.every_length
            },
            basis: BasisDepth {
                alignments: 1,
                ..self.basis
            },
            ..self
        }
    }

    /// The depth for a subject that takes no longer messages, in bytes.
    pub fn within(self, length_max: u64) -> Self {
        let cut = |length: usize| length.min(usize::try_from(length_max).unwrap_or(usize::MAX));
        Self {
            length_max: cut(self.length_max),
            every_length: EveryLength {
                to: cut(self.every_length.to),
                ..self.every_length
            },
            longest: cut(self.longest),
            split_exhaustive_to: cut(self.split_exhaustive_to),
            basis: BasisDepth {
                dense_to: cut(self.basis.dense_to),
                sparse_to: cut(self.basis.sparse_to),
                ..self.basis
            },
            ..self
        }
    }

    /// The depth that the pace of a subject allows. Interpreted tiers have the cells that hardware
    /// has at `quick`. Software versions keep to `quick`, and a
    /// subject with a measured rate to what the rate allows.
    pub fn scaled_to(self, subject: &dyn Subject) -> Self {
        match subject.capabilities().pace {
            Pace::Software => {
                let quick = Self::of(DepthName::Quick);
                Self {
                    messages: quick.messages.min(self.messages),
                    longest: if is_interpreted_tier(subject) {
                        quick.longest.min(self.longest)
                    } else {
                        longest_in_software(subject)
                    },
                    ..quick
                }
            }
            Pace::Measured(rate) => self.for_form(Form::Program).scaled(rate),
            Pace::Native => self,
        }
    }

    /// The depth for a subject that does not see where a message lies. Its time depends on the name
    /// alone: it has fewer messages first, then shorter ones.
    fn scaled(self, rate: Rate) -> Self {
        let calls = rate.calls_per_second * self.seconds();
        // `agree` makes a call for every length and message, and PLAIN more.
        let (of_agree, of_others) = ((calls * 0.6) as usize, (calls * 0.15) as usize);
        let messages = (of_agree / (self.length_max + 1)).saturating_sub(PLAIN);
        let messages = messages.clamp(2.min(self.messages), self.messages);
        let length_max = of_agree / (messages + PLAIN);
        let length_max = length_max.clamp(16, self.length_max);
        Self {
            messages,
            length_max,
            threshold_messages: 1,
            every_length: EveryLength {
                to: length_max,
                alignments: 1,
                messages: 0,
            },
            drawn_lengths: (of_others / 8).min(self.drawn_lengths),
            // All thresholds together are about twenty times the longest length.
            longest: ((rate.bytes_per_second / 20.0) as usize).min(self.longest),
            // A case takes a few calls, and every cut of a length n takes 2 n.
            random_cases: (of_others / 8).clamp(10, self.random_cases),
            split_exhaustive_to: of_others.isqrt().clamp(8, self.split_exhaustive_to),
            // A trial is four calls; the unit messages of all lengths to n are 4 n^2.
            affine_trials: (of_others / 4).clamp(10, self.affine_trials),
            basis: BasisDepth {
                dense_to: (of_others / 4).isqrt().clamp(2, self.basis.dense_to),
                alignments: 1,
                sparse_to: 2,
            },
            ..self
        }
    }

    /// About how long a run at a measured rate may take.
    const fn seconds(self) -> f64 {
        match self.name {
            DepthName::Quick => 4.0,
            DepthName::Default => 20.0,
            DepthName::Deep | DepthName::Certify => 120.0,
        }
    }
}

/// How many sweeps `agree` makes at one alignment besides those of random messages.
const PLAIN: usize = 5;

/// Whether it is a tier of the kernel that an interpreter executes: an instruction for each few
/// bytes, so that long messages take milliseconds.
fn is_interpreted_tier(subject: &dyn Subject) -> bool {
    let capabilities = subject.capabilities();
    capabilities.executed_by == ExecutedBy::Interpretation && capabilities.tier.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_messages_keep_the_lengths_of_agree_and_more_add_nothing_else() {
        let deep = Depth::of(DepthName::Deep);
        assert_eq!(deep.with_messages(deep.messages), deep);
        let few = deep.with_messages(2);
        let repeated = |depth: Depth| {
            [
                depth.messages,
                depth.threshold_messages,
                depth.basis.alignments,
                depth.huge.lengths,
            ]
        };
        assert_eq!(repeated(few), [2; 4]);
        let lengths = |depth: Depth| (depth.length_max, depth.alignments, depth.every_length.to);
        assert_eq!(lengths(few), lengths(deep));
        let many = [1000, deep.threshold_messages, 8, 6];
        assert_eq!(repeated(deep.with_messages(1000)), many);
    }
}

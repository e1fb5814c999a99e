//! Static purity: what the machine code of a tier may execute, read from the program itself.
//!
//! Each tier's entry is disassembled with all that it calls or jumps to. An instruction that needs an
//! extension which the tier does not declare would be illegal on some CPU that chooses the tier,
//! whether or not a message ever reaches it.

use crate::report::Outcome;
use crcheck_harness::kernel::Tier;
use crcheck_harness::platform::code::elf::{Function, Image};
use crcheck_harness::platform::extension::needed;
use iced_x86::{Decoder, DecoderOptions, FastFormatter, FlowControl, Instruction, Mnemonic};
use quick_junit::{NonSuccessKind, TestCaseStatus};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a tier's code executes.
#[derive(Clone, Debug, Serialize)]
pub struct TierPurity {
    /// The tier.
    pub tier: &'static str,
    /// `Passed`, `Faulty`, or `Nothing` if its code was not found.
    pub outcome: Outcome,
    /// The functions that were read.
    pub functions: Vec<String>,
    /// Instructions read.
    pub instructions: u64,
    /// Calls whose target only a run would tell.
    pub indirect: u64,
    /// Instructions that the tier may not execute.
    pub outside: Vec<Outside>,
    /// Why there is no verdict.
    pub reason: Option<String>,
}

/// An instruction outside of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// The function that it stands in.
    pub function: String,
    /// Its address in the file.
    pub address: String,
    /// Its bytes.
    pub bytes: String,
    /// Its disassembly.
    pub instruction: String,
    /// The extensions that it needs and that are not declared.
    pub needs: Vec<String>,
}

/// Instructions that are shown to people: one feature too many makes hundreds.
const SHOWN: usize = 4;

impl fmt::Display for TierPurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "purity {:<19} ", self.tier)?;
        match &self.reason {
            Some(reason) => write!(f, "{}: {reason}", self.outcome)?,
            None => write!(
                f,
                "{}: {} functions, {} instructions, {} indirect calls",
                self.outcome,
                self.functions.len(),
                self.instructions,
                self.indirect
            )?,
        }
        let shown = self.outside.iter().take(SHOWN);
        shown.clone().try_for_each(|outside| {
            let needs = outside.needs.join(", ");
            write!(
                f,
                "\n  {} ({}) in {} at {} needs {needs}",
                outside.instruction, outside.bytes, outside.function, outside.address
            )
        })?;
        match self.outside.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl TierPurity {
    pub(crate) fn status(&self) -> TestCaseStatus {
        let kind = match self.outcome {
            Outcome::Passed => return TestCaseStatus::success(),
            Outcome::Faulty => NonSuccessKind::Failure,
            _ => NonSuccessKind::Error,
        };
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(self.to_string());
        status
    }
}

/// Reads every tier of x86-64 that the program contains.
pub fn check(image: &Image) -> Vec<TierPurity> {
    let is_x86 = |tier: &&Tier| **tier == Tier::Portable || tier.name().starts_with("x86-");
    Tier::ALL
        .iter()
        .filter(is_x86)
        .map(|&tier| {
            let read = read(image, &entry(tier), &declared(tier));
            TierPurity {
                tier: tier.name(),
                ..read
            }
        })
        .collect()
}

/// The function that a tier's code begins with: the kernel's modules and witnesses are called after the
/// tiers.
fn entry(tier: Tier) -> String {
    match tier.name().strip_prefix("x86-") {
        Some(name) => {
            let module = name.replace('-', "_");
            let capitalised = |part: &str| part[..1].to_uppercase() + &part[1..];
            let witness: String = name.split('-').map(capitalised).collect();
            format!("crcheck_kernel::arch::x86_64::{module}::{witness}::entry")
        }
        None => "crcheck_kernel::portable::entry".to_owned(),
    }
}

/// The extensions that a tier declares, with those that the compiler takes for granted under them.
fn declared(tier: Tier) -> BTreeSet<&'static str> {
    let mut declared = BTreeSet::new();
    for feature in tier.required().iter() {
        add(feature.name(), &mut declared);
    }
    declared
}

fn add(name: &'static str, declared: &mut BTreeSet<&'static str>) {
    if !declared.insert(name) {
        return;
    }
    let below: &[&str] = match name {
        "ssse3" => &["sse3"],
        "sse4.1" => &["ssse3"],
        "sse4.2" => &["sse4.1"],
        "avx" => &["sse4.2"],
        "avx2" | "fma" | "f16c" => &["avx"],
        "vpclmulqdq" => &["avx", "pclmulqdq"],
        "vaes" => &["avx", "aes"],
        "avx512f" => &["avx2", "fma", "f16c"],
        "avx512bw" | "avx512dq" | "avx512vl" | "avx512cd" => &["avx512f"],
        _ => &[],
    };
    below.iter().for_each(|name| add(name, declared));
}

/// Reads the functions called `entry`, and all that they lead to, for instructions that need more
/// than what is declared.
pub fn read(image: &Image, entry: &str, declared: &BTreeSet<&str>) -> TierPurity {
    let mut result = TierPurity {
        tier: "",
        outcome: Outcome::Passed,
        functions: Vec::new(),
        instructions: 0,
        indirect: 0,
        outside: Vec::new(),
        reason: None,
    };
    let entries = image
        .functions
        .iter()
        .filter(|function| function.name == entry);
    let mut waiting: Vec<&Function> = entries.collect();
    if waiting.is_empty() {
        result.outcome = Outcome::Nothing;
        result.reason = Some(if image.functions.is_empty() {
            "the program was stripped of its symbols".to_owned()
        } else {
            format!("the program has no function {entry}")
        });
        return result;
    }
    let mut seen: BTreeMap<u64, &Function> = BTreeMap::new();
    while let Some(function) = waiting.pop() {
        if seen.insert(function.addresses.start, function).is_some() {
            continue;
        }
        read_function(image, function, declared, &mut result, &mut waiting);
    }
    result.functions = seen
        .values()
        .map(|function| function.name.clone())
        .collect();
    if !result.outside.is_empty() {
        result.outcome = Outcome::Faulty;
    }
    result
}

fn read_function<'i>(
    image: &'i Image,
    function: &Function,
    declared: &BTreeSet<&str>,
    result: &mut TierPurity,
    waiting: &mut Vec<&'i Function>,
) {
    let Some(code) = image.code_at(&function.addresses) else {
        return;
    };
    let start = function.addresses.start;
    for instruction in Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
        result.instructions += 1;
        let needs: Vec<String> = needed(&instruction)
            .into_iter()
            .filter(|name| !declared.contains(name.as_str()))
            .collect();
        // On a CPU without BMI1 this is BSF, and compilers make use of that.
        if !needs.is_empty() && instruction.mnemonic() != Mnemonic::Tzcnt {
            result
                .outside
                .push(outside(function, &instruction, code, needs));
        }
        match instruction.flow_control() {
            FlowControl::Call
            | FlowControl::UnconditionalBranch
            | FlowControl::ConditionalBranch => {
                let target = instruction.near_branch_target();
                if !function.addresses.contains(&target) {
                    waiting.extend(
                        image
                            .function_at(target)
                            .filter(|callee| is_followed(callee)),
                    );
                }
            }
            FlowControl::IndirectCall => result.indirect += 1,
            _ => {}
        }
    }
}

/// A panic ends the call under judgement: what comes after it is the standard library's.
fn is_followed(callee: &Function) -> bool {
    !callee.name.starts_with("core::panicking::")
}

fn outside(
    function: &Function,
    instruction: &Instruction,
    code: &[u8],
    needs: Vec<String>,
) -> Outside {
    let at = (instruction.ip() - function.addresses.start) as usize;
    let bytes: Vec<String> = code[at..at + instruction.len()]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut text = String::new();
    FastFormatter::new().format(instruction, &mut text);
    Outside {
        function: function.name.clone(),
        address: format!("{:#x}", instruction.ip()),
        bytes: bytes.join(" "),
        instruction: text,
        needs,
    }
}

//! Static purity: which instructions the machine code of a tier contains, read from the program.
//!
//! The entry of each tier is disassembled, with all functions that it calls or jumps to. An
//! instruction whose extension the tier does not declare is illegal on some CPU that chooses the
//! tier, even if no message reaches it.

use crate::leg_outcome::LegOutcome;
use crcheck_harness::kernel::Tier;
use crcheck_harness::platform::code::elf::{Function, Image};
use crcheck_harness::platform::code::place::Place;
use crcheck_harness::platform::code::source_location::{SourceLocation, locate_all};
use crcheck_harness::platform::extension::needed;
use iced_x86::{Decoder, DecoderOptions, FastFormatter, FlowControl, Instruction, Mnemonic};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// The purity of a tier.
#[derive(Clone, Debug, Serialize)]
pub struct TierPurity {
    /// The tier's name.
    pub tier: &'static str,
    /// `Passed`, `Faulty`, or `Nothing` if its code was not found.
    pub outcome: LegOutcome,
    /// What that shows, if it passed.
    pub shows: Option<&'static str>,
    /// The functions that were read.
    pub functions: Vec<String>,
    /// The number of instructions that were read.
    pub instructions: u64,
    /// The number of calls whose target only a run can tell.
    pub indirect: u64,
    /// The instructions that the tier must not contain.
    #[serde(rename = "outside")]
    pub undeclared: Vec<UndeclaredInstruction>,
    /// Why nothing was read.
    pub reason: Option<String>,
}

/// An instruction that needs an extension which the tier does not declare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndeclaredInstruction {
    /// The function that contains it.
    pub function: String,
    /// Its address in the file.
    pub address: String,
    /// Its bytes.
    pub bytes: String,
    /// Its disassembly.
    pub instruction: String,
    /// The extensions that it needs and the tier does not declare.
    pub needs: Vec<String>,
    /// Its line, if somebody has [asked](TierPurity::locate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
}

/// What it means that the code of a tier passes. It says nothing of what the code computes.
pub(crate) const SHOWN_BY_PASS: &str = "declares no instruction beyond its tier";

/// How many instructions people see: one undeclared feature makes hundreds.
const SHOWN: usize = 4;

impl fmt::Display for TierPurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "purity {:<23} ", self.tier)?;
        match &self.reason {
            Some(reason) => write!(f, "{}: {reason}", self.outcome)?,
            None => write!(
                f,
                "{}: {} functions, {} instructions, {} indirect calls",
                self.shows.unwrap_or(self.outcome.name()),
                self.functions.len(),
                self.instructions,
                self.indirect
            )?,
        }
        for undeclared in self.undeclared.iter().take(SHOWN) {
            write!(f, "\n  {undeclared}")?;
        }
        match self.undeclared.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl fmt::Display for UndeclaredInstruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            function,
            address,
            bytes,
            instruction,
            ..
        } = self;
        write!(f, "{instruction} ({bytes}) in {function} at {address}")?;
        let location = self.location.as_ref();
        if let Some(line) = location.and_then(SourceLocation::line_in_words) {
            write!(f, " ({line})")?;
        }
        write!(f, " needs {}", self.needs.join(", "))
    }
}

impl TierPurity {
    /// Finds the lines of what must not be there, in the program that was read.
    pub fn locate(&mut self, program: &Path) {
        let places = self.undeclared.iter().map(|undeclared| Place {
            object: program.to_owned(),
            address: parse_address(&undeclared.address),
        });
        let locations = locate_all(&places.collect::<Vec<_>>());
        for (undeclared, location) in self.undeclared.iter_mut().zip(locations) {
            undeclared.location = Some(location);
        }
    }
}

/// An address as [`UndeclaredInstruction`] has it.
fn parse_address(hex: &str) -> u64 {
    u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap_or(0)
}

/// Checks every tier of x86-64 that the program contains.
pub fn check_tiers(image: &Image) -> Vec<TierPurity> {
    let is_x86 = |tier: &&Tier| **tier == Tier::Portable || tier.name().starts_with("x86-");
    Tier::ALL
        .iter()
        .filter(is_x86)
        .map(|&tier| {
            let purity = check_function(image, &entry(tier), &declared(tier));
            TierPurity {
                tier: tier.name(),
                ..purity
            }
        })
        .collect()
}

/// The function that a tier's code begins with. The kernel names its modules and witnesses after
/// the tiers.
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

/// The extensions that a tier declares, with those that the compiler enables along with them.
fn declared(tier: Tier) -> BTreeSet<&'static str> {
    let mut declared = BTreeSet::new();
    for feature in tier.required().iter() {
        insert_implied(feature.name(), &mut declared);
    }
    declared
}

/// Inserts an extension and all that it implies.
fn insert_implied(name: &'static str, declared: &mut BTreeSet<&'static str>) {
    if !declared.insert(name) {
        return;
    }
    let implied: &[&str] = match name {
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
    implied
        .iter()
        .for_each(|name| insert_implied(name, declared));
}

/// Checks the functions called `entry`, and all that they lead to, for instructions that need an
/// extension which is not `declared`.
pub fn check_function(image: &Image, entry: &str, declared: &BTreeSet<&str>) -> TierPurity {
    let mut result = TierPurity {
        tier: "",
        outcome: LegOutcome::Passed,
        shows: None,
        functions: Vec::new(),
        instructions: 0,
        indirect: 0,
        undeclared: Vec::new(),
        reason: None,
    };
    let entries = image
        .functions
        .iter()
        .filter(|function| function.name == entry);
    let mut waiting: Vec<&Function> = entries.collect();
    if waiting.is_empty() {
        result.outcome = LegOutcome::Nothing;
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
    if !result.undeclared.is_empty() {
        result.outcome = LegOutcome::Faulty;
    }
    result.shows = (result.outcome == LegOutcome::Passed).then_some(SHOWN_BY_PASS);
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
        // A CPU without BMI1 executes TZCNT as BSF, and compilers rely on that.
        if !needs.is_empty() && instruction.mnemonic() != Mnemonic::Tzcnt {
            let undeclared = describe(function, &instruction, code, needs);
            result.undeclared.push(undeclared);
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

/// A panic ends the call that is judged. The code behind it is the standard library's.
fn is_followed(callee: &Function) -> bool {
    !callee.name.starts_with("core::panicking::")
}

fn describe(
    function: &Function,
    instruction: &Instruction,
    code: &[u8],
    needs: Vec<String>,
) -> UndeclaredInstruction {
    let at = (instruction.ip() - function.addresses.start) as usize;
    let bytes: Vec<String> = code[at..at + instruction.len()]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut text = String::new();
    FastFormatter::new().format(instruction, &mut text);
    UndeclaredInstruction {
        function: function.name.clone(),
        address: format!("{:#x}", instruction.ip()),
        bytes: bytes.join(" "),
        instruction: text,
        needs,
        location: None,
    }
}

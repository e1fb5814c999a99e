//! Decoded code: straight runs of instructions, kept by where they begin.

use crate::control;
use crate::cpu::Cpu;
use crate::executors::{Executors, Prepared};
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use iced_x86::{Decoder, DecoderError, DecoderOptions, Instruction};
use std::collections::HashMap;
use std::ops::Range;

/// How many instructions a block has at most.
const BLOCK_MAX: usize = 64;

/// The longest instruction of x86-64.
pub(crate) const INSTRUCTION_MAX_BYTES: usize = 15;

/// How one instruction is executed.
#[derive(Debug)]
pub(crate) enum Action {
    Execute(Prepared),
    Control(control::Op),
    /// The CPU lacks it, or nobody knows it.
    Stop(Fault),
}

impl Action {
    fn ends_block(&self) -> bool {
        match self {
            Self::Execute(_) => false,
            Self::Control(op) => op.ends_block(),
            Self::Stop(_) => true,
        }
    }
}

/// Instructions that follow each other, up to one after which another may come.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) actions: Box<[Action]>,
    pub(crate) instructions: Box<[Instruction]>,
    /// The address behind its last instruction.
    pub(crate) end: u64,
    /// Whether its code is judged.
    pub(crate) is_judged: bool,
    /// How many of its first instructions are counted already.
    pub(crate) counted: usize,
}

/// All blocks so far.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    by_start: HashMap<u64, usize>,
    recent: Box<[(u64, usize)]>,
    /// The code that is judged; all code if there is none.
    judged: Vec<Range<u64>>,
}

const RECENT: usize = 1024;

/// No instruction starts there: it is not canonical.
const NOWHERE: u64 = 1 << 63;

impl Blocks {
    pub(crate) fn new() -> Self {
        Self {
            recent: vec![(NOWHERE, 0); RECENT].into(),
            ..Self::default()
        }
    }

    /// Forgets all blocks.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.by_start.clear();
        self.recent.fill((NOWHERE, 0));
    }

    pub(crate) fn set_judged(&mut self, judged: Vec<Range<u64>>) {
        if self.judged != judged {
            self.judged = judged;
            self.clear();
        }
    }

    fn is_judged(&self, address: u64) -> bool {
        self.judged.is_empty() || self.judged.iter().any(|range| range.contains(&address))
    }

    /// The block that begins at `address`.
    ///
    /// # Errors
    /// If its first instruction cannot be fetched.
    #[inline]
    pub(crate) fn at(
        &mut self,
        address: u64,
        memory: &mut Memory,
        cpu: &Cpu,
        executors: &mut Executors,
    ) -> Result<&mut Block, Fault> {
        let slot = (address ^ address >> 10) as usize % RECENT;
        let (start, index) = self.recent[slot];
        if start == address {
            return Ok(&mut self.blocks[index]);
        }
        let index = self.find(address, memory, cpu, executors)?;
        self.recent[slot] = (address, index);
        Ok(&mut self.blocks[index])
    }

    #[cold]
    fn find(
        &mut self,
        address: u64,
        memory: &mut Memory,
        cpu: &Cpu,
        executors: &mut Executors,
    ) -> Result<usize, Fault> {
        if let Some(index) = self.by_start.get(&address) {
            return Ok(*index);
        }
        let block = self.decode(address, memory, cpu, executors)?;
        self.blocks.push(block);
        let index = self.blocks.len() - 1;
        self.by_start.insert(address, index);
        Ok(index)
    }

    fn decode(
        &self,
        start: u64,
        memory: &mut Memory,
        cpu: &Cpu,
        executors: &mut Executors,
    ) -> Result<Block, Fault> {
        let is_judged = self.is_judged(start);
        let (mut actions, mut instructions) = (Vec::new(), Vec::new());
        let mut address = start;
        while actions.len() < BLOCK_MAX && self.is_judged(address) == is_judged {
            let instruction = match fetch(address, memory) {
                Ok(instruction) => instruction,
                Err(fault) if actions.is_empty() => return Err(fault),
                Err(_) => break,
            };
            let action = prepare(&instruction, is_judged.then_some(cpu), executors);
            let is_last = action.ends_block();
            actions.push(action);
            instructions.push(instruction);
            address = instruction.next_ip();
            if is_last {
                break;
            }
        }
        Ok(Block {
            actions: actions.into(),
            instructions: instructions.into(),
            end: address,
            is_judged,
            counted: 0,
        })
    }
}

/// Decodes the instruction at `address`.
fn fetch(address: u64, memory: &mut Memory) -> Result<Instruction, Fault> {
    let mut bytes = [0; INSTRUCTION_MAX_BYTES];
    let refused = memory.fetch(address, &mut bytes).err();
    let len_bytes = match &refused {
        None => INSTRUCTION_MAX_BYTES,
        Some(Fault::Page { address: at, .. }) => at.wrapping_sub(address) as usize,
        Some(fault) => return Err(fault.clone()),
    };
    let bytes = &mut bytes[..len_bytes];
    memory.fetch(address, bytes)?;
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    match refused {
        Some(fault) if decoder.last_error() == DecoderError::NoMoreBytes => Err(fault),
        _ => Ok(instruction),
    }
}

/// `judge` is the CPU that must have what the instruction needs.
fn prepare(instruction: &Instruction, judge: Option<&Cpu>, executors: &mut Executors) -> Action {
    if let Some(op) = control::prepare(instruction) {
        return Action::Control(op);
    }
    let lacks = judge.map(|cpu| cpu.lacks(instruction)).unwrap_or_default();
    if !lacks.is_empty() {
        return Action::Stop(Fault::Lacks(lacks));
    }
    match executors.prepare(instruction) {
        Some(prepared) => Action::Execute(prepared),
        None => Action::Stop(Fault::NotModelled),
    }
}

/// The bytes of the instruction at `address`, as far as they can be read.
pub(crate) fn bytes_at(address: u64, memory: &mut Memory) -> Vec<u8> {
    let mut bytes = [0; INSTRUCTION_MAX_BYTES];
    let len_bytes = (1..=INSTRUCTION_MAX_BYTES)
        .rev()
        .find(|&len| memory.check(address, len, AccessKind::Execute).is_ok())
        .unwrap_or(0);
    let bytes = &mut bytes[..len_bytes];
    if memory.fetch(address, bytes).is_err() {
        return Vec::new();
    }
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.is_invalid() {
        bytes.to_vec()
    } else {
        bytes[..instruction.len()].to_vec()
    }
}

//! The subcommands, one file each.

mod bench;
mod corpus;
mod diagnose;
mod emulate;
mod mask_cpu;
mod minimize;
mod replay;
mod selftest;
mod tiers;
mod verify;

use crate::failure::Failure;
use clap::Subcommand;
use crcheck_harness::verdict::ExitCode;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Settle in seconds what can be settled without hunting
    Verify(verify::Verify),
    /// Judge saved cases again: artifacts, fuzz inputs, folders of them
    Replay(replay::Replay),
    /// Say in one sentence what a faulty kernel computes instead, and when
    Diagnose(diagnose::Diagnose),
    /// Find the smallest case that still shows a saved fault
    Minimize(minimize::Minimize),
    /// Judge the harness: every faulty kernel must be caught, every good one pass
    Selftest(selftest::Selftest),
    /// Repeat the verification on CPUs that are not at hand
    Emulate(emulate::Emulate),
    /// Say how fast the tiers are, against peers and the machine's limits
    Bench(bench::Bench),
    /// Run a program as if on a lesser CPU, natively
    #[command(hide = true)]
    MaskCpu(mask_cpu::MaskCpu),
    /// Say which tiers this CPU has, and why not the others
    Tiers(tiers::Tiers),
    /// Seeds and saved inputs of the fuzz targets
    #[command(subcommand)]
    Corpus(corpus::Corpus),
}

pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Verify(verify) => verify.run(),
        Command::Replay(replay) => replay.run(),
        Command::Diagnose(diagnose) => diagnose.run(),
        Command::Minimize(minimize) => minimize.run(),
        Command::Selftest(selftest) => selftest.run(),
        Command::Emulate(emulate) => emulate.run(),
        Command::Bench(bench) => bench.run(),
        Command::MaskCpu(mask_cpu) => mask_cpu.run(),
        Command::Tiers(tiers) => tiers.run(),
        Command::Corpus(corpus) => corpus.run(),
    }
}

//! The subcommands, one file each.

mod bench;
mod certify;
mod completions;
mod corpus;
mod diagnose;
mod emulate;
mod man;
mod mask_cpu;
mod minimize;
mod replay;
mod selftest;
mod tiers;
mod verify;
mod worker;

use crate::failure::Failure;
use clap::Subcommand;
use crcheck_harness::verdict::ExitCode;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Settle in seconds what can be settled without hunting
    Verify(verify::Verify),
    /// Cover one subject as far as a minute goes, and say in a certificate what that is worth
    Certify(certify::Certify),
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
    /// Make calls for another crcheck
    #[command(hide = true)]
    Worker(worker::Worker),
    /// Say which tiers this CPU has, and why not the others
    Tiers(tiers::Tiers),
    /// Seeds and saved inputs of the fuzz targets
    #[command(subcommand)]
    Corpus(corpus::Corpus),
    /// Print what makes a shell complete the options
    Completions(completions::Completions),
    /// Print the manual, or write a page for each subcommand
    Man(man::Man),
}

pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Verify(verify) => verify.run(),
        Command::Certify(certify) => certify.run(),
        Command::Replay(replay) => replay.run(),
        Command::Diagnose(diagnose) => diagnose.run(),
        Command::Minimize(minimize) => minimize.run(),
        Command::Selftest(selftest) => selftest.run(),
        Command::Emulate(emulate) => emulate.run(),
        Command::Bench(bench) => bench.run(),
        Command::MaskCpu(mask_cpu) => mask_cpu.run(),
        Command::Worker(worker) => worker.run(),
        Command::Tiers(tiers) => tiers.run(),
        Command::Corpus(corpus) => corpus.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
}

//! The subcommands, one file each.

mod bench;
mod certify;
mod completions;
mod corpus;
mod diagnose;
mod emulate;
mod identify;
mod machine;
mod man;
mod mask_cpu;
mod matrix;
mod minimize;
mod models;
mod replay;
mod selftest;
mod show;
mod sum;
mod tiers;
mod verify;
mod worker;

use crate::failure::Failure;
use crate::interrupt;
use clap::Subcommand;
use crcheck_harness::report::verdict::ExitCode;

// The help of each is the doc comment of its struct.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(verify::Verify),
    Certify(certify::Certify),
    Replay(replay::Replay),
    Diagnose(diagnose::Diagnose),
    Minimize(minimize::Minimize),
    Show(show::Show),
    Selftest(selftest::Selftest),
    Emulate(emulate::Emulate),
    Matrix(matrix::Matrix),
    Bench(bench::Bench),
    Sum(sum::Sum),
    Identify(identify::Identify),
    #[command(hide = true)]
    MaskCpu(mask_cpu::MaskCpu),
    #[command(hide = true)]
    Worker(worker::Worker),
    Tiers(tiers::Tiers),
    Models(models::Models),
    #[command(subcommand)]
    Machine(machine::Machine),
    #[command(subcommand)]
    Corpus(corpus::Corpus),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Whether no subject of this process starts others: it starts none, or it becomes another
    /// program or stands for it, so that what that starts, and how it handles signals, is its own
    /// affair.
    pub(crate) fn leaves_nothing_behind(&self) -> bool {
        match self {
            Self::MaskCpu(_) | Self::Worker(_) => true,
            // They begin soon: a script may start them for every file.
            Self::Sum(_) | Self::Identify(_) => true,
            Self::Emulate(emulate) => emulate.runs_command(),
            _ => false,
        }
    }
}

/// Runs a subcommand of `program`, whose arguments are then all known.
pub(crate) fn run(command: Command, program: fn() -> clap::Command) -> Result<ExitCode, Failure> {
    // These two are started by another crcheck, which handles signals.
    if !matches!(command, Command::Worker(_) | Command::MaskCpu(_)) {
        interrupt::watch()?;
    }
    match command {
        Command::Verify(verify) => verify.run(),
        Command::Certify(certify) => certify.run(),
        Command::Replay(replay) => replay.run(),
        Command::Diagnose(diagnose) => diagnose.run(),
        Command::Minimize(minimize) => minimize.run(),
        Command::Show(show) => show.run(),
        Command::Selftest(selftest) => selftest.run(),
        Command::Emulate(emulate) => emulate.run(),
        Command::Matrix(matrix) => matrix.run(),
        Command::Bench(bench) => bench.run(),
        Command::Sum(sum) => sum.run(),
        Command::Identify(identify) => identify.run(),
        Command::MaskCpu(mask_cpu) => mask_cpu.run(),
        Command::Worker(worker) => worker.run(),
        Command::Tiers(tiers) => tiers.run(),
        Command::Models(models) => models.run(),
        Command::Machine(machine) => machine.run(),
        Command::Corpus(corpus) => corpus.run(),
        Command::Completions(completions) => completions.run(&program()),
        Command::Man(man) => man.run(program()),
    }
}

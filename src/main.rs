//! The `slowpath` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

mod cli;

/// Most allocations are those of the parsers, in C: with its feature `override` they are made
/// here too. Its feature `no_thp` keeps the peak down: huge pages are seldom used in full.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}

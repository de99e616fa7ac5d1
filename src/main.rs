//! The `slowpath` command.

fn main() {}

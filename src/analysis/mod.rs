//! What can be known of one file alone: definitions and uses, loops, access paths.

pub mod def_use;
pub mod facts;
pub mod flow;
pub mod loops;
pub mod narrowed;
pub mod uses;

#[cfg(test)]
mod tests;

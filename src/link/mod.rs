//! Joins the facts of all files into one read-only [`Program`](program::Program).

pub mod infer;
pub mod models;
pub mod modules;
pub mod types;
pub mod world;

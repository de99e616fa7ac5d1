//! Runs the program as its users do, and holds its texts to what it does.

mod call_graph;
mod catalogue;
mod check;
mod cli;
mod config;
mod determinism;
mod endpoints;
mod fixtures;
mod models;
mod project;
mod readme;
mod robustness;

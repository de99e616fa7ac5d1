//! Runs the program as its users do, and holds its texts to what it does.

mod action;
mod call_graph;
mod catalogue;
mod changes;
mod check;
mod cli;
mod config;
mod determinism;
mod each;
mod endpoints;
mod fixtures;
mod models;
mod project;
mod promises;
mod properties;
mod readme;
mod robustness;
mod sarif;
mod silence;

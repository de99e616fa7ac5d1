//! Runs the program as its users do.

mod check;
mod cli;
mod config;
mod project;

//! Runs the program as its users do.

mod cli;
mod config;
mod project;

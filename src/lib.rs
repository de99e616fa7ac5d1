//! slowpath reads a repository and reports the code that gets slow as data grows.
//!
//! The way of the data, one module per step; a module uses only what stands above it:
//!
//! | module | knows | must not know |
//! |---|---|---|
//! | [`source`] | files, spans, lines | the disk |
//! | [`finding`] | what a run reports | how it is printed |
//! | [`config`], `cli` | arguments and configuration, as one [`config::Settings`] | analysed code |
//! | [`discover`] | walking, ignore files, guarded reading | languages' syntax |
//! | [`ir`] | what programs do | how they are spelled |
//! | [`syntax`] | tree-sitter, one front end per language | libraries, rules, other files |

pub mod analysis;
pub mod config;
pub mod discover;
pub mod finding;
pub mod ir;
pub mod link;
pub mod rules;
pub mod source;
pub mod syntax;

//! Joins the facts of all files into one read-only [`Program`](program::Program).

mod associations;
pub mod browser;
pub mod call_graph;
pub mod callbacks;
pub mod cardinality;
mod certain;
pub mod coverage;
mod effects;
pub mod entities;
pub mod entry_points;
pub mod explain;
pub mod fetches;
mod given;
pub mod growth;
pub mod guards;
pub mod hierarchy;
pub mod infer;
pub mod lifetimes;
pub mod listings;
pub mod models;
pub mod modules;
pub mod program;
pub mod queries;
pub mod resolvers;
pub mod row_hooks;
pub mod rows;
pub mod schema;
mod senders;
pub mod serializers;
mod solve;
pub mod summaries;
pub mod templates;
mod type_graph;
pub mod types;
mod users;
pub mod walks;
pub mod words;
pub mod world;

#[cfg(test)]
mod tests;

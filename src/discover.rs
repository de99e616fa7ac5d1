//! Finds the source files.

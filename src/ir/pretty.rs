//! Prints a [`Module`](super::Module) for tests.

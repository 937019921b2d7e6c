//! Holds the dependencies of the compile tests; see `tests/`.

//! Holds the renamed dependency; see `tests/`.

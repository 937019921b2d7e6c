//! One command a file.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod errors;
pub(crate) mod expand;
pub(crate) mod expand_spec;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod info;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod shell;
pub(crate) mod tune;

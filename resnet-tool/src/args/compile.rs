//! How cargo is called by whatever builds a program.

use std::path::PathBuf;

/// Options of every command that builds something.
#[derive(Debug, clap::Args)]
pub(crate) struct CompileArgs {
    /// Use no network, only packages in cargo's cache.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Compile for this processor alone: `native`, `x86-64-v3`, ...; by default
    /// for all of its kind, with the best kernels chosen at the start.
    #[arg(long)]
    pub(crate) cpu: Option<String>,
    /// Folder for compiled code, instead of the shared one.
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
    /// Keep the cargo project, and tell where it is.
    #[arg(long)]
    pub(crate) keep: bool,
}

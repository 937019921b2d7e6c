//! The least that is refused with a code, to be shown beside its cause and its mend.

use super::Diagnostics;
use crate::source::Source;
use crate::{Options, compile};

/// What is refused with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A spec.
    Spec(&'static str),
    /// A call of the macro, about a file or a name beside the spec.
    Call(&'static str),
}

impl Example {
    /// What the compiler says of it; nothing of a call, which is about files that may not exist.
    pub fn refusal(self) -> Option<(Source, Diagnostics)> {
        let Self::Spec(text) = self else {
            return None;
        };
        let source = Source::new("net.yaml", text);
        let found = compile(&source, &Options::default()).err()?;
        Some((source, found))
    }
}

/// The example of a code: a call, none, or the spec in the file that is named after it.
macro_rules! example {
    ($id:ident) => {
        Some(Example::Spec(include_str!(concat!(
            "examples/",
            stringify!($id),
            ".yaml"
        ))))
    };
    ($id:ident call $call:literal) => {
        Some(Example::Call($call))
    };
    ($id:ident none) => {
        None
    };
}

pub(super) use example;

//! Values as YAML writes them in one line.

use std::fmt;

use resnet_geometry::{Activation, Pool2d as PoolSizes};

use crate::ops::PoolKind;
use crate::parameter::{Fan, Init};

/// A mapping in braces.
#[derive(Default)]
pub(super) struct Flow(Vec<String>);

impl Flow {
    pub(super) fn push(&mut self, key: &str, value: impl fmt::Display) {
        self.0.push(format!("{key}: {value}"));
    }

    /// Leaves out what holds anyway.
    pub(super) fn push_unless<T: fmt::Display + PartialEq>(
        &mut self,
        key: &str,
        value: T,
        default: &T,
    ) {
        if value != *default {
            self.push(key, value);
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0.join(", "))
    }
}

/// A word, and its keys if they say anything.
pub(super) fn word(word: &str, keys: &Flow) -> String {
    match keys.0.is_empty() {
        true => word.to_owned(),
        false => format!("{{{word}: {keys}}}"),
    }
}

/// A list in brackets.
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// One number for both axes where it can be.
pub(super) fn pair([rows, columns]: [usize; 2]) -> String {
    match rows == columns {
        true => rows.to_string(),
        false => format!("[{rows}, {columns}]"),
    }
}

/// A name of a layer or a model; in quotes where YAML would take it for a number or the like.
pub(super) fn name(name: &str) -> String {
    const WORDS: [&str; 10] = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan",
    ];
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match starts_well && !WORDS.contains(&name.to_ascii_lowercase().as_str()) {
        true => name.to_owned(),
        false => text(name),
    }
}

/// Any text, in quotes.
pub(super) fn text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' | '\u{a0}'..='\u{d7ff}' if !matches!(c, '\u{2028}' | '\u{2029}') => {
                quoted.push(c);
            }
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted + "\""
}

/// The word and keys of an activation.
pub(super) fn activation(activation: Activation) -> String {
    let mut keys = Flow::default();
    let name = match activation {
        Activation::Identity => "identity",
        Activation::Relu => "relu",
        Activation::LeakyRelu { slope } => {
            keys.push_unless("slope", slope, &0.01);
            "leaky_relu"
        }
        Activation::Silu => "silu",
        Activation::Gelu => "gelu",
        Activation::Elu { alpha } => {
            keys.push_unless("alpha", alpha, &1.0);
            "elu"
        }
        Activation::HardSwish => "hard_swish",
        Activation::Sigmoid => "sigmoid",
        Activation::Tanh => "tanh",
    };
    word(name, &keys)
}

/// The word and keys of how a weight is drawn.
pub(super) fn init(init: Init) -> String {
    let mut keys = Flow::default();
    let fan = |keys: &mut Flow, fan| match fan {
        Fan::In => keys.push("fan", "in"),
        Fan::Out => {}
    };
    let name = match init {
        Init::KaimingNormal(of) => {
            fan(&mut keys, of);
            "kaiming_normal"
        }
        Init::KaimingUniform(of) => {
            fan(&mut keys, of);
            "kaiming_uniform"
        }
        Init::XavierNormal => "xavier_normal",
        Init::XavierUniform => "xavier_uniform",
        Init::Uniform => "uniform",
        Init::Normal { std } => {
            keys.push_unless("std", std, &0.01);
            "normal"
        }
        Init::Constant(0.0) => "zeros",
        // A spec has a word for no other constant.
        Init::Constant(_) => "ones",
    };
    word(name, &keys)
}

/// The keys of a pool.
pub(super) fn pool(kind: PoolKind, sizes: &PoolSizes) -> Flow {
    let PoolSizes {
        kernel,
        stride,
        padding,
        extra,
        ceil,
        count_padding,
    } = *sizes;
    let mut keys = Flow::default();
    let word = match kind {
        PoolKind::Max => "max",
        PoolKind::Average => "average",
    };
    keys.push("kind", word);
    keys.push("kernel", pair(kernel));
    keys.push("stride", pair(stride));
    let half = kernel.map(|kernel| kernel / 2);
    keys.push_unless("padding", pair(padding), &pair(half));
    keys.push_unless("extra_padding", pair(extra), &pair([0, 0]));
    keys.push_unless("ceil", ceil, &false);
    keys.push_unless("count_padding", count_padding, &true);
    keys
}

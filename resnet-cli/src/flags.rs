//! Tables of flags as values: their defaults, and how `args.yaml` tells them.

use clap::{Args, Command};
use serde::Serialize;

/// What flags that aren't given mean.
pub(crate) fn default<A: Args>() -> A {
    let matches = A::augment_args(Command::new("train")).get_matches_from(["train"]);
    A::from_arg_matches(&matches).expect("every flag has a default")
}

/// Every flag as `args.yaml` says it.
pub(crate) fn entries(flags: &impl Serialize) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(values)) = serde_json::to_value(flags) else {
        return Vec::new();
    };
    // JSON's values are YAML's.
    values
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect()
}

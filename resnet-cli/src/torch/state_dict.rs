//! Which of a checkpoint's dicts is the model's.

use anyhow::{Result, bail};

use super::pickle::{Pickle, Value};
use super::tensor::Tensor;

/// Keys under which training scripts put a model's state, the likeliest first.
const KEYS: [&str; 5] = ["state_dict", "model_state_dict", "model", "module", "net"];

/// Dicts within dicts are followed so far.
const DEPTH: usize = 4;

/// The tensors of a model's state, by name.
pub(super) fn find(pickle: &Pickle) -> Result<Vec<(&str, &Tensor)>> {
    let mut value = pickle.root();
    for _ in 0..DEPTH {
        let Value::Dict(entries) = value else { break };
        let mut tensors = Vec::new();
        let mut others = Vec::new();
        for &(key, value) in entries {
            match (pickle.get(key), pickle.get(value)) {
                (Value::Text(name), Value::Tensor(tensor)) => tensors.push((name.as_str(), tensor)),
                (Value::Text(name), other) => others.push((name.as_str(), other)),
                _ => {}
            }
        }
        if !tensors.is_empty() {
            // A dict's later entry goes before an earlier one of its name.
            tensors.reverse();
            tensors.sort_by_key(|(name, _)| *name);
            tensors.dedup_by_key(|(name, _)| *name);
            return Ok(tensors);
        }
        let below = KEYS
            .iter()
            .find_map(|key| others.iter().find(|(name, _)| name == key));
        match below {
            Some((_, below)) => value = below,
            None => {
                let names: Vec<_> = others.iter().map(|(name, _)| *name).take(10).collect();
                bail!(
                    "no tensors: found a dict of {}, expected a `state_dict`, alone or under one \
                     of {}",
                    if names.is_empty() {
                        "nothing".to_owned()
                    } else {
                        names.join(", ")
                    },
                    KEYS.join(", ")
                );
            }
        }
    }
    bail!(
        "no tensors: found {}, expected a dict of tensors",
        value.what()
    )
}

//! Recipes: flags of `train` as a YAML file.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Command;
use serde_yaml::Value;

/// Keys of `args.yaml` that tell where a run comes from and set nothing.
const TOLD: [&str; 4] = ["model", "spec_hash", "version", "isa"];

/// The arguments with those of `--recipe FILE` before them, so that flags go
/// before the recipe. `command` is the one named `train`; other commands know
/// no recipes.
pub(crate) fn expand(command: &Command, arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    let is_train = arguments.get(1).is_some_and(|name| name == "train");
    let Some(path) = is_train.then(|| named(&arguments)).flatten() else {
        return Ok(arguments);
    };
    let path = Path::new(&path);
    let text =
        fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
    let flags = flags(command, &text).with_context(|| path.display().to_string())?;
    let mut expanded = arguments;
    expanded.splice(2..2, flags);
    Ok(expanded)
}

/// The file of the last `--recipe`.
fn named(arguments: &[OsString]) -> Option<OsString> {
    let joined = |argument: &OsString| {
        let text = argument.to_str()?;
        text.strip_prefix("--recipe=").map(OsString::from)
    };
    (2..arguments.len()).rev().find_map(|at| {
        let separate = arguments[at] == "--recipe";
        let next = || arguments.get(at + 1).cloned();
        separate
            .then(next)
            .flatten()
            .or_else(|| joined(&arguments[at]))
    })
}

/// What a recipe says, as flags.
fn flags(command: &Command, text: &str) -> Result<Vec<OsString>> {
    let recipe: Value = serde_yaml::from_str(text)?;
    let settings = match recipe {
        Value::Null => return Ok(Vec::new()),
        Value::Mapping(settings) => settings,
        _ => bail!("expected a mapping of flags to values, such as `epochs: 20`"),
    };
    let mut flags = Vec::new();
    for (key, value) in &settings {
        let key = key
            .as_str()
            .with_context(|| format!("{key:?} is no flag"))?;
        if TOLD.contains(&key) {
            continue;
        }
        let flag = key.replace('_', "-");
        let argument = command
            .get_arguments()
            .find(|a| a.get_long() == Some(&flag));
        let Some(argument) = argument.filter(|_| flag != "recipe") else {
            bail!("`{key}` is no flag of `train`; `train --help` lists them");
        };
        let takes_value = argument.get_action().takes_values();
        match (value, takes_value) {
            (Value::Null, _) | (Value::Bool(false), false) => {}
            (Value::Bool(true), false) => flags.push(format!("--{flag}").into()),
            (_, false) => bail!("`{key}`: expected true or false"),
            (Value::Sequence(values), true) => {
                let values: Result<Vec<_>> = values.iter().map(|v| scalar(key, v)).collect();
                let values = values?.join(",");
                if !values.is_empty() {
                    flags.push(format!("--{flag}={values}").into());
                }
            }
            (value, true) => flags.push(format!("--{flag}={}", scalar(key, value)?).into()),
        }
    }
    Ok(flags)
}

fn scalar(key: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => bail!("`{key}`: expected a number, a text or a list of them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::train_command;

    fn expanded(recipe: &str, arguments: &[&str]) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.yaml");
        fs::write(&path, recipe).unwrap();
        let mut all: Vec<OsString> = ["fake", "train"].map(OsString::from).to_vec();
        all.push(format!("--recipe={}", path.display()).into());
        all.extend(arguments.iter().map(OsString::from));
        let expanded = expand(&train_command(), all)?;
        let (given, recipe) = (expanded.len() - 1 - arguments.len(), 2);
        let texts = expanded
            .iter()
            .map(|text| text.to_str().unwrap().to_owned());
        Ok(texts.collect::<Vec<_>>()[recipe..given].to_vec())
    }

    #[test]
    fn keys_become_flags() {
        let recipe = "model: fake\ndata: a b\nbatch_size: 3\nclip-grad: 1.5\nmodel_ema: true\n\
                      new_head: false\nweights: null\nopt_betas: [0.8, 0.9]\nclass_weights: []\n";
        assert_eq!(
            expanded(recipe, &["--seed", "1"]).unwrap(),
            [
                "--data=a b",
                "--batch-size=3",
                "--clip-grad=1.5",
                "--model-ema",
                "--opt-betas=0.8,0.9"
            ]
        );
        assert!(expanded("", &[]).unwrap().is_empty());
    }

    #[test]
    fn mistakes() {
        let refused = |recipe| format!("{:#}", expanded(recipe, &[]).unwrap_err());
        assert!(refused("epoch: 3").contains("`epoch` is no flag of `train`"));
        assert!(refused("recipe: other.yaml").contains("no flag"));
        assert!(refused("- 3").contains("expected a mapping"));
        assert!(refused("model_ema: 3").contains("expected true or false"));
        assert!(refused("lr: {a: 1}").contains("`lr`: expected a number"));
        assert!(refused("lr: [").contains("recipe.yaml"));
    }
}

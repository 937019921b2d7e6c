//! What classes are called.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use resnet_runtime::ModelInfo;

use crate::format::shape;

/// The names of a network's classes.
pub(crate) struct Labels {
    classes: usize,
    /// One a class, or none at all.
    names: Vec<Cow<'static, str>>,
}

impl Labels {
    /// The names in a file, one a line, or else the spec's.
    pub(crate) fn new(info: &ModelInfo, file: Option<&Path>) -> Result<Self> {
        let classes = info.classes().with_context(|| {
            let first = &info.outputs[0];
            format!(
                "`{}` doesn't classify images: its first output `{}` is a map of {}",
                info.name,
                first.name,
                shape(first.shape)
            )
        })?;
        let names = match file {
            Some(path) => read(path, classes, info.name)?,
            None => info.class_names.iter().copied().map(Cow::from).collect(),
        };
        Ok(Self { classes, names })
    }

    /// How many there are.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// A class's name; `class 7` if nobody has named it.
    pub(crate) fn name(&self, class: usize) -> Cow<'_, str> {
        match self.names.get(class) {
            Some(name) => Cow::from(&**name),
            None => Cow::from(format!("class {class}")),
        }
    }
}

fn read(path: &Path, classes: usize, model: &str) -> Result<Vec<Cow<'static, str>>> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown}: cannot read"))?;
    let lines = text.trim_start_matches('\u{feff}').lines();
    let names: Vec<_> = lines
        .map(|line| Cow::from(line.trim().to_owned()))
        .collect();
    ensure!(
        names.len() == classes,
        "{shown}: found {} names, expected {classes} (one a line for each class of `{model}`)",
        names.len()
    );
    Ok(names)
}

//! What a spec says beside the layers: pictures, classes, limits, how it is to be computed.

use std::fmt::Display;

use super::values::{Flow, list, pair, text};
use crate::spec::{Algorithm, ClassNames, Interpolation, Limits, Preprocessing, Recompute, Spec};

/// One line a key.
pub(super) fn lines(spec: &Spec) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |key: &str, value: &dyn Display| lines.push(format!("{key}: {value}"));
    if let Some(preprocessing) = &spec.preprocessing {
        add("preprocessing", &self::preprocessing(preprocessing));
    }
    if let Some(names) = &spec.class_names {
        match names {
            ClassNames::Set(set) => add("class_names", &set.value.word()),
            ClassNames::List(names) => {
                let names = names.iter().map(|name| text(&name.value));
                add("class_names", &list(names));
            }
        }
    }
    if let Some(limits) = &spec.limits {
        add("limits", &self::limits(limits));
    }
    if let Some(algorithm) = spec.algorithm {
        let word = match algorithm.value {
            Algorithm::Auto => "auto",
            Algorithm::Direct => "direct",
            Algorithm::Winograd => "winograd",
        };
        add("algorithm", &word);
    }
    if let Some(recompute) = spec.recompute {
        let word = match recompute.value {
            Recompute::None => "none",
            Recompute::Block => "block",
            Recompute::Stage => "stage",
        };
        add("recompute", &word);
    }
    lines
}

fn preprocessing(preprocessing: &Preprocessing) -> Flow {
    let Preprocessing {
        resize,
        crop,
        interpolation,
        mean,
        std,
        place: _,
    } = preprocessing;
    let mut keys = Flow::default();
    if let Some(resize) = resize {
        keys.push("resize", resize.value);
    }
    if let Some(crop) = crop {
        keys.push("crop", pair(crop.value));
    }
    match interpolation.value {
        Interpolation::Nearest => keys.push("interpolation", "nearest"),
        Interpolation::Bilinear => {}
        Interpolation::Bicubic => keys.push("interpolation", "bicubic"),
    }
    for (key, numbers) in [("mean", mean), ("std", std)] {
        if let Some(numbers) = numbers {
            let numbers = numbers.iter().map(|number| number.value.to_string());
            keys.push(key, list(numbers));
        }
    }
    keys
}

fn limits(limits: &Limits) -> Flow {
    let Limits {
        parameters,
        macs,
        inference_memory,
        training_memory,
        place: _,
    } = limits;
    let mut keys = Flow::default();
    let all = [
        ("parameters", parameters),
        ("macs", macs),
        ("inference_memory", inference_memory),
        ("training_memory", training_memory),
    ];
    for (key, limit) in all {
        if let Some(limit) = limit {
            keys.push(key, limit.value);
        }
    }
    keys
}

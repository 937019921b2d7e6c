//! The whole state of a training run in one file: what makes a resumed run the
//! same to the bit as one that was never interrupted.
//!
//! It is a safetensors file: the parameters as they are saved elsewhere, the
//! optimiser's moments by the parameters' names, and the rest as JSON in its
//! metadata, with a checksum over all of it. Everything else (order of the
//! images, learning rate, what is dropped by chance) follows from the seed and
//! the position.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use resnet_runtime::{DynTrainer, ModelInfo, Parameters, write_atomically};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::norms::Norms;
use crate::training::{Epoch, Settings};

/// Where a run stands, between two steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Epochs that are done and evaluated.
    pub(crate) epochs: usize,
    /// Batches done in the epoch after them.
    pub(crate) batch: usize,
    /// Sum of the losses of that epoch's images so far.
    pub(crate) loss_sum: f64,
    /// Images of that epoch so far, and those that were classified rightly.
    pub(crate) seen: usize,
    pub(crate) correct: usize,
    /// Of gradients of that epoch so far.
    pub(crate) norms: Norms,
}

/// All of a run but its tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) model: String,
    pub(crate) spec_hash: String,
    /// Folder of the data set, and its training images.
    pub(crate) data: PathBuf,
    pub(crate) images: usize,
    pub(crate) settings: Settings,
    pub(crate) position: Position,
    pub(crate) history: Vec<Epoch>,
    pub(crate) steps: u64,
    pub(crate) updates: u64,
}

/// A state with its tensors.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) state: State,
    pub(crate) parameters: Parameters<f32>,
    averaged: Option<Parameters<f32>>,
    moments: Vec<(Moment, String, Vec<f32>)>,
}

const PARAMETERS: &str = "parameters";
const AVERAGED: &str = "averaged";

/// What the optimiser keeps of gradients, and of their squares.
#[derive(Clone, Copy, Debug)]
enum Moment {
    First,
    Second,
}

impl Moment {
    const ALL: [Self; 2] = [Self::First, Self::Second];

    /// What stands before a parameter's name.
    fn prefix(self) -> &'static str {
        match self {
            Self::First => "momentum.",
            Self::Second => "second_moment.",
        }
    }

    fn of(self, trainer: &dyn DynTrainer, name: &str) -> Option<Vec<f32>> {
        match self {
            Self::First => trainer.momentum(name),
            Self::Second => trainer.second_moment(name),
        }
    }
}

/// Writes the state, or leaves the file as it was.
pub(crate) fn save(path: &Path, state: &State, trainer: &dyn DynTrainer) -> Result<()> {
    let parameters = trainer.parameters().to_bytes();
    let shape = vec![parameters.len()];
    let mut tensors = vec![(PARAMETERS.to_owned(), Dtype::U8, shape, parameters)];
    if let Some(averaged) = trainer.averaged() {
        let bytes = averaged.to_bytes();
        tensors.push((AVERAGED.to_owned(), Dtype::U8, vec![bytes.len()], bytes));
    }
    let names = trainer.info().parameters.iter();
    let moments = names.flat_map(|parameter| Moment::ALL.map(|moment| (moment, parameter)));
    for (moment, parameter) in moments {
        if let Some(values) = moment.of(trainer, parameter.name) {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes());
            tensors.push((
                format!("{}{}", moment.prefix(), parameter.name),
                Dtype::F32,
                parameter.shape.to_vec(),
                bytes.collect(),
            ));
        }
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, shape, bytes) in &tensors {
        views.push((
            name.as_str(),
            TensorView::new(*dtype, shape.clone(), bytes)?,
        ));
    }
    let state = serde_json::to_string(state)?;
    let contents = views.iter().map(|(name, view)| (*name, view.data()));
    let checksum = checksum(&state, contents.collect());
    let metadata = [("state", state), ("checksum", checksum)];
    let metadata: HashMap<_, _> = metadata
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    write_atomically(path, &safetensors::serialize(views, Some(metadata))?)?;
    Ok(())
}

/// Reads and checks what [`save`] wrote for the same spec.
pub(crate) fn load(path: &Path, info: &'static ModelInfo) -> Result<Checkpoint> {
    let name = path.display();
    let bytes = fs::read(path)
        .with_context(|| format!("{name}: cannot read; --resume expects the folder of a run"))?;
    parse(&bytes, info).with_context(|| name.to_string())
}

fn parse(bytes: &[u8], info: &'static ModelInfo) -> Result<Checkpoint> {
    let damaged = "found a damaged checkpoint, expected what `train` wrote";
    let file = SafeTensors::deserialize(bytes).context(damaged)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).context(damaged)?;
    let metadata = metadata.metadata().as_ref().context(damaged)?;
    let state = metadata.get("state").context(damaged)?;
    let tensors = file.tensors();
    let contents = tensors
        .iter()
        .map(|(name, view)| (name.as_str(), view.data()));
    let found = checksum(state, contents.collect());
    ensure!(
        metadata.get("checksum") == Some(&found),
        "{damaged}: its checksum differs"
    );
    let state: State = serde_json::from_str(state).context(damaged)?;
    ensure!(
        state.spec_hash == info.spec_hash,
        "found a run of `{}` (spec {}), expected one of `{}` (spec {}); resume with the binary \
         that started the run",
        state.model,
        state.spec_hash,
        info.name,
        info.spec_hash,
    );
    let parameters = file.tensor(PARAMETERS).context(damaged)?;
    let parameters = Parameters::from_bytes(info, parameters.data())?;
    let averaged = tensors.iter().find(|(name, _)| name == AVERAGED);
    let averaged = averaged.map(|(_, view)| Parameters::from_bytes(info, view.data()));
    let mut moments = Vec::new();
    for (name, view) in &tensors {
        for moment in Moment::ALL {
            if let Some(name) = name.strip_prefix(moment.prefix()) {
                let numbers = view.data().as_chunks::<4>().0;
                let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
                moments.push((moment, name.to_owned(), values.collect()));
            }
        }
    }
    Ok(Checkpoint {
        state,
        parameters,
        averaged: averaged.transpose()?,
        moments,
    })
}

impl Checkpoint {
    /// Gives a trainer, made from the parameters, all that they don't hold.
    pub(crate) fn restore(&self, trainer: &mut dyn DynTrainer) -> Result<()> {
        for (moment, name, values) in &self.moments {
            match moment {
                Moment::First => trainer.set_momentum(name, values)?,
                Moment::Second => trainer.set_second_moment(name, values)?,
            }
        }
        if let Some(averaged) = &self.averaged {
            trainer.set_averaged(averaged)?;
        }
        trainer.set_steps(self.state.steps);
        trainer.set_updates(self.state.updates);
        Ok(())
    }
}

/// Over everything, whatever order the tensors come in.
fn checksum(state: &str, mut tensors: Vec<(&str, &[u8])>) -> String {
    tensors.sort_unstable_by_key(|(name, _)| *name);
    let mut crc = flate2::Crc::new();
    crc.update(state.as_bytes());
    for (name, bytes) in tensors {
        crc.update(name.as_bytes());
        crc.update(bytes);
    }
    format!("{:08x}", crc.sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use resnet_runtime::DynNetwork;

    fn state() -> State {
        State {
            model: "fake".into(),
            spec_hash: fake::INFO.spec_hash.into(),
            data: "data".into(),
            images: 62,
            settings: Settings::default(),
            position: Position {
                loss_sum: 0.1 + 0.2,
                ..Position::default()
            },
            history: Vec::new(),
            steps: 7,
            updates: 3,
        }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let parameters = Parameters::init(&fake::INFO, 1);
        let mut trainer = fake::NETWORK.trainer(&parameters, 1, 1).unwrap();
        trainer
            .set_momentum("fc.bias", &[0.1, -0.0, 1e-40, 3.0])
            .unwrap();
        trainer
            .set_averaged(&Parameters::init(&fake::INFO, 2))
            .unwrap();
        save(&path, &state(), trainer.as_ref()).unwrap();

        let loaded = load(&path, &fake::INFO).unwrap();
        assert_eq!(format!("{:?}", loaded.state), format!("{:?}", state()));
        let mut other = fake::NETWORK.trainer(&loaded.parameters, 1, 1).unwrap();
        loaded.restore(other.as_mut()).unwrap();
        let again = folder.path().join("again.safetensors");
        save(&again, &state(), other.as_ref()).unwrap();
        let momentum = other.momentum("fc.bias");
        assert_eq!(momentum, trainer.momentum("fc.bias"));
        let (first, second) = (load(&path, &fake::INFO), load(&again, &fake::INFO));
        let averaged = |found: Result<Checkpoint>| found.unwrap().averaged.unwrap().to_bytes();
        assert_eq!(averaged(first), averaged(second));
    }

    #[test]
    fn damage_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let trainer = fake::NETWORK.trainer(&Parameters::init(&fake::INFO, 1), 1, 1);
        save(&path, &state(), trainer.unwrap().as_ref()).unwrap();
        let bytes = fs::read(&path).unwrap();
        let refused = |bytes: &[u8]| parse(bytes, &fake::INFO).unwrap_err().to_string();
        for place in (0..bytes.len()).step_by(97) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            assert!(
                refused(&damaged).contains("damaged checkpoint"),
                "byte {place}"
            );
            assert!(refused(&bytes[..place]).contains("damaged checkpoint"));
        }

        let other = State {
            spec_hash: "0".into(),
            ..state()
        };
        let trainer = fake::NETWORK.trainer(&Parameters::init(&fake::INFO, 1), 1, 1);
        save(&path, &other, trainer.unwrap().as_ref()).unwrap();
        let error = load(&path, &fake::INFO).unwrap_err();
        assert!(
            format!("{error:#}").contains("expected one of `fake`"),
            "{error:#}"
        );
        let error = load(&folder.path().join("none"), &fake::INFO).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("--resume expects the folder of a run")
        );
    }
}

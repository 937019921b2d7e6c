//! A library of networks: one deep in a folder, ones of inference only that
//! carry their weights, one with frozen layers, and two in one module. Another
//! crate uses them in `tests/library.rs`.
//!
//! The examples of the macro's documentation are compiled here, where the
//! runtime is at hand.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use resnet_runtime::resnet;

resnet!(pub "specs/small/plain.yaml");

resnet!(pub carried = "specs/digits.yaml",
    training = false, max_batch = 3, weights = "weights/digits.safetensors");

resnet!(pub halves = "specs/digits.yaml",
    training = false, weights = "weights/digits_f16.safetensors");

resnet!(pub measured = "specs/digits.yaml",
    training = false, tuning = "specs/small/tuned.tuning.yaml");

/// Two networks side by side, one of them this crate's own.
pub mod inner {
    use resnet_runtime::{Error, resnet};

    resnet!(pub whole = "specs/digits.yaml");
    resnet!(pub(crate) tuned = "specs/digits.yaml", freeze = ["conv1", "bn1", "layer1"], max_batch = 4);

    /// What training would be left to change.
    ///
    /// # Errors
    ///
    /// As [`whole::Trainer::new`].
    pub fn trained_names() -> Result<Vec<&'static str>, Error> {
        let parameters = resnet_runtime::Parameters::init(tuned::Network::INFO, 1);
        let trainer = tuned::Trainer::new(&parameters, tuned::MAX_BATCH, 1)?;
        let names = tuned::Network::INFO.parameters.iter().map(|p| p.name);
        Ok(names
            .filter(|name| trainer.gradient(name).is_some())
            .collect())
    }

    use resnet_runtime::Network as _;
}

#[doc = include_str!("../../../resnet-macros/src/resnet.md")]
const _: () = ();

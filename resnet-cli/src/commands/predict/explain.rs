//! Where in a picture a network sees a class: Grad-CAM (Selvaraju et al. 2017),
//! by the backward code of training.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use resnet_runtime::{
    DynNetwork, DynTrainer, Explanation, Interpolation, Parameters, write_atomically,
};

use crate::images::{Raster, Seen};

/// Writes pictures with what the network looks at.
pub(crate) struct Explainer<'a> {
    folder: &'a Path,
    trainer: Box<dyn DynTrainer>,
    written: usize,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(
        network: &dyn DynNetwork,
        parameters: &Parameters<f32>,
        threads: usize,
        folder: &'a Path,
    ) -> Result<Self> {
        let info = network.info();
        let model = info.name;
        if info.explained.is_none() {
            let error = resnet_runtime::Error::NotExplained { model };
            return Err(error).context("--explain");
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot make this folder", folder.display()))?;
        // Backward needs much more memory for each image: one at a time.
        let trainer = network.trainer(parameters, 1, threads)?;
        Ok(Self {
            folder,
            trainer,
            written: 0,
        })
    }

    /// Writes a picture with the map of a class laid over it; gives its path.
    pub(crate) fn write(&mut self, picture: &Seen, image: &[f32], class: usize) -> Result<PathBuf> {
        let logits = self.trainer.info().outputs[0].elements();
        let mut d_logits = vec![0.0; logits];
        d_logits[class] = 1.0;
        let explanation = self.trainer.explain(image, &d_logits)?;
        let size = [picture.pixels.height, picture.pixels.width];
        let heat = heat(&explanation).resize(size, Interpolation::Bicubic);
        let stem = Path::new(&picture.name).file_stem().unwrap_or_default();
        self.written += 1;
        let name = format!("{:04}-{}.png", self.written, stem.to_string_lossy());
        let path = self.folder.join(name);
        let png = overlay(picture.pixels.clone().with_channels(3), &heat).to_png()?;
        write_atomically(&path, &png)?;
        Ok(path)
    }
}

/// The class-activation map of the one image, its highest value 255.
fn heat(explanation: &Explanation<f32>) -> Raster {
    let [_, height, width] = explanation.shape;
    let map = explanation.grad_cam(0);
    let most = map.iter().fold(0.0, |most: f32, &value| most.max(value));
    let scale = if most > 0.0 { 255.0 / most } else { 0.0 };
    Raster {
        height,
        width,
        channels: 1,
        pixels: map.iter().map(|value| (value * scale) as u8).collect(),
    }
}

/// A picture that is dark where there is no heat, and reddish where there is.
fn overlay(mut picture: Raster, heat: &Raster) -> Raster {
    for (pixel, &heat) in picture.pixels.chunks_exact_mut(3).zip(&heat.pixels) {
        let heat = u32::from(heat);
        // From blue over green to red.
        let colour = [
            (2 * heat).saturating_sub(255).min(255),
            255 - (2 * heat).abs_diff(255).min(255),
            255u32.saturating_sub(2 * heat),
        ];
        for (value, colour) in pixel.iter_mut().zip(colour) {
            *value = ((u32::from(*value) * 3 + colour * 2) / 5) as u8;
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    #[test]
    fn heat_is_where_the_class_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut parameters = Parameters::init(&fake::INFO, 1);
        // Class 1 is seen in the second channel alone.
        let weight: Vec<f32> = (0..16)
            .map(|i| if i == 6 || i == 7 { 2.0 } else { 0.0 })
            .collect();
        parameters.set("fc.weight", &weight).unwrap();
        let mut explainer = Explainer::new(&fake::NETWORK, &parameters, 1, folder.path()).unwrap();
        // There it is on the right.
        let image = [9.0, 9.0, 0.0, 3.0];
        let explanation = explainer.trainer.explain(&image, &[0.0, 1.0, 0.0, 0.0]);
        assert_eq!(heat(&explanation.unwrap()).pixels, [0, 255]);
        let picture = Seen {
            name: "some/cat.jpg".to_owned(),
            pixels: Raster {
                height: 4,
                width: 8,
                channels: 1,
                pixels: vec![100; 32],
            },
        };
        let path = explainer.write(&picture, &image, 1).unwrap();
        assert!(path.ends_with("0001-cat.png"));
        let bytes = fs::read(path).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
    }

    #[test]
    fn networks_without_a_map_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let parameters = Parameters::init(&fake::MAPPED, 1);
        let error = Explainer::new(&fake::MAPPED_NETWORK, &parameters, 1, folder.path());
        let message = format!("{:#}", error.err().unwrap());
        assert!(
            message.starts_with("--explain: mapped has no map"),
            "{message}"
        );
    }
}

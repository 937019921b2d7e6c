//! Where in a picture a network sees a class: Grad-CAM (Selvaraju et al. 2017).
//!
//! Grad-CAM weighs the channels of the last map by the mean gradient of the
//! class's logit. Behind a global average pool and a linear layer, which is how
//! residual networks end, that gradient is the linear layer's weight over the
//! number of pixels, whatever the picture. So it follows from the weights and
//! the map alone; that the network does end so is checked for every picture.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use resnet_runtime::{Interpolation, ModelInfo, OutputInfo, Parameters, Role, write_atomically};

use crate::images::{Raster, Seen};

/// Writes pictures with what the network looks at.
pub(crate) struct Explainer<'a> {
    folder: &'a Path,
    /// The last map.
    pub(crate) map: &'static OutputInfo,
    /// Of the head, `[classes][channels of the map]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    written: usize,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(
        info: &ModelInfo,
        parameters: &Parameters<f32>,
        folder: &'a Path,
    ) -> Result<Self> {
        let mut linear = info.parameters.iter();
        let head = linear.rfind(|parameter| parameter.role == Role::LinearWeight);
        let channels = head.map(|head| head.shape[1]);
        let mut outputs = info.outputs.iter();
        let map = outputs.rfind(|output| !output.is_vector() && Some(output.shape[0]) == channels);
        let (Some(head), Some(map)) = (head, map) else {
            anyhow::bail!(
                "--explain needs the last map as an output of `{}`: give it a name in the spec, \
                 such as `outputs: {{logits: fc, features: layer4}}`",
                info.name
            );
        };
        let weight = parameters
            .get(head.name)
            .context("the head has no weight")?;
        let bias = head
            .name
            .strip_suffix("weight")
            .map(|layer| format!("{layer}bias"));
        let bias = bias.and_then(|name| parameters.get(&name));
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot make this folder", folder.display()))?;
        Ok(Self {
            folder,
            map,
            bias: bias.unwrap_or_else(|| vec![0.0; head.shape[0]]),
            weight,
            written: 0,
        })
    }

    /// Writes a picture with the map of a class laid over it; gives its path.
    pub(crate) fn write(
        &mut self,
        picture: &Seen,
        map: &[f32],
        class: usize,
        logit: f32,
    ) -> Result<PathBuf> {
        let heat = self.heat(map, class, logit)?;
        let size = [picture.pixels.height, picture.pixels.width];
        let heat = heat.resize(size, Interpolation::Bicubic);
        let stem = Path::new(&picture.name).file_stem().unwrap_or_default();
        self.written += 1;
        let name = format!("{:04}-{}.png", self.written, stem.to_string_lossy());
        let path = self.folder.join(name);
        let png = overlay(picture.pixels.clone().with_channels(3), &heat).to_png()?;
        write_atomically(&path, &png)?;
        Ok(path)
    }

    /// The map of a class, its highest value 255.
    fn heat(&self, map: &[f32], class: usize, logit: f32) -> Result<Raster> {
        let [channels, height, width] = self.map.shape;
        let pixels = height * width;
        let weights = &self.weight[class * channels..][..channels];
        let mut sums = vec![0.0; pixels];
        for (weight, channel) in weights.iter().zip(map.chunks_exact(pixels)) {
            for (sum, value) in sums.iter_mut().zip(channel) {
                *sum += weight * value;
            }
        }
        let mean = sums.iter().sum::<f32>() / pixels as f32 + self.bias[class];
        ensure!(
            (mean - logit).abs() <= 1e-2 * (1.0 + logit.abs()),
            "--explain: the head isn't a linear layer over the means of `{}` \
             (that gives {mean}, the network {logit})",
            self.map.name
        );
        // What speaks against the class doesn't show.
        let most = sums.iter().fold(0.0, |most: f32, &sum| most.max(sum));
        let scale = if most > 0.0 { 255.0 / most } else { 0.0 };
        Ok(Raster {
            height,
            width,
            channels: 1,
            pixels: sums
                .iter()
                .map(|sum| (sum * scale).max(0.0) as u8)
                .collect(),
        })
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

    static WITH_MAP: ModelInfo = ModelInfo {
        outputs: &[
            OutputInfo::new("logits", [4, 1, 1], 0),
            OutputInfo::new("features", [4, 1, 2], 4),
        ],
        ..fake::INFO
    };

    fn parameters() -> Parameters<f32> {
        let mut parameters = Parameters::init(&WITH_MAP, 1);
        let weight: Vec<f32> = (0..16)
            .map(|i| if i / 4 == i % 4 { 2.0 } else { 0.0 })
            .collect();
        parameters.set("fc.weight", &weight).unwrap();
        parameters.set("fc.bias", &[0.5; 4]).unwrap();
        parameters
    }

    #[test]
    fn heat_is_where_the_class_is() {
        let folder = tempfile::tempdir().unwrap();
        let parameters = parameters();
        let mut explainer = Explainer::new(&WITH_MAP, &parameters, folder.path()).unwrap();
        // Class 1 looks at channel 1: 0 on the left, 3 on the right.
        let map = [9.0, 9.0, 0.0, 3.0, 9.0, 9.0, 9.0, 9.0];
        let heat = explainer.heat(&map, 1, 3.5).unwrap();
        assert_eq!(heat.pixels, [0, 255]);
        assert!(explainer.heat(&map, 1, 7.0).is_err());
        let picture = Seen {
            name: "some/cat.jpg".to_owned(),
            pixels: Raster {
                height: 4,
                width: 8,
                channels: 1,
                pixels: vec![100; 32],
            },
        };
        let path = explainer.write(&picture, &map, 1, 3.5).unwrap();
        assert!(path.ends_with("0001-cat.png"));
        let bytes = fs::read(path).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
    }

    #[test]
    fn networks_without_a_map_are_told_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = Explainer::new(&fake::INFO, &parameters(), folder.path());
        let message = error.err().unwrap().to_string();
        assert!(
            message.contains("outputs: {logits: fc, features: layer4}"),
            "{message}"
        );
    }
}

//! Why a network answers as it does: gradients of an output by the last map,
//! in evaluation, and class-activation maps from them.

use core::fmt;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::model::batch_of;
use crate::outputs::check_gradients;
use crate::{Element, Error, Network, Trainer, seam};

/// The last map that a network computed of each image, and the gradient by it;
/// see [`Trainer::explain`].
#[derive(Clone, PartialEq)]
pub struct Explanation<E> {
    /// Channels, height and width of the map.
    pub shape: [usize; 3],
    /// Values, `[image][channel][row][column]`.
    pub map: Vec<E>,
    /// The gradient of what was asked about by each of them.
    pub gradient: Vec<E>,
}

impl<N: Network> Trainer<N> {
    /// Evaluates the current parameters, and goes back from the gradient of
    /// the first output to the last map before it, by the code of training.
    /// With `d_output` of one for a class and zero for all others the gradient
    /// is that of the class's logit, as Grad-CAM takes it. It must be as long
    /// as the first output of so many images.
    ///
    /// As in [`evaluate`](Self::evaluate), batch norms use the running
    /// statistics and nothing is dropped; an image doesn't change what is said
    /// of another. Parameters and statistics stay as they are, gradients of a
    /// backward pass before this don't, and none may come right after it.
    ///
    /// # Errors
    ///
    /// [`Error::NotExplained`] where [`ModelInfo::explained`] is `None`, and
    /// [`Error::Length`].
    ///
    /// [`ModelInfo::explained`]: crate::ModelInfo::explained
    pub fn explain(
        &mut self,
        images: &[N::Element],
        d_output: &[N::Element],
    ) -> Result<Explanation<N::Element>, Error> {
        let info = N::INFO;
        let model = info.name;
        let shape = info.explained.ok_or(Error::NotExplained { model })?;
        let batch = batch_of(info, images.len(), self.batch_limit)?;
        let d_outputs: &[(&str, &[_])] = &[(info.outputs[0].name, d_output)];
        check_gradients(info, batch, d_outputs)?;
        let zeros = vec![N::Element::ZERO; batch * shape.iter().product::<usize>()];
        let (mut map, mut gradient) = (zeros.clone(), zeros);
        self.outputs.begin(batch);
        self.pending = batch;
        N::train_forward(&mut seam::Step {
            images,
            evaluates: true,
            ..self.step()
        });
        N::train_backward(&mut seam::Step {
            d_outputs,
            evaluates: true,
            explained: Some([&mut map, &mut gradient]),
            ..self.step()
        });
        self.pending = 0;
        Ok(Explanation {
            shape,
            map,
            gradient,
        })
    }
}

impl<E: Element> Explanation<E> {
    /// The class-activation map of an image, `[row][column]`: the channels of
    /// the map weighed by their mean gradients, and what speaks against the
    /// class left out (Selvaraju et al. 2017, "Grad-CAM").
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn grad_cam(&self, image: usize) -> Vec<E> {
        let [channels, height, width] = self.shape;
        let pixels = height * width;
        let own = image * channels * pixels..(image + 1) * channels * pixels;
        let (map, gradient) = (&self.map[own.clone()], &self.gradient[own]);
        let mut sums = vec![0.0; pixels];
        for (map, gradient) in map.chunks(pixels).zip(gradient.chunks(pixels)) {
            let weight = gradient.iter().map(|d| d.to_f64()).sum::<f64>() / pixels as f64;
            for (sum, value) in sums.iter_mut().zip(map) {
                *sum += weight * value.to_f64();
            }
        }
        let above_zero = sums.into_iter().map(|sum| E::from_f64(sum.max(0.0)));
        above_zero.collect()
    }
}

impl<E> fmt::Debug for Explanation<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_weigh_as_much_as_their_mean_gradients() {
        let explanation = Explanation {
            shape: [2, 1, 2],
            map: vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 1.0],
            gradient: vec![0.0, 0.0, 0.0, 0.0, 1.0, 3.0, -2.0, 0.0],
        };
        assert_eq!(explanation.grad_cam(0), [0.0; 2]);
        // 2 * [1, 2] - 1 * [4, 1]
        assert_eq!(explanation.grad_cam(1), [0.0, 3.0]);
    }
}

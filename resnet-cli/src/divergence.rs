//! What to say of values that aren't finite.

use resnet_runtime::DynTrainer;

/// Names the first layer that has any: in the order of the forward pass, whose
/// statistics show them, or else of the backward pass.
pub(crate) fn message(trainer: &dyn DynTrainer, what: &str, lr: f64) -> String {
    let first = trainer.parameters().suspicious().into_iter().next();
    let first = first.or_else(|| bad_gradient(trainer));
    let first = first.map_or(String::new(), |first| format!(" (first in {first})"));
    format!("{what}{first}: training diverged; choose a lower --lr (found {lr})")
}

fn bad_gradient(trainer: &dyn DynTrainer) -> Option<String> {
    let mut names = trainer.info().parameters.iter().rev();
    let bad = |values: Vec<f32>| values.iter().any(|value| !value.is_finite());
    let parameter = names.find(|parameter| trainer.gradient(parameter.name).is_some_and(bad))?;
    Some(format!("{}: its gradient is not finite", parameter.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use resnet_runtime::{DynNetwork, Parameters};

    #[test]
    fn the_first_layer_is_named() {
        let mut parameters = Parameters::init(&fake::INFO, 1);
        let mut trainer = fake::NETWORK.trainer(&parameters, 1, 1).unwrap();
        let images = vec![1.0; trainer.info().input.iter().product()];
        let classes = trainer.forward(&images).unwrap().len();
        let mut d_logits = vec![0.0; classes];
        trainer.backward(&d_logits).unwrap();
        assert_eq!(
            message(trainer.as_ref(), "the loss is inf", 0.5),
            "the loss is inf: training diverged; choose a lower --lr (found 0.5)"
        );
        d_logits[0] = f32::NAN;
        trainer.backward(&d_logits).unwrap();
        assert!(!trainer.gradient_norm().is_finite());
        let found = message(trainer.as_ref(), "", 0.5);
        assert!(
            found.contains("(first in fc.bias: its gradient is not finite)"),
            "{found}"
        );

        parameters.set("bn1.running_mean", &[f32::NAN]).unwrap();
        let trainer = fake::NETWORK.trainer(&parameters, 1, 1).unwrap();
        let found = message(trainer.as_ref(), "", 0.5);
        assert!(
            found.contains("(first in bn1.running_mean: 1 of 1"),
            "{found}"
        );
    }
}

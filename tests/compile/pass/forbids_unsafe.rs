#![forbid(unsafe_code)]
#![deny(warnings)]

use resnet_runtime::resnet;

resnet!("tiny.yaml");

fn main() -> Result<(), resnet_runtime::Error> {
    let weights = tiny::Weights::init(1);
    let mut model = tiny::Model::new(&weights, 2, 1)?;
    let logits = model.forward(&[0.5; 2 * 3 * 16 * 16])?;
    assert_eq!(logits.len(), 20);
    Ok(())
}

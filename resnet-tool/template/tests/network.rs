use PROJECT_CRATE::{accuracy, batch, stripes, train};
use resnet_runtime::Network as _;

// The memory that the network takes is known while compiling.
const _: () = assert!(stripes::Network::INFO.inference_bytes(1, 1) < 2 << 20);

#[test]
fn learns_stripes() {
    let (parameters, _) = train(60, 1).unwrap();
    let weights = stripes::Weights::from_parameters(&parameters).unwrap();
    let mut model = stripes::Model::new(&weights, 50, 1).unwrap();
    let (images, labels) = batch(1 << 32, 200);
    let share = accuracy(&mut model, &images, &labels).unwrap();
    assert!(share > 0.95, "right about {share}");
}

#[test]
fn threads_change_nothing() {
    let (one, _) = train(3, 1).unwrap();
    let (two, _) = train(3, 2).unwrap();
    assert_eq!(one.to_bytes(), two.to_bytes());
}

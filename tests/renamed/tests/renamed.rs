//! `crate = path` reaches every name in emitted code: `resnet_runtime` isn't one here.

engine::resnet!("../compile/pass/tiny.yaml", crate = ::engine);

#[test]
fn a_renamed_runtime_is_enough() {
    let mut model = tiny::Model::new(&tiny::Weights::init(3), 1, 1).unwrap();
    assert_eq!(model.forward(&[0.25; 3 * 16 * 16]).unwrap().len(), 10);
}

//! The examples run to their ends.

#[path = "../examples/custom_loop.rs"]
mod custom_loop;
#[path = "../examples/embedded.rs"]
mod embedded;
#[path = "../examples/features.rs"]
mod features;
#[path = "../examples/fine_tune.rs"]
mod fine_tune;
#[path = "../examples/two_models.rs"]
mod two_models;

#[test]
fn a_custom_loop() {
    custom_loop::main().unwrap();
}

#[test]
fn embedded_weights() {
    embedded::main().unwrap();
}

#[test]
fn features_by_name() {
    features::main().unwrap();
}

#[test]
fn fine_tuning() {
    fine_tune::main().unwrap();
}

#[test]
fn two_models_side_by_side() {
    two_models::main().unwrap();
}

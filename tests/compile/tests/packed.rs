//! Packed weights in a program. `library.rs` makes the file.

mod portable;

use resnet_runtime::{Embedded, isa, resnet};

resnet!(
    packed = "../specs/digits.yaml",
    training = false,
    algorithm = direct,
    weights = "../weights/digits.packed"
);
resnet!(
    unpacked = "../specs/digits.yaml",
    training = false,
    algorithm = direct,
    weights = "../weights/digits.safetensors"
);

#[test]
fn they_answer_as_what_they_were_packed_from() {
    if !portable::kernels_run_here("they_answer_as_what_they_were_packed_from") {
        return;
    }
    let images: Vec<f32> = (0..2 * 64).map(|i| (i as f32).cos()).collect();
    let packed = packed::Weights::embedded().unwrap();
    let mut packed = packed::Model::new(&packed, 2, 1).unwrap();
    let unpacked = unpacked::Weights::embedded().unwrap();
    let mut unpacked = unpacked::Model::new(&unpacked, 2, 1).unwrap();
    assert_eq!(
        packed.forward(&images).unwrap(),
        unpacked.forward(&images).unwrap()
    );
}

/// Which they need for being used where they are.
#[test]
fn they_begin_on_a_cache_line() {
    let bytes = <packed::Network as Embedded>::WEIGHTS;
    assert!(bytes.as_ptr().addr().is_multiple_of(64));
}

#[test]
fn other_processors_refuse_them() {
    let embedded = packed::Weights::embedded();
    match isa() {
        "portable" => drop(embedded.unwrap()),
        other => {
            let refused = embedded.unwrap_err().to_string();
            let what = format!("weights packed for portable, while this processor runs {other}");
            assert!(refused.contains(&what), "{refused}");
            assert!(refused.contains("pack the weights again"), "{refused}");
        }
    }
}

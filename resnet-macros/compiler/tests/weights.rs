//! Files of weights, checked against a network while it is compiled.

mod common;

use std::fs;
use std::path::Path;

use resnet_compiler::parameter::Parameter;
use resnet_compiler::{analyse, weights};

/// Name, element type and shape of a tensor.
type Tensor = (String, &'static str, Vec<usize>);

/// The network's own tensors.
fn tensors() -> (Vec<Parameter>, Vec<Tensor>) {
    let network = analyse(&common::spec("basic", "projection", false)).unwrap();
    let parameters = network.inference.graph.parameters().to_vec();
    let tensor = |p: &Parameter| (p.name.clone(), "F32", p.shape.clone());
    let tensors = parameters.iter().map(tensor).collect();
    (parameters, tensors)
}

/// A safetensors file of zeros.
fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut end = 0;
    let entry = |(name, dtype, shape): &Tensor| {
        let size = match *dtype {
            "F16" | "BF16" => 2,
            "F64" | "I64" => 8,
            _ => 4,
        };
        let start = end;
        end += size * shape.iter().product::<usize>();
        format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        )
    };
    let entries: Vec<_> = tensors.iter().map(entry).collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);
    bytes
}

/// What the check says of a file with these bytes.
fn check(name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.safetensors"));
    fs::write(&path, bytes).unwrap();
    weights::check(&path, "w.safetensors", &tensors().0)
}

#[test]
fn every_float_is_accepted_and_so_are_prefixes_and_counters() {
    let (_, mut tensors) = tensors();
    let dtypes = ["F32", "F16", "BF16", "F64"];
    for (tensor, dtype) in tensors.iter_mut().zip(dtypes.into_iter().cycle()) {
        tensor.0 = format!("module.{}", tensor.0);
        tensor.1 = dtype;
    }
    tensors.push(("bn1.num_batches_tracked".to_owned(), "I64", vec![]));
    check("accepted", &file(&tensors)).unwrap();
}

#[test]
fn all_that_differ_are_told_at_once() {
    let (_, mut tensors) = tensors();
    assert_eq!(tensors[1].0, "bn1.weight");
    tensors[0].2 = vec![8, 3, 5, 5];
    tensors[1].1 = "I32";
    let twice = ("module.bn1.bias".to_owned(), "F32", vec![8]);
    tensors.push(twice);
    tensors.push(("extra".to_owned(), "F32", vec![2, 3]));
    tensors.retain(|(name, ..)| name != "fc.bias");
    assert_eq!(
        check("different", &file(&tensors)).unwrap_err(),
        "5 tensors of `w.safetensors` don't fit the spec:\n  \
         bn1.bias: there twice, with and without the prefix `module.`\n  \
         conv1.weight: found shape [8, 3, 5, 5], expected [8, 3, 3, 3]\n  \
         bn1.weight: found I32 elements, expected F32, F16, BF16 or F64\n  \
         fc.bias: missing, expected [5]\n  \
         extra: unknown, found [2, 3]"
    );
    tensors.truncate(1);
    let text = check("few", &file(&tensors)).unwrap_err();
    assert_eq!(text.lines().count(), 52, "{text}");
    assert!(text.ends_with(" more"), "{text}");
}

#[test]
fn broken_files() {
    let whole = file(&tensors().1);
    let says = |name: &str, bytes: &[u8], what: &str| {
        let text = check(name, bytes).unwrap_err();
        assert!(
            text.starts_with(&format!("`w.safetensors` {what}")),
            "{text}"
        );
    };
    says("empty", b"", "is no safetensors file");
    says(
        "zip",
        b"PK\x03\x04 and more than eight bytes",
        "is no safetensors file",
    );
    says("huge", &[0xff; 16], "is no safetensors file");
    says("short", &whole[..100], "is no safetensors file");
    let promise = format!(
        "is truncated or too long: its header promises {} bytes",
        whole.len()
    );
    says("truncated", &whole[..whole.len() - 1], &promise);
    says("long", &[&whole[..], &[0]].concat(), &promise);
    let mut hole = whole.clone();
    let at = whole.windows(3).position(|bytes| bytes == b"[0,").unwrap();
    hole[at + 1] = b'1';
    says("hole", &hole, "is no sound safetensors file");
    let missing = weights::check(Path::new("/nowhere"), "w.safetensors", &[]);
    assert!(
        missing
            .unwrap_err()
            .starts_with("`w.safetensors` can't be read: ")
    );
}

#[test]
fn packed_weights_are_for_one_spec_and_of_one_length() {
    let network = analyse(&common::spec("basic", "projection", false)).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("w.packed");
    let check = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        weights::check_for(&path, "w.packed", &network)
    };
    let mut packed = vec![0; 128 + 4 * network.sizes().packed];
    packed[..8].copy_from_slice(&resnet_geometry::PACKED_MAGIC);
    packed[32..96].copy_from_slice(network.hash.as_bytes());
    check(&packed).unwrap();
    let error = check(&packed[..packed.len() - 4]).unwrap_err();
    assert!(error.contains("cut off"), "{error}");
    packed[40] = b'?';
    let error = check(&packed).unwrap_err();
    assert!(error.contains("packed weights of the spec"), "{error}");
    assert!(error.contains("pack the weights again"), "{error}");
    assert!(check(&packed[..50]).is_err());
    // Anything else is taken for safetensors.
    check(&file(&tensors().1)).unwrap();
    assert!(check(b"{").unwrap_err().contains("no safetensors file"));
}

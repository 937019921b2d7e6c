//! Round trips, and each way in which a file can be wrong.

use std::fs;

use safetensors::tensor::{Dtype, TensorView};

use crate::fixture::INFO;
use crate::{Error, Parameters, Precision};

/// Dtype, shape and bytes of each tensor of a file.
type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

/// The right tensors, all elements one half, as any writer may give them.
fn tensors() -> Tensors {
    let tensor = |parameter: &crate::ParameterInfo| {
        let len: usize = parameter.shape.iter().product();
        let bytes = 0.5f32.to_le_bytes().repeat(len);
        let shape = parameter.shape.to_vec();
        (parameter.name.to_owned(), Dtype::F32, shape, bytes)
    };
    INFO.parameters.iter().map(tensor).collect()
}

fn serialize(tensors: &Tensors) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).unwrap();
        (name, view)
    });
    safetensors::serialize(views, None).unwrap()
}

fn load(bytes: &[u8]) -> Result<Parameters, Error> {
    Parameters::from_bytes(&INFO, bytes)
}

fn refusal(bytes: &[u8]) -> String {
    load(bytes).unwrap_err().to_string()
}

/// A file with this header and so many bytes of data.
fn with_header(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

#[test]
fn round_trip() {
    let mut parameters = Parameters::<f32>::init(&INFO, 11);
    parameters.batches_tracked = 1234;
    let bytes = parameters.to_bytes();
    assert_eq!(bytes, parameters.to_bytes());
    let again = load(&bytes).unwrap();
    assert_eq!(*again.master, *parameters.master);
    assert_eq!(*again.running, *parameters.running);
    assert_eq!(again.batches_tracked(), 1234);
    // The other element reads the same file.
    let double = Parameters::<f64>::from_bytes(&INFO, &bytes).unwrap();
    assert!((0..1216).all(|i| double.master[i] == f64::from(parameters.master[i])));
    let again = load(&double.to_bytes()).unwrap();
    assert_eq!(*again.master, *parameters.master);
}

#[test]
fn what_pytorch_expects() {
    let bytes = Parameters::<f32>::init(&INFO, 1).to_bytes();
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let entries = metadata.metadata().as_ref().unwrap();
    assert_eq!(entries["format"], "pt");
    assert_eq!(entries["model"], "tiny");
    assert_eq!(entries["spec_hash"], "0123");
    let counter = metadata.info("bn1.num_batches_tracked").unwrap();
    assert_eq!((counter.dtype, &counter.shape[..]), (Dtype::I64, &[][..]));
    let mut names = metadata.offset_keys();
    names.remove(0);
    assert!(names.iter().eq(INFO.parameters.iter().map(|p| p.name)));
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(header % 8, 0);
}

#[test]
fn files_appear_whole() {
    let folder = std::env::temp_dir().join(format!("resnet-checkpoint-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("w.safetensors");
    let parameters = Parameters::<f32>::init(&INFO, 2);
    parameters.save(&path).unwrap();
    parameters.save(&path).unwrap();
    let again = Parameters::<f32>::load(&INFO, &path).unwrap();
    assert_eq!(*again.master, *parameters.master);
    // A folder can't be replaced by a file; the attempt leaves nothing behind.
    fs::create_dir(folder.join("taken")).unwrap();
    fs::write(folder.join("taken/file"), "").unwrap();
    assert!(matches!(
        parameters.save(folder.join("taken")),
        Err(Error::File { .. })
    ));
    assert!(
        parameters
            .save(folder.join("missing/w.safetensors"))
            .is_err()
    );
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    // Errors name the file.
    fs::write(&path, "").unwrap();
    let error = Parameters::<f32>::load(&INFO, &path)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("w.safetensors: an empty file; download or save it again"),
        "{error}"
    );
    let error = Parameters::<f32>::load(&INFO, folder.join("none"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("none: "), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn prefixes_counters_and_types() {
    let mut tensors = tensors();
    for (name, ..) in &mut tensors {
        name.insert_str(0, "module.");
    }
    let counter = "module.bn1.num_batches_tracked".to_owned();
    tensors.push((counter, Dtype::I64, vec![], 77i64.to_le_bytes().to_vec()));
    tensors[6].1 = Dtype::F16;
    tensors[6].3 = [0x00, 0x38].repeat(10);
    tensors[5].1 = Dtype::BF16;
    tensors[5].3 = [0x00, 0x3f].repeat(170);
    tensors[4].1 = Dtype::F64;
    tensors[4].3 = 0.5f64.to_le_bytes().repeat(17);
    let parameters = load(&serialize(&tensors)).unwrap();
    assert_eq!(parameters.batches_tracked(), 77);
    for parameter in INFO.parameters {
        let values = parameters.get(parameter.name).unwrap();
        assert!(values.iter().all(|&x| x == 0.5), "{}", parameter.name);
    }
}

#[test]
fn everything_at_once() {
    let mut tensors = tensors();
    tensors[0].2 = vec![17, 27];
    tensors[1].1 = Dtype::I32;
    tensors[2].0 = "bn1.shift".to_owned();
    let twice = (
        "module.fc.bias".to_owned(),
        Dtype::F32,
        vec![10],
        vec![0; 40],
    );
    tensors.push(twice);
    assert_eq!(
        refusal(&serialize(&tensors)),
        "5 tensors don't fit tiny:\
         \n  conv1.weight: found shape [17, 27], expected [17, 3, 3, 3]\
         \n  bn1.weight: found I32 elements, expected F32, F16, BF16 or F64\
         \n  bn1.bias: missing, expected [17]\
         \n  bn1.shift: unknown, found [17]\
         \n  fc.bias: there twice, with and without the prefix `module.`"
    );
}

#[test]
fn another_head() {
    let mut tensors = tensors();
    tensors[5].2 = vec![1000, 17];
    tensors[5].3 = vec![0; 68_000];
    tensors[6].2 = vec![1000];
    tensors[6].3 = vec![0; 4000];
    let text = refusal(&serialize(&tensors));
    assert!(text.starts_with(
        "2 tensors don't fit tiny:\n  fc.weight: found shape [1000, 17], expected [10, 17]\n"
    ));
    assert!(text.ends_with(
        "\nonly the head differs: the file has 1000 classes, the spec 10; \
         set `head.classes` to 1000, or draw a new head (`train --new-head`)"
    ));
}

#[test]
fn another_prefix() {
    let mut tensors = tensors();
    for (name, ..) in &mut tensors {
        name.insert_str(0, "model.");
    }
    let text = refusal(&serialize(&tensors));
    assert!(text.starts_with("14 tensors don't fit tiny:"));
    assert!(text.ends_with("\nevery name has the prefix `model.`: save the tensors without it"));
}

#[test]
fn other_formats() {
    let zip = refusal(b"PK\x03\x04 and so on");
    assert!(zip.starts_with(
        "a PyTorch checkpoint (a zip archive), not a safetensors file; convert it with `convert IN.pth OUT.safetensors`"
    ));
    assert!(refusal(b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9").starts_with("a Python pickle"));
    let pointer = refusal(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n");
    assert!(pointer.contains("`git lfs pull`"));
    assert!(refusal(b"<!DOCTYPE html><html>").starts_with("a web page"));
    assert!(refusal(b"\x1f\x8b\x08\0\0\0\0\0\0\x03").contains("gunzip"));
    assert!(refusal(b"").starts_with("an empty file"));
    assert!(refusal(b"hello").starts_with("not a safetensors file"));
    assert!(refusal(&[0xff; 100]).starts_with("not a safetensors file"));
}

/// Any cut of a sound file is refused, and nothing is allocated for what
/// isn't there.
#[test]
fn truncation() {
    let bytes = serialize(&tensors());
    for len in 0..bytes.len() {
        assert!(
            matches!(load(&bytes[..len]), Err(Error::Format { .. })),
            "{len}"
        );
    }
    let total = bytes.len();
    let text = refusal(&bytes[..total - 1]);
    assert!(text.starts_with("truncated: the tensors take "), "{text}");
    let text = refusal(&bytes[..100]);
    assert!(
        text.starts_with("truncated: the header should have "),
        "{text}"
    );
    let text = refusal(&[&bytes[..], &[0]].concat());
    assert!(text.starts_with("too long: the tensors take "), "{text}");
    let mut absurd = u64::MAX.to_le_bytes().to_vec();
    absurd.extend_from_slice(b"{}");
    assert!(
        refusal(&absurd).starts_with(
            "truncated: the header should have 18446744073709551615 bytes, 2 are there"
        )
    );
}

#[test]
fn unsound_headers() {
    for (header, data, expected) in [
        (
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            4,
            "tensor `a`: data_offsets [0, 4], but F32 of shape [2] take 8 bytes;",
        ),
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            4,
            "tensor `a`: data_offsets [4, 0], but F32 of shape [1] take 4 bytes;",
        ),
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                "b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
            6,
            "tensor `b` overlaps the tensor before it: starts at byte 2, expected 4;",
        ),
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                "b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
            12,
            "tensor `b` leaves a hole: starts at byte 8, expected 4;",
        ),
        (
            r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
            4,
            "tensor `a`: data_offsets [0, 4], but F32 of shape [4294967296, 4294967296] take more than memory can hold bytes;",
        ),
        (
            r#"{"a":{"dtype":"F99","shape":[1]}}"#,
            0,
            "invalid JSON in header: ",
        ),
        (r#"{"a":"#, 0, "invalid JSON in header: "),
    ] {
        let text = refusal(&with_header(header, data));
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_new_head_on_request() {
    let mut tensors = tensors();
    // Weights of 7 classes, and a bias that nobody needs to have.
    tensors.retain(|(name, ..)| name != "fc.bias");
    let head = tensors.iter_mut().find(|(name, ..)| name == "fc.weight");
    let head = head.unwrap();
    head.2[0] = 7;
    head.3.truncate(4 * 7 * 17);
    let bytes = serialize(&tensors);
    assert!(load(&bytes).is_err());
    let parameters = Parameters::<f32>::from_bytes_with_new_head(&INFO, &bytes, 5).unwrap();
    let drawn = Parameters::<f32>::init(&INFO, 5);
    for parameter in INFO.parameters {
        let values = parameters.get(parameter.name).unwrap();
        match parameter.name.starts_with("fc.") {
            true => assert_eq!(Some(values), drawn.get(parameter.name)),
            false => assert!(values.iter().all(|&x| x == 0.5)),
        }
    }
    // Everything else must fit.
    tensors.remove(0);
    let bytes = serialize(&tensors);
    let error = Parameters::<f32>::from_bytes_with_new_head(&INFO, &bytes, 5).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("1 tensor doesn't fit") && !text.contains("fc"),
        "{text}"
    );
}

#[test]
fn every_precision() {
    let mut parameters = Parameters::<f64>::init(&INFO, 2);
    let third = vec![1.0 / 3.0; 10];
    parameters.set("fc.bias", &third).unwrap();
    for (precision, error) in [
        (Precision::F64, 0.0),
        (Precision::F32, 1e-8),
        (Precision::F16, 1e-4),
        (Precision::Bf16, 1e-3),
    ] {
        let bytes = parameters.to_bytes_as(precision);
        let again = Parameters::<f64>::from_bytes(&INFO, &bytes).unwrap();
        let found = again.get("fc.bias").unwrap()[0] - third[0];
        assert!(
            found.abs() <= error && (found.abs() >= error / 100.0),
            "{precision:?}: {found}"
        );
    }
}

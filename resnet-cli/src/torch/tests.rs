//! Against PyTorch's own reader, by `tests/reference/checkpoints.py`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};

use super::{is_checkpoint, to_safetensors};

type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn file(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read(folder.join("../tests/reference/checkpoints").join(name)).unwrap()
}

fn tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensors = file.iter().map(|(name, tensor)| {
        let (shape, data) = (tensor.shape().to_vec(), tensor.data().to_vec());
        (name.to_owned(), (tensor.dtype(), shape, data))
    });
    tensors.collect()
}

#[test]
fn every_kind_of_checkpoint_as_pytorch_reads_it() {
    let mut expected: BTreeMap<String, Tensors> = BTreeMap::new();
    for (path, tensor) in tensors(&file("expected.safetensors")) {
        let (file, name) = path.split_once('/').unwrap();
        let tensors = expected.entry(file.to_owned()).or_default();
        tensors.insert(name.to_owned(), tensor);
    }
    assert_eq!(expected.len(), 9);
    for (name, expected) in expected {
        let bytes = file(&name);
        assert!(is_checkpoint(&bytes));
        let found = to_safetensors(&bytes).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(tensors(&found), expected, "{name}");
    }
}

#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    let message = format!("{:#}", to_safetensors(bytes).unwrap_err());
    for part in parts {
        assert!(message.contains(part), "`{part}` missing in: {message}");
    }
}

#[test]
fn nothing_is_called() {
    let system = match cfg!(windows) {
        true => "nt.system",
        false => "posix.system",
    };
    refused(
        &file("hostile.pth"),
        &[system, "nothing in a file is ever run"],
    );
    refused(&file("hostile_protocol0.pth"), &["`os.system`"]);
    refused(&file("builtin.pth"), &["getattr"]);
    refused(&file("whole_model.pth"), &["Net", "state_dict()"]);
}

#[test]
fn other_archives_are_told() {
    refused(&file("other.zip"), &["no `data.pkl`"]);
    refused(
        &file("compressed.pth"),
        &["`archive/data.pkl` is compressed"],
    );
    refused(
        &file("empty_dict.pth"),
        &["no tensors: found a dict of nothing"],
    );
    refused(&file("no_tensors.pth"), &["dict of epoch, arch"]);
    refused(b"\x80\x02}q\x00.", &["no PyTorch checkpoint"]);
    assert!(!is_checkpoint(b"{}"));
}

#[test]
fn truncated_and_damaged_files_are_refused() {
    for name in ["plain.pth", "legacy.pth"] {
        let whole = file(name);
        for len in (4..whole.len()).step_by(37) {
            assert!(
                to_safetensors(&whole[..len]).is_err(),
                "{name} cut at {len}"
            );
        }
        // No byte of it makes the reader panic, whatever it becomes.
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                let _ = to_safetensors(&damaged);
            }
        }
    }
    refused(&file("plain.pth")[..900], &["truncated"]);
    let mut damaged = file("plain.pth");
    let bias = damaged.len() / 2;
    damaged[bias] ^= 1;
    refused(&damaged, &["damaged"]);
}

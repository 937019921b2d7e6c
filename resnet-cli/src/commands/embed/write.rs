//! Vectors to files.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use resnet_runtime::write_atomically;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::Embedding;
use crate::args::EmbedFormat;
use crate::csv;

/// Writes a file that appears whole or not at all.
pub(super) fn write(embedding: &Embedding, format: EmbedFormat, path: &Path) -> Result<()> {
    let bytes = match format {
        EmbedFormat::Safetensors => safetensors(embedding)?,
        EmbedFormat::Npy => npy(embedding),
        EmbedFormat::Csv => table(embedding)?.into_bytes(),
        #[cfg(feature = "parquet")]
        EmbedFormat::Parquet => super::parquet::parquet(embedding)?,
    };
    Ok(write_atomically(path, &bytes)?)
}

fn shape(embedding: &Embedding) -> Vec<usize> {
    embedding.feature.batch_shape(embedding.files.len())
}

fn little_endian(embedding: &Embedding) -> Vec<u8> {
    let values = embedding.values.iter();
    values.flat_map(|value| value.to_le_bytes()).collect()
}

/// The feature by its name; the files' names are JSON in the metadata `files`.
fn safetensors(embedding: &Embedding) -> Result<Vec<u8>> {
    let data = little_endian(embedding);
    let view = TensorView::new(Dtype::F32, shape(embedding), &data)?;
    let files = serde_json::to_string(&embedding.files)?;
    let metadata = HashMap::from([("files".to_owned(), files)]);
    Ok(serialize([(embedding.feature.name, view)], Some(metadata))?)
}

/// numpy's format, version 1.0: a header that ends at a multiple of 64 bytes.
fn npy(embedding: &Embedding) -> Vec<u8> {
    let sizes: Vec<_> = shape(embedding)
        .iter()
        .map(|size| size.to_string())
        .collect();
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
        sizes.join(", ")
    );
    const BEFORE: usize = 10;
    let padded = (BEFORE + header.len() + 1).next_multiple_of(64);
    while BEFORE + header.len() + 1 < padded {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // A shape has at most four sizes: 64 KiB are never reached.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend(little_endian(embedding));
    bytes
}

fn table(embedding: &Embedding) -> Result<String> {
    let len = embedding.feature.elements();
    let mut text = String::from("file");
    for i in 0..len {
        write!(text, ",{}{i}", embedding.feature.name)?;
    }
    text.push('\n');
    let rows = embedding.values.chunks_exact(len);
    for (file, row) in embedding.files.iter().zip(rows) {
        text.push_str(&csv::field(file));
        for value in row {
            write!(text, ",{value}")?;
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
pub(super) mod tests {
    use resnet_runtime::OutputInfo;

    use super::*;

    static FEATURE: OutputInfo = OutputInfo::new("v", [2, 1, 1], 0);

    pub(in super::super) fn embedding() -> Embedding {
        Embedding {
            feature: &FEATURE,
            files: vec!["a.png".to_owned(), "b,c.png".to_owned()],
            values: vec![1.0, 2.5, -3.0, 0.0],
        }
    }

    #[test]
    fn formats() {
        let embedding = embedding();
        assert_eq!(
            table(&embedding).unwrap(),
            "file,v0,v1\na.png,1,2.5\n\"b,c.png\",-3,0\n"
        );
        let npy = npy(&embedding);
        assert_eq!(npy.len(), 128 + 16);
        assert!(npy.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4'"));
        assert_eq!(npy[127], b'\n');
        assert!(String::from_utf8_lossy(&npy).contains("'shape': (2, 2), }"));
        assert_eq!(&npy[128..132], 1f32.to_le_bytes());

        let bytes = safetensors(&embedding).unwrap();
        let (_, metadata) = ::safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let files = &metadata.metadata().as_ref().unwrap()["files"];
        assert_eq!(files, r#"["a.png","b,c.png"]"#);
    }
}

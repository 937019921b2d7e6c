//! Apache Parquet: a column of names and one of lists of numbers.

use std::sync::Arc;

use anyhow::Result;
use parquet::data_type::{ByteArray, ByteArrayType, FloatType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::Embedding;

/// The level of a value that begins a row, and that of those after it.
const FIRST: i16 = 0;
const NEXT: i16 = 1;

/// The level of a value that is there.
const PRESENT: i16 = 1;

pub(super) fn parquet(embedding: &Embedding) -> Result<Vec<u8>> {
    // A feature's name is a name in a spec: letters, digits, `_` and `.`.
    let schema = format!(
        "message embedding {{
            required binary file (STRING);
            required group {} (LIST) {{ repeated group list {{ required float element; }} }}
        }}",
        embedding.feature.name
    );
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut bytes = Vec::new();
    let properties = Arc::new(WriterProperties::default());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties)?;
    let mut rows = file.next_row_group()?;

    let names = embedding.files.iter().map(|name| name.as_str().into());
    let names: Vec<ByteArray> = names.collect();
    if let Some(mut column) = rows.next_column()? {
        let writer = column.typed::<ByteArrayType>();
        writer.write_batch(&names, None, None)?;
        column.close()?;
    }
    let values = &embedding.values;
    let len = embedding.feature.elements();
    let repeated = (0..values.len()).map(|i| if i % len == 0 { FIRST } else { NEXT });
    let repeated: Vec<i16> = repeated.collect();
    if let Some(mut column) = rows.next_column()? {
        let writer = column.typed::<FloatType>();
        let present = vec![PRESENT; values.len()];
        writer.write_batch(values, Some(&present), Some(&repeated))?;
        column.close()?;
    }
    rows.close()?;
    file.close()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{ListAccessor, RowAccessor};

    use super::super::write::tests::embedding;
    use super::*;

    #[test]
    fn rows_come_back() {
        let embedding = embedding();
        let bytes = parquet(&embedding).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
        let rows = rows.map(|row| {
            let list = row.get_list(1).unwrap();
            let numbers = (0..list.len()).map(|i| list.get_float(i).unwrap());
            (row.get_string(0).unwrap().clone(), numbers.collect())
        });
        let rows: Vec<(String, Vec<f32>)> = rows.collect();
        assert_eq!(
            rows,
            [
                ("a.png".to_owned(), vec![1.0, 2.5]),
                ("b,c.png".to_owned(), vec![-3.0, 0.0]),
            ]
        );
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        let paths: Vec<_> = columns
            .iter()
            .map(|column| column.path().string())
            .collect();
        assert_eq!(paths, ["file", "v.list.element"]);
    }
}

//! Tensors as pickles describe them: a part of a storage, seen in a shape.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use safetensors::Dtype;

/// The bytes of storages, by their keys.
pub(super) type Bytes<'a> = BTreeMap<String, &'a [u8]>;

/// Elements of a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F64,
    F32,
    F16,
    Bf16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

impl Kind {
    /// The kind of a class in PyTorch's module `torch`.
    pub(super) fn of_class(name: &str) -> Option<Self> {
        Some(match name {
            "DoubleStorage" => Self::F64,
            "FloatStorage" => Self::F32,
            "HalfStorage" => Self::F16,
            "BFloat16Storage" => Self::Bf16,
            "LongStorage" => Self::I64,
            "IntStorage" => Self::I32,
            "ShortStorage" => Self::I16,
            "CharStorage" => Self::I8,
            "ByteStorage" => Self::U8,
            "BoolStorage" => Self::Bool,
            _ => return None,
        })
    }

    /// The same in safetensors files.
    pub(super) fn dtype(self) -> Dtype {
        match self {
            Self::F64 => Dtype::F64,
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
            Self::I64 => Dtype::I64,
            Self::I32 => Dtype::I32,
            Self::I16 => Dtype::I16,
            Self::I8 => Dtype::I8,
            Self::U8 => Dtype::U8,
            Self::Bool => Dtype::BOOL,
        }
    }

    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        self.dtype().bitsize() / 8
    }
}

/// A part of a storage, seen in a shape.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) kind: Kind,
    /// The storage's key.
    pub(super) storage: String,
    /// The first element.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// Elements from one to the next of each dimension.
    pub(super) strides: Vec<usize>,
}

impl Tensor {
    /// Its elements in order, out of its storage.
    pub(super) fn bytes<'a>(&self, storages: &Bytes<'a>) -> Result<Cow<'a, [u8]>> {
        let storage = *storages
            .get(&self.storage)
            .with_context(|| format!("the file has no bytes of its storage {}", self.storage))?;
        let size = self.kind.size();
        let stored = storage.len() / size;
        let wide = || format!("shape {:?} is more than the file holds", self.shape);
        let count = self.shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        // A stride of zero would make much of little.
        let count = count.filter(|count| *count <= stored).with_context(wide)?;
        ensure!(
            self.strides.len() == self.shape.len(),
            "{} strides for shape {:?}",
            self.strides.len(),
            self.shape
        );
        if count == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        let last = self.last().filter(|last| *last < stored);
        last.with_context(|| {
            format!(
                "shape {:?} with strides {:?} from element {} reaches beyond the {stored} of \
                 its storage: truncated or broken",
                self.shape, self.strides, self.offset
            )
        })?;
        if self.is_contiguous() {
            return Ok(Cow::Borrowed(
                &storage[self.offset * size..][..count * size],
            ));
        }
        let mut bytes = Vec::with_capacity(count * size);
        for index in 0..count {
            let at = self.place(index);
            bytes.extend_from_slice(&storage[at * size..][..size]);
        }
        Ok(Cow::Owned(bytes))
    }

    /// The element that lies furthest.
    fn last(&self) -> Option<usize> {
        let mut steps = self.shape.iter().zip(&self.strides);
        steps.try_fold(self.offset, |at, (&len, &stride)| {
            at.checked_add((len - 1).checked_mul(stride)?)
        })
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        let dimensions = self.shape.iter().zip(&self.strides).rev();
        dimensions.into_iter().all(|(&len, &stride)| {
            let fits = len == 1 || stride == expected;
            expected *= len;
            fits
        })
    }

    /// Where the element with this number lies.
    fn place(&self, mut index: usize) -> usize {
        let mut at = self.offset;
        for (&len, &stride) in self.shape.iter().zip(&self.strides).rev() {
            at += index % len * stride;
            index /= len;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(offset: usize, shape: &[usize], strides: &[usize]) -> Tensor {
        Tensor {
            kind: Kind::U8,
            storage: "0".to_owned(),
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        }
    }

    #[test]
    fn views() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7];
        let storages = Bytes::from([("0".to_owned(), &bytes[..])]);
        let read = |tensor: Tensor| tensor.bytes(&storages).map(Cow::into_owned);
        assert_eq!(
            read(tensor(2, &[2, 3], &[3, 1])).unwrap(),
            [2, 3, 4, 5, 6, 7]
        );
        assert_eq!(
            read(tensor(0, &[3, 2], &[1, 3])).unwrap(),
            [0, 3, 1, 4, 2, 5]
        );
        assert_eq!(read(tensor(7, &[], &[])).unwrap(), [7]);
        assert_eq!(read(tensor(7, &[1, 1], &[9, 9])).unwrap(), [7]);
        assert!(read(tensor(0, &[0, 3], &[3, 1])).unwrap().is_empty());
        for broken in [
            tensor(8, &[], &[]),
            tensor(3, &[2, 3], &[3, 1]),
            tensor(0, &[9], &[0]),
            tensor(0, &[usize::MAX, 2], &[1, 1]),
            tensor(usize::MAX, &[2], &[1]),
            tensor(0, &[2], &[usize::MAX]),
            tensor(0, &[2], &[]),
        ] {
            let shown = format!("{broken:?}");
            assert!(read(broken).is_err(), "{shown}");
        }
    }
}

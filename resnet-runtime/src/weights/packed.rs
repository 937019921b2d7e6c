//! Packed weights as a file: a header of two cache lines, then the panels as
//! one instruction set's kernels read them. Such a file is for one spec, one
//! selection of algorithms and one instruction set; all of it is checked.
//!
//! ```text
//!   0  "RESNETPK"              32  the spec's hash, 64 hexadecimal digits
//!   8  version (u32)           96  layout (u64): algorithms and offsets
//!  12  bytes of an element    104  bytes after the header (u64)
//!  16  instruction set        112  their checksum (u64)
//! ```

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::checkpoint::Bytes;
use crate::geometry::{PACKED_HASH, PACKED_HEADER as HEADER, PACKED_MAGIC};
use crate::kernels::isa;
use crate::{Element, Error, ModelInfo};

/// Changes whenever what lies where in the panels does.
const VERSION: u32 = 1;

/// What the file is to be made of again.
const PACK_AGAIN: &str = "pack the weights again with `pack` of the network's binary, \
     or load the safetensors file instead";

/// Whether a file is packed weights, sound or not.
pub(super) fn is_packed(file: &dyn Bytes) -> Result<bool, Error> {
    let mut magic = [0; 8];
    let long_enough = file.len() >= magic.len();
    if long_enough {
        file.read(0, &mut magic)?;
    }
    Ok(long_enough && magic == PACKED_MAGIC)
}

/// The file that holds these panels.
pub(super) fn to_bytes<E: Element>(info: &ModelInfo, packed: &[E]) -> Vec<u8> {
    let panels = bytes_of(packed);
    let header = header::<E>(info, panels.len(), checksum(panels));
    [&header[..], panels].concat()
}

/// The panels of a file, copied.
pub(crate) fn read<E: Element>(info: &ModelInfo, file: &dyn Bytes) -> Result<Aligned<E>, Error> {
    let mut header = [0; HEADER];
    let header = &mut header[..HEADER.min(file.len())];
    file.read(0, header)?;
    check_header::<E>(info, header, file.len())?;
    let mut packed = Aligned::zeroed(info.sizes.packed, "packed weights")?;
    let panels = bytes_of_mut(&mut packed);
    file.read(HEADER, panels)?;
    check_panels(header, panels)?;
    Ok(packed)
}

/// Checks all of a file that is in memory.
pub(super) fn check<E: Element>(info: &ModelInfo, file: &[u8]) -> Result<(), Error> {
    check_header::<E>(info, &file[..HEADER.min(file.len())], file.len())?;
    let (header, panels) = file.split_at(HEADER);
    check_panels(header, panels)
}

/// The elements that panels consist of, where they are; `None` if they don't
/// lie on a boundary of cache lines.
pub(super) fn elements<E: Element>(panels: &[u8]) -> Option<&[E]> {
    if !panels.as_ptr().addr().is_multiple_of(64) {
        return None;
    }
    // SAFETY: any bytes are elements, which are `f32` or `f64`.
    let (before, elements, after) = unsafe { panels.align_to() };
    debug_assert!(before.is_empty() && after.is_empty());
    Some(elements)
}

/// The header of a file for this network on this processor.
fn header<E: Element>(info: &ModelInfo, bytes: usize, checksum: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| header[at..][..bytes.len()].copy_from_slice(bytes);
    put(0, &PACKED_MAGIC);
    put(8, &VERSION.to_le_bytes());
    put(12, &(size_of::<E>() as u32).to_le_bytes());
    put(16, E::kernels().name.as_bytes());
    let hash = info.spec_hash.as_bytes();
    put(
        PACKED_HASH.start,
        &hash[..hash.len().min(PACKED_HASH.len())],
    );
    put(96, &layout(info).to_le_bytes());
    put(104, &(bytes as u64).to_le_bytes());
    put(112, &checksum.to_le_bytes());
    header
}

/// A number for what decides where in the packed weights everything lies:
/// layers and their algorithms, and how much there is.
fn layout(info: &ModelInfo) -> u64 {
    let mut hash = Checksum::default();
    for layer in info.layers {
        for text in [layer.name, layer.op, layer.algorithm] {
            hash.add_bytes(text.as_bytes());
        }
    }
    hash.add(info.sizes.packed as u64);
    hash.finish()
}

/// Compares everything but the panels.
fn check_header<E: Element>(info: &ModelInfo, found: &[u8], len: usize) -> Result<(), Error> {
    isa::selected().map_err(Error::InstructionSet)?;
    if cfg!(target_endian = "big") {
        return Err(refused("packed weights, on a processor that is big-endian"));
    }
    let bytes = info.sizes.packed * size_of::<E>();
    let expected = header::<E>(info, bytes, 0);
    let field = |from: usize, to: usize| (found.get(from..to), &expected[from..to]);
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|&byte| byte == 0);
        String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
    };
    let differs = |(found, expected): (Option<&[u8]>, &[u8])| {
        (found != Some(expected)).then(|| (found.unwrap_or_default().to_vec(), expected.to_vec()))
    };
    if differs(field(0, 16)).is_some() || found.len() < HEADER {
        return Err(refused(
            "packed weights of another version, or cut off in their header",
        ));
    }
    if let Some((found, expected)) = differs(field(PACKED_HASH.start, PACKED_HASH.end)) {
        return Err(refused(format!(
            "weights packed for the spec {}, while {} is the spec {}",
            text(&found),
            info.name,
            text(&expected)
        )));
    }
    if let Some((found, expected)) = differs(field(16, 32)) {
        let (found, expected) = (text(&found), text(&expected));
        let found = format!("weights packed for {found}, while this processor runs {expected}");
        return Err(refused(found));
    }
    if differs(field(96, 112)).is_some() {
        return Err(refused(format!(
            "weights that were packed for other algorithms than those that {} was compiled with",
            info.name
        )));
    }
    match len == HEADER + bytes {
        true => Ok(()),
        false => Err(refused(format!(
            "{len} bytes of packed weights, expected {}",
            HEADER + bytes
        ))),
    }
}

fn check_panels(header: &[u8], panels: &[u8]) -> Result<(), Error> {
    match header[112..120] == checksum(panels).to_le_bytes() {
        true => Ok(()),
        false => Err(refused("packed weights that differ from their checksum")),
    }
}

fn refused(found: impl Into<String>) -> Error {
    Error::Format {
        path: None,
        found: found.into(),
        mend: PACK_AGAIN.to_owned(),
    }
}

fn bytes_of<E: Element>(elements: &[E]) -> &[u8] {
    // SAFETY: elements are `f32` or `f64`, whose bytes are all initialised.
    let (_, bytes, _) = unsafe { elements.align_to() };
    bytes
}

fn bytes_of_mut<E: Element>(elements: &mut [E]) -> &mut [u8] {
    // SAFETY: as above, and any bytes are elements.
    let (_, bytes, _) = unsafe { elements.align_to_mut() };
    bytes
}

/// Tells damaged bytes from sound ones, as fast as they are read.
fn checksum(bytes: &[u8]) -> u64 {
    let mut checksum = Checksum::default();
    checksum.add_bytes(bytes);
    checksum.finish()
}

/// Four sums side by side, so that one doesn't wait for another.
struct Checksum {
    sums: [u64; 4],
    next: usize,
}

impl Default for Checksum {
    fn default() -> Self {
        Self {
            sums: [1, 2, 3, 4],
            next: 0,
        }
    }
}

impl Checksum {
    fn add_bytes(&mut self, bytes: &[u8]) {
        let (lines, rest) = bytes.as_chunks::<32>();
        for line in lines {
            let (words, _) = line.as_chunks::<8>();
            for (sum, word) in self.sums.iter_mut().zip(words) {
                *sum = mix(*sum, u64::from_le_bytes(*word));
            }
        }
        for part in rest.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.add(u64::from_le_bytes(word));
        }
        self.add(bytes.len() as u64);
    }

    fn add(&mut self, word: u64) {
        let sum = &mut self.sums[self.next % 4];
        *sum = mix(*sum, word);
        self.next += 1;
    }

    fn finish(&self) -> u64 {
        self.sums.iter().fold(0, |all, &sum| mix(all, sum))
    }
}

fn mix(sum: u64, word: u64) -> u64 {
    // An odd multiplier loses nothing, and the rotation brings high bits down.
    (sum ^ word)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, INFO, Tiny};
    use crate::weights::Packed;
    use crate::{Model, Weights};

    fn file() -> Vec<u8> {
        let weights = Weights::<Tiny>::from_parameters(&fixture::parameters(3.0, 0.5)).unwrap();
        weights.to_packed_bytes()
    }

    /// Its bytes from a boundary of cache lines on, for as long as programs run.
    fn placed(bytes: &[u8], off: usize) -> &'static [u8] {
        let len = bytes.len() + off;
        let lines = Aligned::<f32>::zeroed(len.div_ceil(4), "a test").unwrap();
        let lines: &mut Aligned<f32> = Box::leak(Box::new(lines));
        let lines = bytes_of_mut(lines);
        lines[off..len].copy_from_slice(bytes);
        &lines[off..len]
    }

    fn temporary(name: &str) -> std::path::PathBuf {
        let name = format!("resnet-packed-{name}-{}", std::process::id());
        std::env::temp_dir().join(name)
    }

    #[test]
    fn packed_weights_give_what_they_were_packed_from() {
        let bytes = file();
        assert_eq!(bytes.len(), HEADER + 4 * INFO.sizes.packed);
        let path = temporary("sound");
        std::fs::write(&path, &bytes).unwrap();
        let (aside, aligned) = (placed(&bytes, 1), placed(&bytes, 0));
        for weights in [
            Weights::<Tiny>::load(&path).unwrap(),
            Weights::from_bytes(&bytes).unwrap(),
            Weights::from_static(aside).unwrap(),
            Weights::from_static(aligned).unwrap(),
        ] {
            let mut model = Model::new(&weights, 2, 1).unwrap();
            let logits = model.forward(&fixture::images()).unwrap();
            assert_eq!([logits[0], logits[10]], [6.5, 9.5]);
        }
        std::fs::remove_file(path).unwrap();
        let in_place = Weights::<Tiny>::from_static(aligned).unwrap();
        assert_eq!(
            in_place.packed.as_ptr().addr(),
            aligned.as_ptr().addr() + HEADER
        );
        // The file's header isn't that of safetensors.
        let safetensors = fixture::parameters(3.0, 0.5).to_bytes();
        Weights::<Tiny>::from_static(safetensors.leak()).unwrap();
    }

    #[test]
    fn a_file_is_mapped_and_stays_what_it_was_when_another_takes_its_name() {
        let path = temporary("mapped");
        std::fs::write(&path, file()).unwrap();
        let weights = Weights::<Tiny>::load(&path).unwrap();
        assert!(matches!(*weights.packed, Packed::Mapped(_)));
        let mut damaged = file();
        *damaged.last_mut().unwrap() ^= 1;
        crate::write_atomically(&path, &damaged).unwrap();
        let error = Weights::<Tiny>::load(&path).unwrap_err().to_string();
        assert!(error.contains("differ from their checksum"), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
        std::fs::remove_file(path).unwrap();
        assert_eq!(weights.packed[..2], [3.0, 0.5]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let bytes = file();
        let refused = |at: usize, part: &str| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            for error in [
                Weights::<Tiny>::from_bytes(&bytes).unwrap_err(),
                Weights::<Tiny>::from_static(placed(&bytes, 0)).unwrap_err(),
            ] {
                let error = error.to_string();
                assert!(error.contains(part), "{at}: {error}");
            }
        };
        refused(8, "another version");
        refused(12, "another version");
        refused(16, "while this processor runs");
        refused(
            33,
            "weights packed for the spec 0023, while tiny is the spec 0123",
        );
        refused(96, "packed for other algorithms");
        refused(104, "packed for other algorithms");
        refused(112, "differ from their checksum");
        for at in [HEADER, HEADER + 1000, bytes.len() - 1] {
            refused(at, "differ from their checksum");
        }
        for len in [8, 9, HEADER - 1, HEADER, HEADER + 4, bytes.len() - 1] {
            let error = Weights::<Tiny>::from_bytes(&bytes[..len]).unwrap_err();
            let error = error.to_string();
            assert!(
                error.contains("packed weights") && error.contains("pack the"),
                "{error}"
            );
        }
    }
}

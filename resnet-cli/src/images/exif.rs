//! How a camera was held: EXIF's orientation.

use super::Raster;

/// The tag of the orientation in EXIF's first directory.
const ORIENTATION: u16 = 0x0112;

/// The orientation, 1 to 8, of EXIF data (a TIFF file); 1 if it says nothing.
pub(super) fn orientation(exif: &[u8]) -> u16 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    find(exif)
        .filter(|value| (1..=8).contains(value))
        .unwrap_or(1)
}

fn find(exif: &[u8]) -> Option<u16> {
    let big = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *exif.get(at..)?.first_chunk()?;
        Some(match big {
            true => u16::from_be_bytes(bytes),
            false => u16::from_le_bytes(bytes),
        })
    };
    let directory = *exif.get(4..)?.first_chunk()?;
    let directory = match big {
        true => u32::from_be_bytes(directory),
        false => u32::from_le_bytes(directory),
    };
    let directory = usize::try_from(directory).ok()?;
    let entries = usize::from(u16_at(directory)?);
    for entry in 0..entries {
        let at = directory.checked_add(2 + 12 * entry)?;
        if u16_at(at)? == ORIENTATION {
            return u16_at(at.checked_add(8)?);
        }
    }
    None
}

/// Turns a picture as its orientation says it is to be seen.
pub(super) fn turn(raster: Raster, orientation: u16) -> Raster {
    let (height, width) = (raster.height, raster.width);
    let (same, turned) = ([height, width], [width, height]);
    match orientation {
        2 => raster.rearranged(same, |row, column| [row, width - 1 - column]),
        3 => raster.rearranged(same, |row, column| [height - 1 - row, width - 1 - column]),
        4 => raster.rearranged(same, |row, column| [height - 1 - row, column]),
        5 => raster.rearranged(turned, |row, column| [column, row]),
        6 => raster.rearranged(turned, |row, column| [height - 1 - column, row]),
        7 => raster.rearranged(turned, |row, column| [height - 1 - column, width - 1 - row]),
        8 => raster.rearranged(turned, |row, column| [column, width - 1 - row]),
        _ => raster,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF data with one other tag and this orientation.
    fn exif(big: bool, orientation: u16) -> Vec<u8> {
        let u16s = |value: u16| match big {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let u32s = |value: u32| match big {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let mut bytes = if big { *b"MM\0*" } else { *b"II*\0" }.to_vec();
        bytes.extend(u32s(8));
        bytes.extend(u16s(2));
        for (tag, value) in [(0x0100, 7), (ORIENTATION, orientation)] {
            bytes.extend(u16s(tag));
            bytes.extend(u16s(3));
            bytes.extend(u32s(1));
            bytes.extend(u16s(value));
            bytes.extend([0, 0]);
        }
        bytes
    }

    #[test]
    fn orientations() {
        for big in [true, false] {
            assert_eq!(orientation(&exif(big, 6)), 6);
            assert_eq!(orientation(&exif(big, 9)), 1);
            let whole = exif(big, 3);
            for len in 0..whole.len() - 2 {
                assert_eq!(orientation(&whole[..len]), 1, "cut at {len}");
            }
        }
        let mut far = exif(false, 3);
        far[4..8].fill(0xff);
        assert_eq!(orientation(&far), 1);
    }

    #[test]
    fn turns() {
        // 1 2 3
        // 4 5 6
        let raster = Raster {
            height: 2,
            width: 3,
            channels: 1,
            pixels: vec![1, 2, 3, 4, 5, 6],
        };
        let expected: [(u16, [usize; 2], [u8; 6]); 8] = [
            (1, [2, 3], [1, 2, 3, 4, 5, 6]),
            (2, [2, 3], [3, 2, 1, 6, 5, 4]),
            (3, [2, 3], [6, 5, 4, 3, 2, 1]),
            (4, [2, 3], [4, 5, 6, 1, 2, 3]),
            (5, [3, 2], [1, 4, 2, 5, 3, 6]),
            (6, [3, 2], [4, 1, 5, 2, 6, 3]),
            (7, [3, 2], [6, 3, 5, 2, 4, 1]),
            (8, [3, 2], [3, 6, 2, 5, 1, 4]),
        ];
        for (orientation, [height, width], pixels) in expected {
            let turned = turn(raster.clone(), orientation);
            assert_eq!([turned.height, turned.width], [height, width]);
            assert_eq!(turned.pixels, pixels, "{orientation}");
        }
    }
}

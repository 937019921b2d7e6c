//! Against Pillow and torchvision, by `tests/reference/pictures.py`.

use std::fs;
use std::path::PathBuf;

use resnet_runtime::{Interpolation, ModelInfo, Preprocessing, Resize};
use safetensors::SafeTensors;

use super::decode::{decode, is_picture, read};
use super::{Raster, Transform};
use crate::fake;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/pictures")
}

/// Runs `check` on each expected picture whose name starts so, with the rest
/// of its name.
fn each(prefix: &str, mut check: impl FnMut(&str, Raster)) {
    let bytes = fs::read(folder().join("expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut count = 0;
    for (name, tensor) in file.iter() {
        let Some(name) = name.strip_prefix(prefix) else {
            continue;
        };
        let [height, width, channels] = *tensor.shape() else {
            panic!("{name}: {:?}", tensor.shape());
        };
        let pixels = tensor.data().to_vec();
        check(
            name,
            Raster {
                height,
                width,
                channels,
                pixels,
            },
        );
        count += 1;
    }
    assert!(count > 0, "{prefix}");
}

fn largest_difference(found: &Raster, expected: &Raster) -> u8 {
    assert_eq!(
        [found.height, found.width, found.channels],
        [expected.height, expected.width, expected.channels]
    );
    let pairs = found.pixels.iter().zip(&expected.pixels);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_kind_of_file_as_pillow_reads_it() {
    each("decoded.", |name, expected| {
        let found = read(&folder().join(name), 3).unwrap();
        assert_eq!(largest_difference(&found, &expected), 0, "{name}");
    });
}

#[test]
fn every_transform_as_torchvision_does_it() {
    for (prefix, resize, crop) in [("smaller.", 19, [18, 17]), ("larger.", 61, [64, 40])] {
        each(prefix, |name, expected| {
            let (mode, name) = name.split_once('.').unwrap();
            let interpolation = match mode {
                "nearest" => Interpolation::Nearest,
                "bilinear" => Interpolation::Bilinear,
                _ => Interpolation::Bicubic,
            };
            let info = ModelInfo {
                input: [3, crop[0], crop[1]],
                preprocessing: Preprocessing {
                    resize: Some(Resize::Shorter(resize)),
                    interpolation: Some(interpolation),
                    mean: Some(&[0.5, 0.25, 0.125]),
                    std: Some(&[2.0]),
                    ..Preprocessing::NONE
                },
                ..fake::INFO
            };
            let transform = Transform::of(&info).unwrap();
            let found = transform.crop(read(&folder().join(name), 3).unwrap());
            assert_eq!(largest_difference(&found, &expected), 0, "{mode} {name}");

            let mut values = Vec::new();
            transform.normalize(&found, &mut values);
            assert_eq!(values.len(), 3 * crop[0] * crop[1]);
            let blue = f32::from(expected.pixels[5]) / 255.0;
            let at = 2 * crop[0] * crop[1] + 1;
            assert_eq!(values[at], (blue - 0.125) / 2.0);
        });
    }
}

#[test]
fn what_is_no_picture_is_told() {
    let refused = |bytes: &[u8], parts: &[&str]| {
        let message = format!("{:#}", decode(bytes, 3).unwrap_err());
        for part in parts {
            assert!(message.contains(part), "`{part}` missing in: {message}");
        }
    };
    refused(b"", &["empty file"]);
    refused(b"GIF89a", &["a GIF", "convert"]);
    refused(b"RIFF\0\0\0\0WEBPVP8 ", &["a WebP"]);
    refused(b"<html>", &["web page"]);
    refused(&[7; 40], &["no picture", "PNG or JPEG"]);
    let png = fs::read(folder().join("rgb.png")).unwrap();
    let jpeg = fs::read(folder().join("rgb.jpg")).unwrap();
    for (kind, whole) in [("PNG", &png), ("JPEG", &jpeg)] {
        for len in (12..whole.len() - 8).step_by(97) {
            refused(&whole[..len], &["not a sound", kind]);
        }
    }
    // A few bytes that promise 60000 x 60000 pixels.
    let mut bomb = png[..33].to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    // The checksum of a header is refused first, unless it is right.
    refused(&bomb, &["not a sound PNG"]);
    let crc = crc(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&crc);
    bomb.extend(&png[33..]);
    refused(&bomb, &["60000x60000", "100000000"]);
    let at = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let mut bomb = jpeg.clone();
    bomb[at + 5..at + 9].fill(0xea);
    refused(&bomb, &["60138x60138", "100000000"]);
    let message = format!("{:#}", decode(&png, 4).unwrap_err());
    assert!(message.contains("1 or 3 channels"), "{message}");
}

/// The checksum of a chunk.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no.jpg");
    let message = format!("{:#}", read(&path, 3).unwrap_err());
    assert!(message.contains("no.jpg: cannot read"), "{message}");
    fs::write(&path, "no picture").unwrap();
    let message = format!("{:#}", read(&path, 3).unwrap_err());
    assert!(message.contains("no.jpg: found no picture"), "{message}");
    let message = format!("{:#}", read(folder.path(), 3).unwrap_err());
    assert!(message.contains("a folder"), "{message}");
    // What is inside counts, not the name.
    fs::copy(self::folder().join("rgb.png"), &path).unwrap();
    assert_eq!(read(&path, 1).unwrap().channels, 1);
}

#[test]
fn pictures_by_their_names() {
    let names = ["a.png", "b.JPG", "c.jpeg", "d.txt", "png"];
    let pictures = names.map(|name| is_picture(name.as_ref()));
    assert_eq!(pictures, [true, true, true, false, false]);
}

//! A web page with pictures and what they show.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use resnet_figures::svg::escape;
use resnet_runtime::{Interpolation, write_atomically};

use super::report::Answer;
use crate::format::percent;
use crate::images::Seen;

/// Pixels of a thumbnail's longer side.
const SIDE: usize = 160;

const STYLE: &str = "\
:root{color-scheme:light dark;font:14px system-ui,sans-serif}\
body{margin:1.5rem}\
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:1.5rem}\
figure{margin:0;max-width:320px}\
img{width:160px;border-radius:4px}\
img.small{image-rendering:pixelated}\
figcaption{font-weight:600;overflow-wrap:anywhere}\
li{list-style:none;display:grid;grid-template-columns:1fr 4.5em 48px;gap:.5rem}\
li span+span{text-align:right;font-variant-numeric:tabular-nums}\
ul{margin:.25rem 0 0;padding:0}\
meter{width:48px}";

/// A page that grows picture by picture and needs no other file.
pub(crate) struct Sheet<'a> {
    path: &'a Path,
    title: String,
    body: String,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(path: &'a Path, model: &str) -> Self {
        Self {
            path,
            title: format!("What {model} sees"),
            body: String::new(),
        }
    }

    /// Adds a picture with its answers.
    pub(crate) fn add(&mut self, picture: &Seen, answers: &[Answer<'_>]) -> Result<()> {
        let (height, width) = (picture.pixels.height, picture.pixels.width);
        let scale = |side: usize| (side * SIDE / height.max(width)).max(1);
        // Small pictures stay as they are: the page enlarges them, and shows
        // the pixels of those that have few.
        let size = match height.max(width) > SIDE {
            true => [scale(height), scale(width)],
            false => [height, width],
        };
        let class = match height.max(width) <= SIDE / 2 {
            true => " class=\"small\"",
            false => "",
        };
        let small = picture.pixels.clone().resize(size, Interpolation::Bilinear);
        let name = escape(&picture.name);
        let data = base64(&small.to_png()?);
        write!(
            self.body,
            "<figure><img{class} alt=\"{name}\" src=\"data:image/png;base64,{data}\">\
             <figcaption>{}</figcaption><ul>",
            // Paths are long: lines end behind a folder where they can.
            name.replace('/', "/<wbr>")
        )?;
        for answer in answers {
            let (name, share) = (escape(&answer.name), f64::from(answer.probability));
            write!(
                self.body,
                "<li><span>{name}</span><span>{}</span><meter value=\"{share:.4}\"></meter></li>",
                percent(share)
            )?;
        }
        self.body.push_str("</ul></figure>\n");
        Ok(())
    }

    /// Writes the page.
    pub(crate) fn write(&self) -> Result<()> {
        let title = escape(&self.title);
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
             <body><h1>{title}</h1>\n<main>\n{}</main></body></html>\n",
            self.body
        );
        Ok(write_atomically(self.path, page.as_bytes())?)
    }
}

/// RFC 4648's base64.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            // A byte takes two digits, each further one another.
            let there = digit <= three.len();
            let value = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(if there {
                char::from(DIGITS[value])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_its_rfc() {
        let known = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in known {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}

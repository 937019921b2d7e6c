//! The classes of ImageNet.

/// The names of the 1000 classes of ImageNet's challenge of 2012, in the order
/// of torchvision's models and by its names.
pub const IMAGENET_CLASSES: &[&str] = &NAMES;

/// One name a line. From torchvision, under its BSD 3-clause licence.
const TEXT: &str = include_str!("imagenet.txt");

const NAMES: [&str; 1000] = {
    let mut names = [""; 1000];
    let mut rest = TEXT;
    let mut i = 0;
    while i < names.len() {
        let mut end = 0;
        while rest.as_bytes()[end] != b'\n' {
            end += 1;
        }
        names[i] = rest.split_at(end).0;
        rest = rest.split_at(end + 1).1;
        i += 1;
    }
    assert!(rest.is_empty());
    names
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_classes() {
        assert_eq!(IMAGENET_CLASSES[0], "tench");
        assert_eq!(IMAGENET_CLASSES[281], "tabby");
        assert_eq!(IMAGENET_CLASSES[999], "toilet tissue");
    }
}

//! "Did you mean": the known word that is nearest to a misspelt one.

use crate::diagnostics::{Diagnostic, Diagnostics};

/// The most words that are compared for the first mistake of a file; for later ones in proportion.
const COMPARED: usize = 10_000;

/// The nearest of the known words for the next mistake of a file of which these were `found`: only
/// those that people are shown are worth a search.
pub(crate) fn suggestion<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str>,
    found: &[Diagnostic],
) -> Option<&'a str> {
    let shown = found.len() < Diagnostics::SHOWN;
    let some = COMPARED / (found.len() + 1);
    shown
        .then(|| nearest(wanted, known.into_iter().take(some)))
        .flatten()
}

/// The nearest of the known words, if any is near. A word with other numbers in it is another
/// word: nobody who writes `layer3` means `layer1`.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    // Nobody misspells a word into one this long, and the distance takes quadratic time.
    if found.len() > 40 {
        return None;
    }
    let far = found.len().max(3) / 3;
    let near = known.into_iter().filter_map(|word| {
        let distance = match word.len().abs_diff(found.len()) <= 4 * far {
            true => distance(&found, word),
            false => usize::MAX,
        };
        if distance <= far {
            Some((distance, word))
        } else if is_part(word, &found) || is_part(&found, word) {
            Some((usize::MAX, word))
        } else {
            None
        }
    });
    let near = near.filter(|(_, word)| !differ_in_digits(&found, word));
    near.min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// Whether two words are the same but for digits.
fn differ_in_digits(a: &str, b: &str) -> bool {
    let b = b.to_lowercase();
    let letters = |c: &char| !c.is_numeric();
    a != b && a.chars().filter(letters).eq(b.chars().filter(letters))
}

/// Whether `part` is one of the words of `whole`, as `kernel` is of `kernel_size`.
fn is_part(part: &str, whole: &str) -> bool {
    whole.split(['_', '-', ' ']).any(|word| word == part)
}

/// How many letters to insert, delete, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // What both begin and end with costs nothing.
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev());
    let same = same.take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: &Vec<usize> = &before;
                best = best.min(swapped[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("stride", "stride"), 0);
        assert_eq!(distance("strid", "stride"), 1);
        assert_eq!(distance("strdie", "stride"), 1);
        assert_eq!(distance("", "stride"), 6);
        assert_eq!(distance("layer1.0.con2", "layer1.1.conv2"), 2);
        assert_eq!(distance("aab", "aba"), 1);
        assert_eq!(distance("aa", "a"), 1);
    }

    #[test]
    fn finds_only_what_is_near() {
        let known = ["channels", "kernel", "stride"];
        assert_eq!(nearest("Stirde", known), Some("stride"));
        assert_eq!(nearest("kernel_size", known), Some("kernel"));
        assert_eq!(nearest("dropout", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn another_number_is_another_name() {
        let known = ["layer1", "layer2", "layer1.0.conv1", "layer1.0.conv2", "fc"];
        for name in ["layer3", "layer", "layer12", "Layer3", "layer1.7.conv1"] {
            assert_eq!(nearest(name, known), None, "{name}");
        }
        assert_eq!(nearest("layer1.0.cnov1", known), Some("layer1.0.conv1"));
        assert_eq!(nearest("Layer1", known), Some("layer1"));
        assert_eq!(nearest("lyaer1", known), Some("layer1"));
    }

    #[test]
    fn nothing_is_searched_for_what_is_not_shown() {
        let place = crate::diagnostics::Place::new(1, 1, 1);
        let code = crate::diagnostics::Code::UnknownKey;
        let found = |count| vec![Diagnostic::new(code, place, ""); count];
        let last = Diagnostics::SHOWN - 1;
        assert_eq!(
            suggestion("strid", ["stride"], &found(last)),
            Some("stride")
        );
        assert_eq!(suggestion("strid", ["stride"], &found(last + 1)), None);
    }
}

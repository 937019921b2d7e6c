//! "Did you mean": the known word that is nearest to a misspelt one.

/// The nearest of the known words, if any is near.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    // Nobody misspells a word into one this long, and the distance takes quadratic time.
    if found.len() > 40 {
        return None;
    }
    let near = known.into_iter().filter_map(|word| {
        let distance = distance(&found, word);
        if distance <= found.len().max(3) / 3 {
            Some((distance, word))
        } else if is_part(word, &found) || is_part(&found, word) {
            Some((usize::MAX, word))
        } else {
            None
        }
    });
    near.min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// Whether `part` is one of the words of `whole`, as `kernel` is of `kernel_size`.
fn is_part(part: &str, whole: &str) -> bool {
    whole.split(['_', '-', ' ']).any(|word| word == part)
}

/// How many letters to insert, delete, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
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
    }

    #[test]
    fn finds_only_what_is_near() {
        let known = ["channels", "kernel", "stride"];
        assert_eq!(nearest("Stirde", known), Some("stride"));
        assert_eq!(nearest("kernel_size", known), Some("kernel"));
        assert_eq!(nearest("dropout", known), None);
        assert_eq!(nearest("", known), None);
    }
}

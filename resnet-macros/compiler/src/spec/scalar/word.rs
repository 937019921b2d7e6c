//! Names, texts, and words of which the language knows a few.

use super::Scalar;
use crate::diagnostics::{Code, Diagnostic, shorten};
use crate::spec::decode::Decoder;
use crate::spec::name;
use crate::spec::suggest::suggestion;
use crate::spec::table::{Absent, Case, Choice, Field, Kind, Variant};
use crate::spec::tree::{Node, Value};

impl Scalar for String {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node);
        };
        let diagnostic = match field.rule.kind {
            Kind::Name => module_name_fault(text, node),
            Kind::LayerName => layer_name_fault(text, node),
            _ => None,
        };
        match diagnostic {
            Some(diagnostic) => decoder.tell(diagnostic),
            None => Some(text.clone()),
        }
    }
}

fn module_name_fault(text: &str, node: &Node) -> Option<Diagnostic> {
    let fault = name::fault(text)?;
    let name = shorten(text);
    let message = format!("the name `{name}` {fault}, expected a name in snake_case");
    let diagnostic = Diagnostic::new(Code::InvalidName, node.place, message);
    Some(match name::snake_case(text) {
        Some(better) => diagnostic.help(format!("write `{better}`")),
        None => diagnostic.help("it becomes the name of a Rust module, such as `resnet18`"),
    })
}

fn layer_name_fault(text: &str, node: &Node) -> Option<Diagnostic> {
    let fault = name::layer_fault(text)?;
    let message = format!("the layer's name `{}` {fault}", shorten(text));
    let help = "a layer's name is words of letters, digits and `_` with dots between them, such \
                as `layer1.0.conv1`";
    Some(Diagnostic::new(Code::InvalidLayerName, node.place, message).help(help))
}

/// Decodes one of the words of `C`.
pub(crate) fn choice<C: Choice>(
    decoder: &mut Decoder<'_>,
    field: &Field,
    node: &Node,
) -> Option<C> {
    let Value::Text(word) = &node.value else {
        return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node);
    };
    let words = C::WORDS.iter().map(|word| word.word);
    C::from_word(word).or_else(|| {
        let unknown = unknown(decoder, field, node, word, words);
        decoder.tell(unknown)
    })
}

/// The word that holds for a key that is left out.
pub(crate) fn choice_absent<C: Choice>(absent: Absent) -> Option<C> {
    match absent {
        Absent::Word(word) => C::from_word(word),
        _ => None,
    }
}

/// Decodes one of the words of `V`: `word`, or `word: {key: value}`.
pub(crate) fn variant<V: Variant>(
    decoder: &mut Decoder<'_>,
    field: &Field,
    node: &Node,
) -> Option<V> {
    let none = Node {
        value: Value::Mapping(Vec::new()),
        place: node.place,
    };
    let (word, keys, written) = match &node.value {
        Value::Text(word) => (word, &none, node.place),
        Value::Mapping(entries) if entries.len() == 1 => {
            let (word, keys) = &entries[0];
            (&word.value, keys, word.place)
        }
        _ => return decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node),
    };
    let words = V::CASES.iter().map(|case| case.word);
    if words.clone().any(|known| known == word) {
        return V::decode(word, decoder, keys);
    }
    let at = Node {
        value: Value::Null,
        place: written,
    };
    let diagnostic = unknown(decoder, field, &at, word, words);
    let of_case = |case: &&Case| {
        let fields = case.fields.unwrap_or_default();
        fields.iter().any(|field| field.name == word)
    };
    decoder.tell(match V::CASES.iter().find(of_case) {
        Some(case) => {
            let help = format!(
                "`{word}` is a key of `{}`: write `{}: {{{}: {{{word}: ...}}}}`",
                case.word, field.name, case.word
            );
            diagnostic.help(help)
        }
        None => diagnostic,
    })
}

/// The word that holds for a key that is left out.
pub(crate) fn variant_absent<V: Variant>(absent: Absent) -> Option<V> {
    match absent {
        Absent::Word(word) => V::bare(word),
        _ => None,
    }
}

/// That a word is none of those that are known.
fn unknown(
    decoder: &Decoder<'_>,
    field: &Field,
    node: &Node,
    word: &str,
    words: impl Iterator<Item = &'static str>,
) -> Diagnostic {
    let (found, expected) = (shorten(word), field.rule.kind.expected());
    let message = format!("found `{found}` for `{}`, expected {expected}", field.name);
    let diagnostic = Diagnostic::new(Code::UnknownChoice, node.place, message);
    match suggestion(word, words, &decoder.found) {
        Some(word) => diagnostic.help(format!("did you mean `{word}`?")),
        None => diagnostic,
    }
}

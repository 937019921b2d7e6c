//! What classes are called: a list, or a word for one that is known.

use super::decode::{Decode, Decoder};
use super::table::{Choice, Field, Kind, Rule, choice};
use super::tree::{Node, Value};
use crate::diagnostics::{Located, Place};

choice! {
    /// Lists of classes that have a name.
    pub enum ClassSet {
        /// The 1000 classes of ImageNet's challenge of 2012, as torchvision calls them.
        Imagenet = "imagenet",
    }
}

impl ClassSet {
    /// How many classes it has.
    pub fn count(self) -> usize {
        match self {
            Self::Imagenet => 1000,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Imagenet => "imagenet",
        }
    }
}

/// Names of all classes, in the order of the outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassNames {
    /// Those of a known list.
    Set(Located<ClassSet>),
    /// These.
    List(Vec<Located<String>>),
}

impl ClassNames {
    /// What `class_names` holds.
    pub(super) const fn rule() -> Rule {
        const LIST: Kind = Kind::Values {
            item: &Kind::Text,
            min: 1,
            max: 16_384,
        };
        Rule::required(Kind::Either(ClassSet::WORDS, &LIST))
    }

    /// How many classes are named.
    pub fn count(&self) -> usize {
        match self {
            Self::Set(set) => set.value.count(),
            Self::List(names) => names.len(),
        }
    }

    /// The names that the spec itself lists.
    pub fn listed(&self) -> &[Located<String>] {
        match self {
            Self::Set(_) => &[],
            Self::List(names) => names,
        }
    }

    /// Where the names end.
    pub fn end(&self) -> Option<Place> {
        match self {
            Self::Set(set) => Some(set.place),
            Self::List(names) => names.last().map(|name| name.place),
        }
    }
}

impl Decode for ClassNames {
    fn decode(decoder: &mut Decoder<'_>, field: &Field, node: &Node) -> Option<Self> {
        let Kind::Either(_, list) = field.rule.kind else {
            return None;
        };
        match &node.value {
            Value::Text(_) => Decode::decode(decoder, field, node).map(Self::Set),
            Value::Sequence(_) => {
                let rule = Rule::required(*list);
                let field = Field { rule, ..*field };
                Decode::decode(decoder, &field, node).map(Self::List)
            }
            _ => decoder.wrong_type(&format!("`{}`", field.name), &field.rule.kind, node),
        }
    }
}

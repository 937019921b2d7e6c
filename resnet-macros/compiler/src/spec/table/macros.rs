//! The macros that declare types together with their tables.

/// Declares a struct and the table of its keys. The struct also gets the `place` of its mapping.
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        pub struct $Name:ident {
            $($(#[doc = $about:literal])* $field:ident: $Type:ty = $rule:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name {
            $($(#[doc = $about])* pub $field: $Type,)*
            /// Where the mapping is written.
            pub place: $crate::diagnostics::Place,
        }

        impl $crate::spec::table::Record for $Name {
            const FIELDS: &'static [$crate::spec::table::Field] = &[
                $($crate::spec::table::Field {
                    name: stringify!($field),
                    doc: concat!($($about),*).trim_ascii(),
                    rule: $rule,
                },)*
            ];

            fn decode(mapping: &mut $crate::spec::decode::Entries<'_, '_>) -> Option<Self> {
                // All of them are read before the first mistake ends it.
                $(let $field = mapping.read(stringify!($field));)*
                Some(Self { $($field: $field?,)* place: mapping.place() })
            }
        }
    };
}

/// Declares an enum and the words that the spec has for it.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])*
        pub enum $Name:ident {
            $($(#[doc = $about:literal])* $Variant:ident = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $($(#[doc = $about])* $Variant,)*
        }

        impl $crate::spec::table::Choice for $Name {
            const WORDS: &'static [$crate::spec::table::Word] = &[
                $($crate::spec::table::Word {
                    word: $word,
                    doc: concat!($($about),*).trim_ascii(),
                },)*
            ];

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$Variant),)*
                    _ => None,
                }
            }
        }

        impl $crate::spec::scalar::Scalar for $Name {
            fn decode(
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                field: &$crate::spec::table::Field,
                node: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $crate::spec::scalar::choice(decoder, field, node)
            }

            fn absent(absent: $crate::spec::table::Absent) -> Option<Self> {
                $crate::spec::scalar::choice_absent(absent)
            }
        }
    };
}

/// Declares an enum of words, of which some hold a `record!` with the keys that go with them.
macro_rules! variant {
    (
        $(#[doc = $doc:literal])*
        pub enum $Name:ident {
            $($(#[doc = $about:literal])* $Variant:ident $(($Keys:ty))? = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $Name {
            $($(#[doc = $about])* $Variant $(($Keys))?,)*
        }

        impl $crate::spec::table::Variant for $Name {
            const CASES: &'static [$crate::spec::table::Case] = &[
                $($crate::spec::table::Case {
                    word: $word,
                    doc: concat!($($about),*).trim_ascii(),
                    fields: $crate::spec::table::variant!(@fields $($Keys)?),
                },)*
            ];

            fn decode(
                word: &str,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                keys: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $(if word == $word {
                    return $crate::spec::table::variant!(@read $Variant $(($Keys))?; word, decoder, keys);
                })*
                None
            }

            fn bare(word: &str) -> Option<Self> {
                $(if word == $word {
                    return $crate::spec::table::variant!(@bare $Variant $(($Keys))?);
                })*
                None
            }
        }

        impl $crate::spec::scalar::Scalar for $Name {
            fn decode(
                decoder: &mut $crate::spec::decode::Decoder<'_>,
                field: &$crate::spec::table::Field,
                node: &$crate::spec::tree::Node,
            ) -> Option<Self> {
                $crate::spec::scalar::variant(decoder, field, node)
            }

            fn absent(absent: $crate::spec::table::Absent) -> Option<Self> {
                $crate::spec::scalar::variant_absent(absent)
            }
        }
    };
    (@bare $Variant:ident) => { Some(Self::$Variant) };
    (@bare $Variant:ident($Keys:ty)) => {
        $crate::spec::decode::defaults::<$Keys>().map(Self::$Variant)
    };
    (@fields) => { None };
    (@fields $Keys:ty) => { Some(<$Keys as $crate::spec::table::Record>::FIELDS) };
    (@read $Variant:ident; $word:ident, $decoder:ident, $keys:ident) => {
        $decoder.no_keys($word, $keys).then_some(Self::$Variant)
    };
    (@read $Variant:ident($Keys:ty); $word:ident, $decoder:ident, $keys:ident) => {
        $decoder.record::<$Keys>(&format!("`{}`", $word), $keys).map(Self::$Variant)
    };
}

pub(in crate::spec) use {choice, record, variant};

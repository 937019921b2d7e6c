//! Every code a diagnostic can carry, in one table.

/// Declares [`Code`] from the table below: identifier, variant, one-line title.
macro_rules! codes {
    ($($id:ident $variant:ident $title:literal,)*) => {
        /// What kind of mistake a diagnostic reports. Identifiers never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!(stringify!($id), ": ", $title, ".")] $variant,)*
        }

        impl Code {
            /// All codes, in the order of their identifiers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable identifier, such as `E0301`.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($id),)*
                }
            }

            /// What the code stands for, in one line.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)*
                }
            }
        }
    };
}

codes! {
    // The file.
    E0101 FileMissing "the spec file does not exist",
    E0102 FileIsDirectory "the path names a directory, not a spec file",
    E0103 FileUnreadable "the spec file cannot be read",
    E0104 FileTooLarge "the spec file is over the size limit",
    E0105 NotUtf8 "the spec file is not UTF-8 text",
    E0106 Utf16 "the spec file is UTF-16 text",

    // Its text.
    E0111 NothingWritten "the spec is empty",
    E0112 ControlCharacter "the spec contains an invisible character that YAML forbids",
    E0113 TabIndentation "a line is indented with a tab",
    E0114 Directive "a line is a YAML directive",

    // Its YAML.
    E0201 Syntax "the text is not valid YAML",
    E0202 TooDeep "values are nested too deeply",
    E0203 TooManyValues "the spec holds too many values",
    E0204 SecondDocument "the file holds a second YAML document",
    E0205 DuplicateKey "a key is written twice in one mapping",
    E0206 KeyNotWord "a key is not a plain word",
    E0207 TagUsed "a value carries a YAML tag",
    E0208 AliasInsideItself "an alias stands inside the value that it repeats",
    E0209 MergeKey "a mapping is merged with `<<`",

    // One key.
    E0301 UnknownKey "a key is not known",
    E0302 MissingKey "a required key is missing",
    E0303 WrongType "a value is of the wrong type",
    E0304 NoValue "a key has no value",
    E0305 NotWholeNumber "a number is not written as a whole number",
    E0306 OutOfRange "a number is outside its allowed range",
    E0307 UnknownChoice "a value is not one of the allowed words",
    E0308 InvalidName "a name is not a valid Rust module name",
    E0309 ListLength "a list has too few or too many items",

    // Several keys together.
    E0401 PaddingTooLarge "a padding is too large for its kernel",

    // Shapes and sizes.
    E0501 BranchShapesDiffer "the branches of a residual addition differ in shape",
    E0502 KernelExceedsInput "a kernel is larger than its padded input",
    E0503 EmptyOutput "an output would have no elements",
    E0504 ModelTooLarge "a size overflows, or the model is too large",
    E0505 IdentityReducesChannels "an identity shortcut cannot reduce channels",
    E0506 DuplicateParameter "two parameters have the same name",

    // The compiler.
    E0901 Internal "an invariant of the compiler does not hold: this is a bug in it",
}

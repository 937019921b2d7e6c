//! Every code a diagnostic can carry, in one table.

use super::example::{Example, example};

/// Declares [`Code`] from the table below: identifier, variant, one-line
/// title, then its cause and how to mend it, and an example if it isn't a spec
/// in a file of `examples` that is named after the code.
macro_rules! codes {
    ($($id:ident $variant:ident $title:literal $cause:literal $mend:literal
        $($how:ident $($call:literal)?)?,)*) => {
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

            /// Why it happens.
            pub const fn cause(self) -> &'static str {
                match self {
                    $(Self::$variant => $cause,)*
                }
            }

            /// What to do about it.
            pub const fn mend(self) -> &'static str {
                match self {
                    $(Self::$variant => $mend,)*
                }
            }

            /// The least that is refused with it; none for a bug of the compiler.
            pub const fn example(self) -> Option<Example> {
                match self {
                    $(Self::$variant => example!($id $($how $($call)?)?),)*
                }
            }
        }
    };
}

codes! {
    // The file.
    E0101 FileMissing "the spec file does not exist"
        "The macro counts paths from the folder of the crate's Cargo.toml, then from the folder of the source file that invokes it; the tool counts them from the working directory."
        "Correct the path, or move the file."
        call "resnet!(\"specs/missing.yaml\");",
    E0102 FileIsDirectory "the path names a directory, not a spec file"
        "A spec is one YAML file, and the path leads to a folder."
        "Name the file in that folder."
        call "resnet!(\"specs\");",
    E0103 FileUnreadable "the spec file cannot be read"
        "The system refused to open or read the file; the message tells its reason."
        "Give yourself permission to read the file, or look at the disk."
        call "resnet!(\"specs/digits.yaml/net\");",
    E0104 FileTooLarge "the spec file is over the size limit"
        "Specs take a few hundred bytes and are read up to 1 MiB: this is probably another kind of file."
        "Check the path."
        call "resnet!(\"specs/weights.safetensors\");",
    E0105 NotUtf8 "the spec file is not UTF-8 text"
        "Some byte of the file is no part of UTF-8 text; the message tells which. An editor may have saved it in an older encoding."
        "Save the file as UTF-8."
        call "resnet!(\"specs/latin1.yaml\");",
    E0106 Utf16 "the spec file is UTF-16 text"
        "The file begins with the mark of UTF-16, as some editors on Windows write it."
        "Save the file as UTF-8."
        call "resnet!(\"specs/utf16.yaml\");",

    // Its text.
    E0111 NothingWritten "the spec is empty"
        "The file holds nothing, or nothing but comments."
        "Write at least `model`, `input`, `stem`, `block`, `stages` and `head`.",
    E0112 ControlCharacter "the spec contains an invisible character that YAML forbids"
        "YAML forbids most invisible characters; they come in with text that was copied from elsewhere."
        "Delete the character at the place shown.",
    E0113 TabIndentation "a line is indented with a tab"
        "YAML indents with spaces only."
        "Replace the tab by spaces.",
    E0114 Directive "a line is a YAML directive"
        "Lines that begin with `%` speak to YAML parsers; a spec needs none."
        "Delete the line.",

    // Its YAML.
    E0201 Syntax "the text is not valid YAML"
        "The text breaks YAML's rules: often a bracket or quote that isn't closed, or a line that is indented by accident."
        "Mend the place shown, or the line before it.",
    E0202 TooDeep "values are nested too deeply"
        "Values stand inside one another far deeper than any key of a spec asks for."
        "Write the value where it belongs, or close the brackets before it.",
    E0203 TooManyValues "the spec holds too many values"
        "The file holds, or its aliases unfold to, more values than any spec has use for."
        "Write fewer values; a stage's `blocks` repeats blocks.",
    E0204 SecondDocument "the file holds a second YAML document"
        "`---` begins a second document; a file describes one network."
        "Move the second network to a file of its own.",
    E0205 DuplicateKey "a key is written twice in one mapping"
        "The same key stands twice in one mapping, so that one of its values would be lost."
        "Delete one of the two.",
    E0206 KeyNotWord "a key is not a plain word"
        "Keys of a spec are plain words; this one is a list, a mapping, a number or the like."
        "Write one of the keys that the message lists.",
    E0207 TagUsed "a value carries a YAML tag"
        "Tags such as `!!str` give values another type; a spec's keys know the types of their values."
        "Delete the tag.",
    E0208 AliasInsideItself "an alias stands inside the value that it repeats"
        "`*name` repeats the value marked `&name`, and stands inside that very value."
        "Write the value out.",
    E0209 MergeKey "a mapping is merged with `<<`"
        "`<<` merges mappings, which older YAML knows and a spec doesn't."
        "Write the keys out.",

    // One key.
    E0301 UnknownKey "a key is not known"
        "No such key belongs here: it is misspelt, or belongs to another mapping."
        "Take the key that the message suggests, or one that it lists.",
    E0302 MissingKey "a required key is missing"
        "The mapping lacks a key that has no default."
        "Add the key.",
    E0303 WrongType "a value is of the wrong type"
        "The key wants another type of value, such as a number and not a word."
        "Write a value of the type that the message names.",
    E0304 NoValue "a key has no value"
        "Nothing, or `null`, follows the colon."
        "Write a value, or delete the key to take its default.",
    E0305 NotWholeNumber "a number is not written as a whole number"
        "Sizes and counts are whole numbers in decimal digits; `3.0`, `1e3` and `0x10` are not written so."
        "Write the number with decimal digits alone.",
    E0306 OutOfRange "a number is outside its allowed range"
        "The number is smaller or larger than makes sense for the key."
        "Choose a number in the range that the message tells.",
    E0307 UnknownChoice "a value is not one of the allowed words"
        "The key takes one of a few words, and this is none of them."
        "Write one of the words that the message lists.",
    E0308 InvalidName "a name is not a valid Rust module name"
        "The model's name becomes the name of a Rust module, so it has to be a Rust identifier and no keyword."
        "Use letters, digits and underscores, a letter first.",
    E0309 ListLength "a list has too few or too many items"
        "The list is empty, or longer than is allowed."
        "Give it as many items as the message asks for.",
    E0310 NotQuantity "a quantity is not written as a number with a unit"
        "A limit is a number above 0 with a unit that the key knows, such as `12M` or `8MiB`."
        "Write a number, and one of the units that the message lists.",
    E0311 InvalidLayerName "a name is not a valid name of a layer"
        "Layers name their parameters in files, where a name is words of letters, digits and `_` with dots between them."
        "Use letters, digits, underscores and dots.",
    E0312 WordTakesNoKeys "a word is given keys that it does not take"
        "Some words take keys of their own, as `leaky_relu: {slope: 0.1}` does; this one takes none."
        "Write the word alone.",

    // Several keys together.
    E0401 PaddingTooLarge "a padding is too large for its kernel"
        "With a padding of more than half the kernel, some windows would see nothing but padding."
        "Use at most half the kernel.",

    // Keys of the family form together.
    E0421 EmptyGroups "a width per group leaves no channel for a group"
        "A group has `width_per_group` channels in a stage of 64, and in proportion in others, rounded down: here to none."
        "Use a larger `width_per_group`, or more channels.",
    E0422 BasicHasGroups "basic blocks are given groups"
        "Only the 3x3 convolution of a bottleneck is grouped."
        "Leave `groups` out, or use bottlenecks.",
    E0423 BasicHasWidth "basic blocks are given a width per group"
        "Only bottlenecks have a width of their own; basic blocks have the stage's channels."
        "Leave `width_per_group` out, or use bottlenecks.",
    E0424 BasicHasStrideOn "basic blocks are told which convolution takes the steps"
        "`stride_on` chooses between convolutions of a bottleneck; a basic block's first one takes the steps."
        "Leave `stride_on` out, or use bottlenecks.",
    E0425 ReductionTooLarge "a squeeze reduces more channels than there are"
        "Squeeze and excitation divides the channels by `reduction`, which leaves less than one here."
        "Use a smaller `reduction`, or switch it off in this stage: `squeeze_excitation: none`.",
    E0426 PreActivationWithoutNorm "pre-activation without a norm"
        "Blocks with pre-activation begin with a norm, and the model has none."
        "Use `norm: batch`, or `order: post_activation`.",
    E0427 WidthWithoutDeepStem "a stem of one convolution is given a width"
        "`width` is what a deep stem has between its convolutions."
        "Leave `width` out, or use `kind: deep`.",
    E0428 DeepStemTooNarrow "a deep stem is too narrow"
        "The first convolutions of a deep stem would have no channels: they make `width`, and 3/4 of it in a tiered one."
        "Give the stem a larger `width`.",
    E0429 DilationWithStride "a stage begins to dilate and has a stride"
        "A dilation stands in for a stride, so that maps stay large; a stage that changes the dilation has none."
        "Leave the stride out, or the dilation.",
    E0431 DropPathWithoutShortcut "stochastic depth without a shortcut"
        "Stochastic depth leaves out main branches; without a shortcut nothing would be left."
        "Leave `drop_path` out, or use a shortcut.",
    E0432 DropPathOfOneBlock "stochastic depth of a single block"
        "Rates grow from 0 in the first block to `drop_path` in the last; a network of one block has the first only."
        "Leave `drop_path` out, or use more blocks.",
    E0433 BlurStrides "a blur with unequal strides"
        "Anti-aliasing takes the same steps along rows and columns."
        "Use one stride for both, or no anti-aliasing there.",
    E0434 ZeroWithoutNorm "norms start at zero, and there are none"
        "`zero_last_norm` is about the last norm of each block, and the model has no norms."
        "Leave `zero_last_norm` out, or use `norm: batch`.",
    E0435 ZeroWithoutShortcut "blocks without a shortcut start at zero"
        "A block whose last norm starts at 0 gives its shortcut; without one, it gives nothing, and learns nothing."
        "Leave `zero_last_norm` out, or use a shortcut.",

    // What is given, and pictures.
    E0441 NothingGiven "the network gives nothing"
        "The spec has neither `head` nor `outputs`."
        "Add one of the two.",
    E0442 UnknownOutput "an output names nothing"
        "`outputs` names layers, blocks, stages or the stem, and there is none of this name."
        "Take the name that the message suggests, or one that `resnet expand-spec` lists.",
    E0443 UnusedPart "a part of the network serves no output"
        "Nothing that the network gives depends on this part, so that it would never run."
        "Leave it out, or name an output that it makes.",
    E0444 ClassNamesCount "as many class names as classes are expected"
        "`class_names` lists one name for each class, in the order of the outputs."
        "Add or delete names, or correct `classes`.",
    E0445 ClassNamesWithoutHead "class names without classes"
        "The spec has no `head`, and so no classes to be named."
        "Leave `class_names` out, or add `head`.",
    E0446 DuplicateClassName "two classes have one name"
        "Results are shown by name, and could not be told apart."
        "Give each class a name of its own.",
    E0447 CropIsNotInput "a crop is not what the network takes"
        "What is cut out of a picture is the network's input, and has its height and width."
        "Leave `crop` out, or correct `input`.",
    E0448 CropExceedsResize "a crop is larger than the resized picture"
        "The picture's shorter side is resized first; no more than that can be cut out."
        "Use a larger `resize`.",
    E0449 NormalizationChannels "mean or deviation for another number of channels"
        "`mean` and `std` have one number for all channels, or one for each."
        "Give one number, or as many as the input has channels.",

    // Layers by name.
    E0461 FormsMixed "the family form and the layer form are mixed"
        "`layers` at the top level list the whole network; `stem`, `block`, `stages`, `head` and what goes with them describe another one beside it."
        "Delete `layers` or the other keys; a stage may have `layers` of its own.",
    E0462 NoOperator "a layer has no operator"
        "A layer is one operator, and this one only has a name, or a name and what it reads."
        "Give it one of the operators that the message lists.",
    E0463 SeveralOperators "a layer has several operators"
        "A layer is one operator, so that a name stands for one value."
        "Make a layer of each operator.",
    E0464 InputTwice "a layer says twice what it reads"
        "`add`, `concat` and `scale` list the layers that they read, and have no use for `input`."
        "Delete `input`, or move its layer to the list.",
    E0465 InputUnknown "a layer reads one that there is none of"
        "No layer has this name: it is misspelt, or the layer was deleted or renamed."
        "Take the name that the message suggests, or that of another layer.",
    E0466 DuplicateLayer "two layers have the same name"
        "A name stands for one layer, and for the parameters in files that begin with it."
        "Rename one of the two.",
    E0467 ReservedName "a layer has a name that is taken"
        "`input` stands for the images, `output` for what the network gives, and names that begin with `d_` for gradients."
        "Choose another name.",
    E0468 NameHidesAnother "a layer's name hides something that belongs to another"
        "The name is that of another layer's parameter, such as `conv1.weight`, or of a part of its sum, such as `sum.1`."
        "Rename the layer.",
    E0469 LayerCycle "layers read one another in a circle"
        "Each of these layers waits for another of them, so that none could be computed first."
        "Let one of them read a layer that does not depend on it.",
    E0470 UnusedLayer "nothing reads a layer"
        "The layer is computed for nothing: no other layer reads it, and it is no output of the network."
        "Delete it, let another layer read it, or name it in `outputs`.",
    E0471 OutputTwice "two outputs are the same layer"
        "Both names would stand for the same values."
        "Delete one of the two.",
    E0472 StageMixed "a stage lists layers and has other keys of blocks"
        "`layers` say all that a stage's blocks are made of; other keys would have nothing to say."
        "Delete `layers` or the other keys; only `blocks` goes with both.",
    E0473 ClassNamesUnmatched "the class names are not as many as the network's values"
        "`class_names` lists one name for each value of the main output, in their order."
        "Add or delete names, or correct the last layer.",

    // Shapes and sizes.
    E0501 BranchShapesDiffer "the branches of a residual addition differ in shape"
        "A residual addition adds two maps of one shape, and its branches end in different ones."
        "Make channels and strides of both branches agree, use `shortcut: projection`, which adapts them, or put the convolution on the branch that the message proposes.",
    E0502 KernelExceedsInput "a kernel is larger than its padded input"
        "The window is larger than the map that it slides over, padding included: strides before it made the map small."
        "Use a smaller kernel, fewer strides or a larger input.",
    E0504 ModelTooLarge "a size overflows, or the model is too large"
        "Some size is more than any machine holds, or overflows."
        "Make the input, the channels, the kernel or the number of blocks smaller.",
    E0505 IdentityReducesChannels "an identity shortcut cannot reduce channels"
        "An identity shortcut copies channels and fills up with zeros; it has no way to leave channels out."
        "Use `shortcut: projection`, or keep the channels.",
    E0507 ConcatSizesDiffer "the inputs of a concatenation differ in height or width"
        "A concatenation puts the channels of its inputs one after the other, so that all of them need one height and one width."
        "Give all inputs the same strides, or pool the larger ones.",
    E0508 ScaleShapeDiffers "the scales of a map are not one for each of its channels"
        "A scaling multiplies each channel of a map by one number, and the second input is not one pixel of as many channels."
        "Pool the second input to one pixel, and let it have the channels of the map.",
    E0509 LinearNeedsPixel "a fully connected layer reads a map of several pixels"
        "A fully connected layer has one weight for each value that it reads and makes, and here it reads a map, not one pixel."
        "Pool the map to one pixel before it.",
    E0510 GroupsDontDivide "the groups of a convolution don't divide its channels"
        "Each group reads and makes as many channels as every other, so that the number of groups divides both numbers of channels."
        "Choose a number of groups that divides both.",

    // Limits.
    E0601 TooManyParameters "the network has more parameters than its limit"
        "The spec's `limits` allow fewer; the message tells by how much it exceeds them, and where most are."
        "Make the layers that the message names smaller, or raise the limit.",
    E0602 TooManyMacs "the network takes more multiply-adds than its limit"
        "The spec's `limits` allow fewer; the message tells by how much it exceeds them, and where most are."
        "Make the layers that the message names smaller, or raise the limit.",
    E0603 TooMuchInferenceMemory "inference takes more memory than its limit"
        "The spec's `limits` allow less; the message tells by how much it exceeds them, and where most is."
        "Make the layers that the message names smaller, or raise the limit.",
    E0604 TooMuchTrainingMemory "training takes more memory than its limit"
        "The spec's `limits` allow less; the message tells by how much it exceeds them, and where most is."
        "Make the layers that the message names smaller, or raise the limit.",

    // Options beside the spec.
    E0701 UnknownLayer "a name given to `freeze` belongs to no layer"
        "`freeze` takes names of layers with parameters, or the beginnings of such names up to a dot; the model has none like this."
        "Take the name that the message suggests; `resnet graph FILE --stage lowered` lists the layers."
        call "resnet!(\"specs/digits.yaml\", freeze = [\"layer9\"]);",
    E0702 NothingToTrain "every layer is frozen"
        "`freeze` names every layer that has parameters, so that a training step would change nothing."
        "Freeze fewer layers, or compile with `training = false`."
        call "resnet!(\"specs/digits.yaml\", freeze = [\"conv1\", \"bn1\", \"layer1\", \"layer2\", \"layer3\", \"fc\"]);",

    // The compiler.
    E0901 Internal "an invariant of the compiler does not hold: this is a bug in it"
        "A stage of the compiler broke a rule that the next one relies on."
        "Nothing in the spec is wrong: please report it, with the spec."
        none,
}

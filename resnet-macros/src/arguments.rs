//! What stands between the parentheses of `resnet!(...)`.

use proc_macro2::TokenTree;
use quote::quote;
use resnet_compiler::spec::suggest::nearest;
use resnet_compiler::{Choice, Element, Options, Recompute};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitBool, LitInt, LitStr, Path, Token, Visibility, bracketed};

/// Every option, as messages show it.
const OPTIONS: [(&str, &str); 9] = [
    ("algorithm", "algorithm = auto|direct|winograd"),
    ("crate", "crate = path::to::runtime"),
    ("element", "element = f32|f64"),
    ("freeze", "freeze = [\"layer1\", ...]"),
    ("max_batch", "max_batch = 8"),
    ("recompute", "recompute = none|block|stage"),
    ("training", "training = false"),
    ("tuning", "tuning = \"NAME.tuning.yaml\""),
    ("weights", "weights = \"NAME.safetensors\""),
];

/// A path and options.
pub(crate) struct Arguments {
    /// The spec's path, as written.
    pub(crate) path: LitStr,
    /// `freeze = ["layer1"]`: layers that aren't trained.
    pub(crate) freeze: Vec<LitStr>,
    /// `weights = "..."`: the path of weights for the program to hold.
    pub(crate) weights: Option<LitStr>,
    /// `tuning = "..."`: the path of measured algorithms.
    pub(crate) tuning: Option<LitStr>,
    /// What the other options choose.
    pub(crate) options: Options,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let visibility: Visibility = input.parse()?;
        let named = input.peek(Ident::peek_any) && input.peek2(Token![=]);
        let module = match named {
            true => {
                let name: Ident = input.parse()?;
                input.parse::<Token![=]>()?;
                Some(name)
            }
            false => None,
        };
        let path = input.parse().map_err(|error| {
            let mend = "expected the path of a spec: resnet!(\"specs/NAME.yaml\")";
            syn::Error::new(error.span(), mend)
        })?;
        let mut arguments = Self {
            path,
            freeze: Vec::new(),
            weights: None,
            tuning: None,
            options: Options {
                visibility: quote!(#visibility),
                module,
                ..Options::default()
            },
        };
        arguments.parse_options(input)?;
        Ok(arguments)
    }
}

impl Arguments {
    /// Options up to the end; all mistakes in them are told at once.
    fn parse_options(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let mut given: Vec<Ident> = Vec::new();
        let mut mistakes = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option = input.call(Ident::parse_any)?;
            if given.contains(&option) {
                let message = format!("the option `{option}` is given twice");
                mistakes.push(syn::Error::new(option.span(), message));
            }
            if let Err(mistake) = self.parse_option(&option, input) {
                mistakes.push(mistake);
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
            }
            given.push(option);
        }
        if !self.options.training
            && let Some(freeze) = given.iter().find(|option| *option == "freeze")
        {
            let message = "`training = false` leaves nothing to freeze: take out one of the two";
            mistakes.push(syn::Error::new(freeze.span(), message));
        }
        if self.tuning.is_some()
            && let Some(algorithm) = given.iter().find(|option| *option == "algorithm")
        {
            let message = "`tuning` says how convolutions are computed: take out one of the two";
            mistakes.push(syn::Error::new(algorithm.span(), message));
        }
        let all = mistakes.into_iter().reduce(|mut all, mistake| {
            all.combine(mistake);
            all
        });
        all.map_or(Ok(()), Err)
    }

    /// The rest of one option, behind its name.
    fn parse_option(&mut self, option: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let name = option.to_string();
        let known = OPTIONS.iter().find(|(known, _)| *known == name);
        let (_, form) = known.ok_or_else(|| unknown(option))?;
        let expected = |what: &str| {
            let message = format!("expected {what}, as in `{form}`");
            move |error: syn::Error| syn::Error::new(error.span(), message)
        };
        input.parse::<Token![=]>().map_err(|_| {
            let message = format!("the option `{name}` needs a value, as in `{form}`");
            syn::Error::new(option.span(), message)
        })?;
        match name.as_str() {
            "crate" => {
                let path = input.call(Path::parse_mod_style);
                let path = path.map_err(expected("a path"))?;
                self.options.runtime = quote!(#path);
            }
            "element" => {
                let choices = [("f32", Element::F32), ("f64", Element::F64)];
                self.options.element = choice(input, &choices)?;
            }
            "algorithm" => {
                let choices = [
                    ("auto", Choice::Auto),
                    ("direct", Choice::Direct),
                    ("winograd", Choice::Winograd),
                ];
                self.options.algorithm = Some(choice(input, &choices)?);
            }
            "recompute" => {
                let choices = [
                    ("none", Recompute::None),
                    ("block", Recompute::Block),
                    ("stage", Recompute::Stage),
                ];
                self.options.recompute = Some(choice(input, &choices)?);
            }
            "training" => {
                let training: LitBool = input.parse().map_err(expected("`true` or `false`"))?;
                self.options.training = training.value();
            }
            "max_batch" => {
                let what = "a whole number of images, 1 or more";
                let images: LitInt = input.parse().map_err(expected(what))?;
                let value = images.base10_parse().ok().filter(|&images| images > 0);
                let outside = || expected(what)(syn::Error::new(images.span(), ""));
                self.options.max_batch = Some(value.ok_or_else(outside)?);
            }
            "weights" => {
                let path = input.parse().map_err(expected("the path of a file"))?;
                self.weights = Some(path);
            }
            "tuning" => {
                let path = input.parse().map_err(expected("the path of a file"))?;
                self.tuning = Some(path);
            }
            "freeze" => {
                self.freeze = list(input).map_err(expected("a list of names of layers"))?;
                let names = self.freeze.iter().map(LitStr::value);
                self.options.freeze = names.collect();
            }
            other => unreachable!("{other} is no option of the table"),
        }
        Ok(())
    }
}

/// The mistake of an option that doesn't exist.
fn unknown(option: &Ident) -> syn::Error {
    let name = option.to_string();
    let mend = match nearest(&name, OPTIONS.map(|(known, _)| known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let forms = OPTIONS.map(|(_, form)| format!("`{form}`"));
            format!("the options are {}", forms.join(", "))
        }
    };
    syn::Error::new(option.span(), format!("unknown option `{name}`: {mend}"))
}

/// One of a few words.
fn choice<T: Copy>(input: ParseStream<'_>, choices: &[(&str, T)]) -> syn::Result<T> {
    let word = input.call(Ident::parse_any);
    let found = word.as_ref().ok().map(Ident::to_string);
    let choice = choices
        .iter()
        .find(|(known, _)| found.as_deref() == Some(known));
    if let Some(&(_, choice)) = choice {
        return Ok(choice);
    }
    let words: Vec<_> = choices
        .iter()
        .map(|(word, _)| format!("`{word}`"))
        .collect();
    let span = word.map_or_else(|error| error.span(), |word| word.span());
    Err(syn::Error::new(
        span,
        format!("expected one of {}", words.join(", ")),
    ))
}

/// `["a", "b"]`.
fn list(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let items;
    bracketed!(items in input);
    let items = Punctuated::<LitStr, Token![,]>::parse_terminated(&items)?;
    Ok(items.into_iter().collect())
}

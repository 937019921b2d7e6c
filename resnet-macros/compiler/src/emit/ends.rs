//! What goes in and what comes out, as constants: outputs, names of classes,
//! and how pictures become images.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use resnet_geometry::Resize;

use super::Network;
use super::call::{number, pair, variant};
use super::info::sizes;
use crate::Options;
use crate::graph::Shape;
use crate::metadata::{ClassNames, Preprocessing};
use crate::outputs::{NamedOutput, outputs};
use crate::spec::ClassSet;

/// `OUTPUTS`, `CLASSES` (if the first output is a vector), `CLASS_NAMES` and
/// `PREPROCESSING`.
pub(super) fn items(network: &Network, options: &Options) -> TokenStream {
    let runtime = &options.runtime;
    let outputs = outputs(&network.inference.graph);
    let classes = classes(&outputs).map(|classes| {
        let classes = number(classes);
        quote! {
            /// Values of the first output.
            pub const CLASSES: usize = #classes;
        }
    });
    let outputs = outputs.iter().map(|output| {
        let name = &output.name;
        let (shape, offset) = (sizes(output.shape), number(output.offset));
        quote!(OutputInfo::new(#name, #shape, #offset))
    });
    let names = match &network.metadata.class_names {
        ClassNames::Set(ClassSet::Imagenet) => quote!(#runtime::IMAGENET_CLASSES),
        ClassNames::List(names) => quote!(&[#(#names),*]),
    };
    let preprocessing = preprocessing(&network.metadata.preprocessing);
    quote! {
        /// What comes out; `forward` returns the first.
        pub const OUTPUTS: &[OutputInfo] = &[#(#outputs),*];
        #classes
        /// Names of the classes, if the spec has any.
        pub const CLASS_NAMES: &[&str] = #names;
        /// How pictures become images.
        pub const PREPROCESSING: Preprocessing = #preprocessing;
    }
}

/// Values of the first output, if it is a vector.
pub(super) fn classes(outputs: &[NamedOutput]) -> Option<usize> {
    match outputs.first()?.shape {
        Shape {
            channels,
            height: 1,
            width: 1,
        } => Some(channels),
        _ => None,
    }
}

/// Only what the spec says, so that an empty one is `Preprocessing::NONE`.
fn preprocessing(preprocessing: &Preprocessing) -> TokenStream {
    let Preprocessing {
        resize,
        crop,
        interpolation,
        mean,
        std,
    } = preprocessing;
    let resize = resize.map(|resize| match resize {
        Resize::Shorter(side) => {
            let side = number(side);
            quote!(resize: Some(Resize::Shorter(#side)),)
        }
        Resize::Exact { height, width } => {
            let (height, width) = (number(height), number(width));
            quote!(resize: Some(Resize::Exact { height: #height, width: #width }),)
        }
    });
    let crop = crop.map(|crop| {
        let crop = pair(crop);
        quote!(crop: Some(#crop),)
    });
    let interpolation = interpolation.map(|interpolation| {
        let variant = variant(interpolation);
        quote!(interpolation: Some(Interpolation::#variant),)
    });
    let vector = |key: &str, values: &Option<Vec<f64>>| {
        let values = values
            .as_ref()?
            .iter()
            .copied()
            .map(Literal::f64_unsuffixed);
        let key = format_ident!("{key}");
        Some(quote!(#key: Some(&[#(#values),*]),))
    };
    let (mean, std) = (vector("mean", mean), vector("std", std));
    let said = quote!(#resize #crop #interpolation #mean #std);
    match said.is_empty() {
        true => quote!(Preprocessing::NONE),
        false => quote!(Preprocessing { #said ..Preprocessing::NONE }),
    }
}

#[cfg(test)]
mod tests {
    use resnet_geometry::Interpolation;

    use super::*;

    fn text(given: &Preprocessing) -> String {
        preprocessing(given).to_string().replace(' ', "")
    }

    #[test]
    fn preprocessing_says_what_the_spec_says() {
        assert_eq!(text(&Preprocessing::default()), "Preprocessing::NONE");
        let given = Preprocessing {
            resize: Some(Resize::Shorter(256)),
            crop: Some([224, 192]),
            interpolation: Some(Interpolation::Bicubic),
            mean: Some(vec![0.485, 0.5]),
            std: None,
        };
        assert_eq!(
            text(&given),
            "Preprocessing{resize:Some(Resize::Shorter(256)),crop:Some([224,192]),\
             interpolation:Some(Interpolation::Bicubic),mean:Some(&[0.485,0.5]),\
             ..Preprocessing::NONE}"
        );
        let (height, width) = (3, 4);
        let given = Preprocessing {
            resize: Some(Resize::Exact { height, width }),
            std: Some(vec![1.0]),
            ..Preprocessing::default()
        };
        assert_eq!(
            text(&given),
            "Preprocessing{resize:Some(Resize::Exact{height:3,width:4}),std:Some(&[1.0]),\
             ..Preprocessing::NONE}"
        );
    }
}

//! Preprocessing: does it make what the network takes?

use crate::diagnostics::{Code, Diagnostic, Located};
use crate::spec::{Preprocessing, Spec};

pub(super) fn check(spec: &Spec, found: &mut Vec<Diagnostic>) {
    let Some(preprocessing) = &spec.preprocessing else {
        return;
    };
    found.extend(crop_is_not_input(spec, preprocessing));
    found.extend(crop_exceeds_resize(spec, preprocessing));
    found.extend(channels(spec, "mean", preprocessing.mean.as_deref()));
    found.extend(channels(spec, "std", preprocessing.std.as_deref()));
}

fn crop_is_not_input(spec: &Spec, preprocessing: &Preprocessing) -> Option<Diagnostic> {
    let crop = preprocessing.crop?;
    let input = [spec.input.height.value, spec.input.width.value];
    (crop.value != input).then(|| {
        let [rows, columns] = crop.value;
        let [height, width] = input;
        let message = format!(
            "the crop is {rows}x{columns}, and the network takes images of {height}x{width}"
        );
        Diagnostic::new(Code::CropIsNotInput, crop.place, message)
            .label(spec.input.place, "the input")
            .help("leave `crop` out to cut out what the network takes")
    })
}

fn crop_exceeds_resize(spec: &Spec, preprocessing: &Preprocessing) -> Option<Diagnostic> {
    let resize = preprocessing.resize?;
    let input = [spec.input.height.value, spec.input.width.value];
    let crop = preprocessing.crop.map_or(input, |crop| crop.value);
    let side = crop[0].max(crop[1]);
    (side > resize.value).then(|| {
        let message = format!(
            "the shorter side is resized to {}, less than the {side} pixels that are cut out",
            resize.value
        );
        let place = preprocessing
            .crop
            .map_or(spec.input.place, |crop| crop.place);
        Diagnostic::new(Code::CropExceedsResize, resize.place, message)
            .label(place, "what is cut out")
            .help(format!("resize to at least {side}"))
    })
}

/// Reports a list that has neither one number nor one for each channel.
fn channels(spec: &Spec, key: &str, numbers: Option<&[Located<f64>]>) -> Option<Diagnostic> {
    let numbers = numbers?;
    let (count, channels) = (numbers.len(), spec.input.channels);
    (count != 1 && count != channels.value).then(|| {
        let message = format!(
            "`{key}` has {count} numbers for {} channels, expected one for each or one for all",
            channels.value
        );
        let place = numbers.first().map(|number| number.place);
        Diagnostic::new(Code::NormalizationChannels, place, message)
            .label(channels.place, "the channels")
            .help(match channels.value {
                1 => format!("give `{key}` 1 number"),
                channels => format!("give `{key}` 1 number, or {channels}"),
            })
    })
}

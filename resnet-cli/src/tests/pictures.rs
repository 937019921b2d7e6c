//! `predict`, `embed` and `preprocess`.

use std::fs;

use resnet_runtime::{Parameters, softmax};
use safetensors::SafeTensors;

use super::{fake, of};
use crate::images::Raster;

/// A folder with two pictures, a file that is none, and weights.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, pixels) in [("a.png", [0, 64, 128, 255]), ("b, c.png", [255, 0, 0, 0])] {
            let raster = Raster {
                height: 2,
                width: 2,
                channels: 1,
                pixels: pixels.to_vec(),
            };
            fs::write(folder.path(name), raster.to_png().unwrap()).unwrap();
        }
        fs::write(folder.path("no.jpg"), "no picture").unwrap();
        let parameters = Parameters::<f32>::init(&fake::INFO, 3);
        parameters.save(folder.path("w")).unwrap();
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// The logits of the first picture.
    fn logits(&self) -> Vec<f32> {
        let parameters = Parameters::<f32>::load(&fake::INFO, self.path("w")).unwrap();
        let weight = parameters.get("fc.weight").unwrap();
        let bias = parameters.get("fc.bias").unwrap();
        let pixels = [0.0, 64.0, 128.0, 255.0].map(|pixel: f32| pixel / 255.0);
        let rows = weight.chunks_exact(4).zip(bias);
        rows.map(|(row, bias)| bias + row.iter().zip(pixels).map(|(w, x)| w * x).sum::<f32>())
            .collect()
    }
}

#[test]
fn predict_prints_the_likeliest_classes() {
    let folder = Folder::new();
    let (a, w) = (folder.path("a.png"), folder.path("w"));
    let mut probabilities = vec![0.0; 4];
    softmax(&folder.logits(), &mut probabilities);
    let best = (0..4).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let best = best.unwrap();

    let text = fake(&["predict", "-w", &w, &a, "-k", "1"]).unwrap();
    let share = 100.0 * probabilities[best];
    assert_eq!(text, format!("{a}\n  {share:>6.2}%  class {best}\n"));

    fs::write(folder.path("names"), "one\ntwo\nthree\nfour\n").unwrap();
    let names = folder.path("names");
    let command = ["predict", "-w", &w, &a, "--labels", &names, "--json"];
    let line: serde_json::Value = serde_json::from_str(&fake(&command).unwrap()).unwrap();
    assert_eq!(line["file"], a);
    let classes = line["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 4);
    assert_eq!(classes[0]["class"], best);
    assert_eq!(classes[0]["name"], ["one", "two", "three", "four"][best]);
    let found = classes[0]["probability"].as_f64().unwrap() as f32;
    assert!((found - probabilities[best]).abs() < 1e-6);

    fs::write(&names, "one\n").unwrap();
    let error = fake(&command).unwrap_err().to_string();
    assert!(
        error.contains("names: found 1 names, expected 4"),
        "{error}"
    );
}

#[test]
fn predict_takes_folders_and_tells_what_it_cannot_read() {
    let folder = Folder::new();
    let (all, w, page) = (folder.path(""), folder.path("w"), folder.path("page.html"));
    let command = [
        "predict", "-w", &w, &all, "--csv", "--sheet", &page, "-k", "2", "-b", "2",
    ];
    // The pictures that are good come out all the same.
    let error = fake(&command).unwrap_err().to_string();
    assert_eq!(error, "1 of 3 pictures could not be read");
    let html = fs::read_to_string(&page).unwrap();
    assert_eq!(html.matches("<figure>").count(), 2);
    assert_eq!(html.matches("<li>").count(), 4);
    assert!(html.contains("b, c.png") && html.contains("data:image/png;base64,iVBOR"));

    fs::remove_file(folder.path("no.jpg")).unwrap();
    let table = fake(&command).unwrap();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 5, "{table}");
    assert_eq!(lines[0], "file,rank,class,name,probability");
    assert!(lines[1].contains("a.png,1,") && lines[2].contains("a.png,2,"));
    assert!(lines[3].starts_with('"') && lines[3].contains("b, c.png\",1,"));
}

#[test]
fn predict_refuses_networks_of_maps() {
    let folder = Folder::new();
    let command = ["predict", "-w", &folder.path("w"), &folder.path("a.png")];
    let error = of(&fake::MAPPED_NETWORK, &command).unwrap_err().to_string();
    assert!(
        error.contains("`mapped` doesn't classify images"),
        "{error}"
    );
}

#[test]
fn preprocessed_pictures_are_what_run_reads() {
    let folder = Folder::new();
    let (x, y, w) = (folder.path("x"), folder.path("y"), folder.path("w"));
    let (a, b) = (folder.path("a.png"), folder.path("b, c.png"));
    let text = fake(&["preprocess", &b, &a, "-o", &x]).unwrap();
    assert_eq!(text, format!("{b}\n{a}\n"));
    fake(&["run", "--weights", &w, "--input", &x, "--output", &y]).unwrap();
    let bytes = fs::read(&y).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("logits").unwrap();
    assert_eq!(tensor.shape(), [2, 4]);
    let numbers = tensor.data().as_chunks::<4>().0;
    let found = numbers[4..].iter().map(|bytes| f32::from_le_bytes(*bytes));
    for (found, expected) in found.zip(folder.logits()) {
        assert!((found - expected).abs() < 1e-6);
    }
}

#[test]
fn embed_writes_one_row_a_picture() {
    let folder = Folder::new();
    let (a, w) = (folder.path("a.png"), folder.path("w"));
    let csv = folder.path("v.csv");
    let text = fake(&["embed", "-w", &w, &a, "-o", &csv]).unwrap();
    assert_eq!(text, format!("{a}\n"));
    let table = fs::read_to_string(&csv).unwrap();
    let row = table.lines().nth(1).unwrap();
    let numbers: Vec<f32> = row.split(',').skip(1).map(|n| n.parse().unwrap()).collect();
    for (found, expected) in numbers.iter().zip(folder.logits()) {
        assert!((found - expected).abs() < 1e-6);
    }
    let refused = |arguments: &[&str], part: &str| {
        let command = [&["embed", "-w", &w, &a, "-o"], arguments].concat();
        let error = fake(&command).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refused(&["v.txt"], "ends in .safetensors, .npy, .csv or .parquet");
    let parquet = folder.path("v.parquet");
    #[cfg(not(feature = "parquet"))]
    refused(&[&parquet], "build it with `--features parquet`");
    #[cfg(feature = "parquet")]
    {
        fake(&["embed", "-w", &w, &a, "-o", &parquet]).unwrap();
        assert!(fs::read(&parquet).unwrap().starts_with(b"PAR1"));
    }
    refused(
        &["v.npy", "--feature", "maps"],
        "has no output `maps`, only `logits`",
    );
}

#[test]
fn packed_weights_answer_as_those_they_were_made_of() {
    let folder = Folder::new();
    let (a, w, packed) = (folder.path("a.png"), folder.path("w"), folder.path("p"));
    let text = fake(&["pack", "-w", &w, "-o", &packed]).unwrap();
    assert_eq!(text, format!("{packed}\n"));
    let expected = fake(&["predict", "-w", &w, &a, "--json"]).unwrap();
    assert_eq!(
        fake(&["predict", "-w", &packed, &a, "--json"]).unwrap(),
        expected
    );
    let features = folder.path("f.npy");
    fake(&["embed", "-w", &packed, &a, "-o", &features]).unwrap();
    // What needs the parameters says so.
    let maps = folder.path("maps");
    let explain = ["predict", "-w", &packed, &a, "--explain", &maps];
    let error = fake(&explain).unwrap_err().to_string();
    assert!(
        error.contains("--explain needs the weights themselves"),
        "{error}"
    );
    let error = fake(&["convert", &packed, "never"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("packed weights, which `predict`"), "{error}");
}

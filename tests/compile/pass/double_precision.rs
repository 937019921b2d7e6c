mod inner {
    resnet_runtime::resnet!("tiny.yaml", element = f64);

    pub(crate) fn classify(image: &[f64]) -> Result<Vec<f64>, resnet_runtime::Error> {
        let mut model = tiny::Model::new(&tiny::Weights::init(1), 1, 1)?;
        Ok(model.forward(image)?.to_vec())
    }
}

fn main() {
    assert_eq!(inner::classify(&[0.5; 3 * 16 * 16]).unwrap().len(), 10);
    assert!(inner::classify(&[0.5; 7]).is_err());
}

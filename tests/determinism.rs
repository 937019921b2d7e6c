//! Results depend on neither the number of threads nor on chance.

use resnet_runtime::{
    AdamW, DynNetwork, Lars, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy,
};

resnet!("specs/digits.yaml");
resnet!("tests/reference/specs/bottleneck_projection.yaml");
resnet!("tests/reference/specs/basic_identity.yaml");
resnet!("tests/gradients/every_operator.yaml");

const BATCH: usize = 6;

/// Weights, running statistics and outputs after 20 steps, as bits.
fn train(network: &dyn DynNetwork, threads: usize, optimizer: &Optimizer) -> Vec<u32> {
    let info = network.info();
    let parameters = Parameters::init(info, 3);
    let mut trainer = network.trainer(&parameters, BATCH, threads).unwrap();
    let len: usize = info.input.iter().product();
    let classes = info.classes().unwrap();
    let mut bits = Vec::new();
    for step in 0..20 {
        let images: Vec<f32> = (0..BATCH * len)
            .map(|i| ((i * 7919 + step * 104_729) % 1009) as f32 / 504.5 - 1.0)
            .collect();
        let labels: Vec<usize> = (0..BATCH).map(|i| (i + step) % classes).collect();
        let logits = trainer.forward(&images).unwrap().to_vec();
        let mut d_logits = vec![0.0; logits.len()];
        softmax_cross_entropy(&logits, &labels, classes, &mut d_logits);
        trainer.backward(&d_logits).unwrap();
        // What pads the channels adds nothing.
        let gradients = info.parameters.into_iter();
        let gradients = gradients.filter_map(|parameter| trainer.gradient(parameter.name));
        let squares: f64 = gradients.flatten().map(|g| f64::from(g).powi(2)).sum();
        let norm = trainer.clip_gradients(1.0);
        assert!((norm / squares.sqrt() - 1.0).abs() < 1e-5, "{norm}");
        trainer.update(optimizer).unwrap();
        trainer.average(0.9).unwrap();
        bits.extend(logits.iter().map(|v| v.to_bits()));
    }
    let parameters = trainer.parameters();
    for parameter in info.parameters {
        let values = parameters.get(parameter.name).unwrap();
        assert!(values.iter().all(|v| v.is_finite()));
        bits.extend(values.iter().map(|v| v.to_bits()));
    }
    let images = vec![0.5; BATCH * len];
    bits.extend(
        trainer
            .evaluate(&images)
            .unwrap()
            .iter()
            .map(|v| v.to_bits()),
    );
    let averaged = trainer.evaluate_averaged(&images).unwrap();
    bits.extend(averaged.iter().map(|v| v.to_bits()));
    bits
}

fn sgd() -> Optimizer {
    Optimizer::from(Sgd {
        lr: 0.05,
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    })
}

#[test]
fn every_optimizer_is_the_same_for_any_number_of_threads() {
    for optimizer in [AdamW::default().into(), Lars::default().into()] {
        let one = train(&digits::Network, 1, &optimizer);
        for threads in [2, 3] {
            assert!(one == train(&digits::Network, threads, &optimizer));
        }
    }
}

#[test]
fn training_is_the_same_to_the_bit_for_any_number_of_threads() {
    let networks: [&dyn DynNetwork; 4] = [
        &digits::Network,
        &bottleneck_projection::Network,
        &basic_identity::Network,
        &every_operator::Network,
    ];
    for network in networks {
        let one = train(network, 1, &sgd());
        assert_eq!(
            one,
            train(network, 1, &sgd()),
            "{}: twice the same",
            network.info().name
        );
        for threads in [2, 3] {
            let several = train(network, threads, &sgd());
            assert!(one == several, "{}: {threads} threads", network.info().name);
        }
    }
}

/// What dropout and stochastic depth drop follows from seed and step alone;
/// inference knows neither.
#[test]
fn chance_is_reproducible() {
    let network: &dyn DynNetwork = &every_operator::Network;
    let images = vec![0.5; BATCH * network.info().input.iter().product::<usize>()];
    let parameters = Parameters::init(network.info(), 3);
    let mut trainer = network.trainer(&parameters, BATCH, 2).unwrap();
    let mut forward = |seed, steps| {
        trainer.set_seed(seed);
        trainer.set_steps(steps);
        let outputs = trainer.forward(&images).unwrap().to_vec();
        assert_eq!(trainer.steps(), steps + 1);
        outputs
    };
    let first = forward(7, 0);
    let mut others = vec![first.clone()];
    for (seed, steps) in [(7, 1), (8, 0), (7 + (1 << 32), 0)] {
        let outputs = forward(seed, steps);
        assert!(!others.contains(&outputs), "seed {seed}, step {steps}");
        others.push(outputs);
    }
    assert_eq!(forward(7, 0), first);
    // A step later, as an uninterrupted training would go on.
    assert_eq!(trainer.forward(&images).unwrap(), others[1]);
    let evaluated = trainer.evaluate(&images).unwrap().to_vec();
    trainer.set_seed(8);
    assert_eq!(trainer.evaluate(&images).unwrap(), evaluated);
    assert_eq!(trainer.steps(), 2);
}

#[test]
fn images_of_a_batch_do_not_influence_each_other_in_inference() {
    let network: &dyn DynNetwork = &bottleneck_projection::Network;
    let info = network.info();
    let len: usize = info.input.iter().product();
    // More than go through the layers together.
    let batch = info.micro_batch(usize::MAX, 2) + 1;
    let images: Vec<f32> = (0..batch * len)
        .map(|i| (i % 101) as f32 / 50.0 - 1.0)
        .collect();
    let parameters = Parameters::init(info, 3);
    let mut model = network.model(&parameters, batch, 2).unwrap();
    let together = model.forward(&images).unwrap().to_vec();
    for (image, expected) in images
        .chunks(len)
        .zip(together.chunks(info.output_elements()))
    {
        assert_eq!(model.forward(image).unwrap(), expected);
    }
    let mut fork = model.fork();
    assert_eq!(fork.forward(&images).unwrap(), together);
}

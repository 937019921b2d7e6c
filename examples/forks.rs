//! How four forked models fare side by side: `cargo run --release --example
//! forks [THREADS]` prints images a second of one model alone and of four
//! that share its weights, each on a thread of its own and with so many
//! threads for itself.

use std::time::{Duration, Instant};

use resnet_runtime::resnet;

resnet!("specs/resnet18.yaml");

const TIME: Duration = Duration::from_secs(2);
const FORKS: usize = 4;

/// Images answered in [`TIME`].
fn serve(mut model: resnet18::Model) -> usize {
    let image = vec![0.5; 3 * 224 * 224];
    let start = Instant::now();
    let mut images = 0;
    while start.elapsed() < TIME {
        model.forward(&image).expect("one image is in the limit");
        images += 1;
    }
    images
}

fn main() -> Result<(), resnet_runtime::Error> {
    let threads = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let threads = threads.unwrap_or(2);
    let model = resnet18::Model::new(&resnet18::Weights::init(1), 1, threads)?;
    let alone = serve(model.fork());
    let together: usize = std::thread::scope(|scope| {
        let forks: Vec<_> = (0..FORKS)
            .map(|_| {
                let fork = model.fork();
                scope.spawn(move || serve(fork))
            })
            .collect();
        forks.into_iter().map(|fork| fork.join().unwrap_or(0)).sum()
    });
    let rate = |images: usize| images as f64 / TIME.as_secs_f64();
    println!(
        "{threads} thread(s) a model: one alone {:.1} images/s, {FORKS} together {:.1}",
        rate(alone),
        rate(together)
    );
    Ok(())
}

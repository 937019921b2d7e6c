//! A server's load: callers that share one network's weights, each with a model of
//! its own, ask again and again. Tells how long answers take, and whether memory
//! grows.
//!
//! ```text
//! cargo bench --bench load                      # ten seconds
//! cargo bench --bench load -- --minutes 10 --callers 4 --threads 2
//! ```

use std::time::{Duration, Instant};

use resnet_runtime::{Network, resnet};

resnet!("specs/resnet18.yaml", training = false);

fn main() {
    let minutes = option("--minutes").unwrap_or(1.0 / 6.0);
    let callers = option("--callers").unwrap_or(4.0) as usize;
    let threads = option("--threads").unwrap_or(2.0) as usize;
    let for_about = Duration::from_secs_f64(60.0 * minutes);

    let weights = resnet18::Weights::init(1);
    let mut first = resnet18::Model::new(&weights, 1, threads).expect("memory");
    let images = vec![0.5; resnet18::Network::INFO.input.iter().product()];
    let right = first.forward(&images).expect("an image").to_vec();

    println!(
        "resnet18, {callers} callers of models with {threads} threads each, {:.1} minutes",
        minutes
    );
    let start = Instant::now();
    let mut resident = Vec::new();
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..callers)
            .map(|_| {
                let (mut model, images, right) = (first.fork(), &images, &right);
                scope.spawn(move || {
                    let mut times = Vec::new();
                    while start.elapsed() < for_about {
                        let asked = Instant::now();
                        let logits = model.forward(images).expect("an image");
                        times.push(asked.elapsed().as_secs_f64());
                        assert_eq!(logits, right, "answers don't depend on the load");
                    }
                    times
                })
            })
            .collect();
        // Twenty looks at the memory, the first one when everything has run.
        for look in 0..20 {
            let due = for_about.mul_f64(0.1 + 0.9 * f64::from(look) / 20.0);
            std::thread::sleep(due.saturating_sub(start.elapsed()));
            resident.push(resident_mib());
        }
        let calls = calls.into_iter();
        calls
            .flat_map(|call| call.join().expect("no panic"))
            .collect()
    });
    times.sort_by(f64::total_cmp);
    let at = |share: f64| 1e3 * times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{} answers, {:.1} a second; p50 {:.2} ms, p90 {:.2}, p99 {:.2}, longest {:.2}; p99/p50 {:.2}",
        times.len(),
        times.len() as f64 / start.elapsed().as_secs_f64(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        at(0.99) / at(0.5)
    );
    // The times themselves are kept: eight bytes an answer.
    println!(
        "resident memory {:.1} MiB after a tenth of the time, {:.1} at the end, of which {:.1} are times",
        resident[0],
        resident[19],
        8.0 * times.len() as f64 / (1 << 20) as f64
    );
}

/// The number behind an option.
fn option(name: &str) -> Option<f64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)?.parse().ok()
}

/// Memory of this process that the system holds for it; 0 where it doesn't tell.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

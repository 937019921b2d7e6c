//! Where the stretches of a plan go: offsets such that what lives at the same
//! time doesn't overlap.
//!
//! Sweeps over time come first. A sweep gives each stretch, at the step where
//! it begins, room among the gaps that are free then, and takes the room back
//! where the stretch ends; from the last step to the first works as well as
//! the other way round. There are few gaps at any time, so a sweep takes
//! hardly longer than reading the stretches, and repeated blocks get offsets
//! at regular distances. It suits training, whose lifetimes are nested.
//! Chains do better by size or by area; that compares whatever meets, so it is
//! tried where not too much does.

use super::Stretch;

/// Offsets of the stretches, and the arena's length.
pub(super) type Placement = (Vec<usize>, usize);

/// With more pairs than this alive at the same time, only sweeps are tried.
const MOST_PAIRS: usize = 1 << 18;

/// An arena within this fraction of its lower bound is not worth another try.
const CLOSE: usize = 1000;

/// The shortest arena of those that are tried; of equal ones, the first.
/// Stretches come in order of their first steps.
pub(super) fn place(stretches: &[Stretch], steps: usize, lower_bound: usize) -> Placement {
    let by_size = |s: &Stretch| (usize::MAX - s.len, s.first);
    let by_area = |s: &Stretch| (usize::MAX - s.len * (s.last - s.first + 1), s.first);
    let tries: [&dyn Fn() -> Placement; 4] = [
        &|| sweep(stretches, steps, false),
        &|| sweep(stretches, steps, true),
        &|| place_in_order(stretches, steps, &by_size),
        &|| place_in_order(stretches, steps, &by_area),
    ];
    let feasible = match meeting_pairs(stretches, steps) <= MOST_PAIRS {
        true => tries.len(),
        false => 2,
    };
    let mut best = tries[0]();
    for attempt in &tries[1..feasible] {
        if best.1 <= lower_bound + lower_bound / CLOSE {
            break;
        }
        let placement = attempt();
        if placement.1 < best.1 {
            best = placement;
        }
    }
    best
}

/// Gives room step by step, from the last step to the first if `backwards`;
/// within a step to the longest first. Each takes the lowest gap that is long enough.
fn sweep(stretches: &[Stretch], steps: usize, backwards: bool) -> Placement {
    let ends = |s: &Stretch| match backwards {
        false => (s.first, s.last),
        true => (steps - 1 - s.last, steps - 1 - s.first),
    };
    let mut begin = vec![Vec::new(); steps];
    let mut end = vec![Vec::new(); steps];
    for (i, stretch) in stretches.iter().enumerate() {
        let (first, last) = ends(stretch);
        begin[first].push(i);
        end[last].push(i);
    }
    let mut offsets = vec![0; stretches.len()];
    let mut gaps = Gaps::default();
    for (mut begin, end) in begin.into_iter().zip(end) {
        begin.sort_by_key(|&i| (usize::MAX - stretches[i].len, i));
        for i in begin {
            offsets[i] = gaps.take(stretches[i].len);
        }
        for i in end {
            gaps.give_back(offsets[i], stretches[i].len);
        }
    }
    (offsets, gaps.peak)
}

/// What is free of an arena that grows as it must.
#[derive(Default)]
struct Gaps {
    /// Offset and end of each gap below `top`; no two touch.
    gaps: Vec<(usize, usize)>,
    /// Everything from here on is free.
    top: usize,
    /// The highest that `top` has been.
    peak: usize,
}

impl Gaps {
    /// The lowest place with `len` free elements.
    fn take(&mut self, len: usize) -> usize {
        let found = self
            .gaps
            .iter()
            .position(|&(start, end)| end - start >= len);
        let Some(found) = found else {
            let start = self.top;
            self.top += len;
            self.peak = self.peak.max(self.top);
            return start;
        };
        let (start, end) = self.gaps[found];
        match end - start == len {
            true => drop(self.gaps.remove(found)),
            false => self.gaps[found].0 += len,
        }
        start
    }

    fn give_back(&mut self, start: usize, len: usize) {
        let end = start + len;
        let after = self.gaps.partition_point(|&(other, _)| other < start);
        let joins_before = after > 0 && self.gaps[after - 1].1 == start;
        let joins_after = self.gaps.get(after).is_some_and(|&(other, _)| other == end);
        match (joins_before, joins_after) {
            (true, true) => self.gaps[after - 1].1 = self.gaps.remove(after).1,
            (true, false) => self.gaps[after - 1].1 = end,
            (false, true) => self.gaps[after].0 = start,
            (false, false) => self.gaps.insert(after, (start, end)),
        }
        if let Some(&(start, end)) = self.gaps.last()
            && end == self.top
        {
            self.top = start;
            self.gaps.pop();
        }
    }
}

/// Each stretch in turn goes to the lowest gap that is free all its life.
fn place_in_order(
    stretches: &[Stretch],
    steps: usize,
    key: &dyn Fn(&Stretch) -> (usize, usize),
) -> Placement {
    let mut alive = vec![Vec::new(); steps];
    for (i, stretch) in stretches.iter().enumerate() {
        (stretch.first..=stretch.last).for_each(|step| alive[step].push(i));
    }
    let mut order: Vec<_> = (0..stretches.len()).collect();
    order.sort_by_key(|&i| key(&stretches[i]));
    let mut offsets: Vec<Option<usize>> = vec![None; stretches.len()];
    let mut peak = 0;
    for i in order {
        let stretch = &stretches[i];
        // Whatever meets it is alive when it begins, or begins later in its life.
        let later = stretches.partition_point(|other| other.first <= stretch.first)
            ..stretches.partition_point(|other| other.first <= stretch.last);
        let meeting = alive[stretch.first].iter().copied().chain(later);
        let mut placed: Vec<_> = meeting
            .filter_map(|j| Some((offsets[j]?, stretches[j].len)))
            .collect();
        placed.sort_unstable();
        let mut offset = 0;
        for (other, len) in placed {
            if offset + stretch.len <= other {
                break;
            }
            offset = offset.max(other + len);
        }
        offsets[i] = Some(offset);
        peak = peak.max(offset + stretch.len);
    }
    let offsets = offsets.into_iter().flatten().collect();
    (offsets, peak)
}

/// How many pairs of stretches are alive at the same time.
fn meeting_pairs(stretches: &[Stretch], steps: usize) -> usize {
    let mut ends = vec![0; steps];
    let (mut ended, mut step, mut pairs) = (0, 0, 0);
    for (begun, stretch) in stretches.iter().enumerate() {
        while step < stretch.first {
            ended += ends[step];
            step += 1;
        }
        pairs += begun - ended;
        ends[stretch.last] += 1;
    }
    pairs
}

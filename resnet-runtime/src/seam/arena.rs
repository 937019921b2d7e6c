//! The checked split of the arena into raw views of whole batches.
//!
//! Every seam function claims the buffers it works on here, outputs first.
//! A claim asserts that the batch lies inside the arena and that nothing
//! written overlaps anything else, so that the views may be shared among
//! threads as pointers.

use core::marker::PhantomData;
use core::ops::Range;

use crate::Element;
use crate::geometry::{Buffer, CHANNEL_BLOCK, Map, round_up};

/// Buffers that one seam function may claim.
const CLAIMS: usize = 8;

/// The arena of one call, and what has been claimed of it.
pub(crate) struct Arena<'a, E> {
    base: *mut E,
    len: usize,
    batch: usize,
    limit: usize,
    written: [Range<usize>; CLAIMS],
    read: [Range<usize>; CLAIMS],
    claims: usize,
    lifetime: PhantomData<&'a mut [E]>,
}

/// A batch of maps that is read.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a, E> {
    /// Layout of one image.
    pub(crate) map: Map,
    /// Images.
    pub(crate) batch: usize,
    base: *const E,
    lifetime: PhantomData<&'a [E]>,
}

/// A batch of maps that is written (and may be read by whoever writes it).
#[derive(Clone, Copy)]
pub(crate) struct Target<'a, E> {
    /// Layout of one image.
    pub(crate) map: Map,
    /// Images.
    pub(crate) batch: usize,
    /// Where it lies in the arena, unless it is elsewhere.
    buffer: Option<Buffer>,
    base: *mut E,
    lifetime: PhantomData<&'a mut [E]>,
}

/// Elements for intermediate results, the same number for each image.
#[derive(Clone, Copy)]
pub(crate) struct Scratch<'a, E> {
    per_image: usize,
    base: *mut E,
    lifetime: PhantomData<&'a mut [E]>,
}

// SAFETY: a source is never written while it lives: claims don't overlap,
// and where a target is exactly the source, the operator reads an element
// before it writes it, on the thread that writes it.
unsafe impl<E: Sync> Sync for Source<'_, E> {}
// SAFETY: as above.
unsafe impl<E: Sync> Send for Source<'_, E> {}
// SAFETY: a target hands out pointers alone; writing through them is unsafe,
// and whoever does so keeps the threads' elements apart.
unsafe impl<E: Send + Sync> Sync for Target<'_, E> {}
// SAFETY: as above.
unsafe impl<E: Send + Sync> Send for Target<'_, E> {}
// SAFETY: as for a target.
unsafe impl<E: Send + Sync> Sync for Scratch<'_, E> {}
// SAFETY: as above.
unsafe impl<E: Send + Sync> Send for Scratch<'_, E> {}

impl<'a, E: Element> Arena<'a, E> {
    /// Nothing claimed yet. `limit` is the batch the arena was made for.
    pub(crate) fn new(elements: &'a mut [E], batch: usize, limit: usize) -> Self {
        assert!(
            batch <= limit,
            "a batch of {batch} where {limit} is the limit"
        );
        Self {
            base: elements.as_mut_ptr(),
            len: elements.len(),
            batch,
            limit,
            written: [const { 0..0 }; CLAIMS],
            read: [const { 0..0 }; CLAIMS],
            claims: 0,
            lifetime: PhantomData,
        }
    }

    /// Claims a buffer for writing: apart from everything claimed before.
    pub(crate) fn write(&mut self, buffer: Buffer) -> Target<'a, E> {
        let map = buffer.map;
        assert!(
            map.channel_stride >= round_up(map.channels, CHANNEL_BLOCK),
            "an output needs whole channel blocks: {map:?}"
        );
        self.write_packed(buffer)
    }

    /// As [`write`](Self::write), for the network's input, whose pixels may
    /// lie closer than whole channel blocks.
    pub(crate) fn write_packed(&mut self, buffer: Buffer) -> Target<'a, E> {
        let map = buffer.map;
        let range = self.range(buffer.offset, checked_len(&map));
        self.claim_written(range.clone());
        Target {
            map,
            batch: self.batch,
            buffer: Some(buffer),
            base: self.base.wrapping_add(range.start),
            lifetime: PhantomData,
        }
    }

    /// Claims a buffer for reading: apart from everything that is written.
    pub(crate) fn read(&mut self, buffer: Buffer) -> Source<'a, E> {
        let map = buffer.map;
        let range = self.range(buffer.offset, checked_len(&map));
        self.claim_read(range.clone());
        self.source(buffer, range)
    }

    /// Claims a buffer for reading that may be exactly one that is written;
    /// apart from everything that is written otherwise.
    pub(crate) fn read_in_place(
        &mut self,
        buffer: Buffer,
        targets: &[Target<'a, E>],
    ) -> Source<'a, E> {
        if targets.iter().any(|target| target.buffer == Some(buffer)) {
            // The target's own claim has checked the range.
            let range = self.range(buffer.offset, checked_len(&buffer.map));
            return self.source(buffer, range);
        }
        self.read(buffer)
    }

    /// Claims `per_image` elements for each image, at an offset of the arena
    /// in elements per image: apart from everything claimed before.
    pub(crate) fn scratch(&mut self, offset: usize, per_image: usize) -> Scratch<'a, E> {
        let range = self.range(offset, per_image);
        self.claim_written(range.clone());
        Scratch {
            per_image,
            base: self.base.wrapping_add(range.start),
            lifetime: PhantomData,
        }
    }

    fn source(&self, buffer: Buffer, range: Range<usize>) -> Source<'a, E> {
        Source {
            map: buffer.map,
            batch: self.batch,
            base: self.base.wrapping_add(range.start),
            lifetime: PhantomData,
        }
    }

    /// The elements of the whole batch.
    fn range(&self, offset: usize, per_image: usize) -> Range<usize> {
        let bounds = || {
            let start = offset.checked_mul(self.limit)?;
            let end = start.checked_add(per_image.checked_mul(self.batch)?)?;
            (end <= self.len).then_some(start..end)
        };
        bounds().unwrap_or_else(|| {
            panic!(
                "{per_image} elements at {offset} for each of {} images (limit {}) lie outside an arena of {}",
                self.batch, self.limit, self.len
            )
        })
    }

    fn claim_written(&mut self, range: Range<usize>) {
        let claimed = self.written.iter().chain(&self.read);
        for other in claimed {
            assert!(
                disjoint(&range, other),
                "buffers overlap: {range:?} and {other:?}"
            );
        }
        self.written[self.claims] = range;
        self.claims += 1;
    }

    fn claim_read(&mut self, range: Range<usize>) {
        for other in &self.written {
            assert!(
                disjoint(&range, other),
                "buffers overlap: {range:?} and {other:?}"
            );
        }
        self.read[self.claims] = range;
        self.claims += 1;
    }
}

impl<E> Source<'_, E> {
    /// The first element of an image, halo included.
    pub(crate) fn image(&self, n: usize) -> *const E {
        debug_assert!(n < self.batch);
        self.base.wrapping_add(n * self.map.len())
    }

    /// A pixel inside the halo.
    pub(crate) fn pixel(&self, n: usize, row: usize, column: usize) -> *const E {
        self.image(n).wrapping_add(
            self.map.origin() + row * self.map.row_stride() + column * self.map.channel_stride,
        )
    }
}

impl<'a, E> Target<'a, E> {
    /// A batch of which no more than some rows are there, outside the arena;
    /// `base` is where the first one would begin.
    pub(crate) fn elsewhere(map: Map, batch: usize, base: *mut E) -> Self {
        Self {
            map,
            batch,
            buffer: None,
            base,
            lifetime: PhantomData,
        }
    }

    /// The same batch to read, once it has been written.
    pub(crate) fn as_source(&self) -> Source<'a, E> {
        Source {
            map: self.map,
            batch: self.batch,
            base: self.base,
            lifetime: PhantomData,
        }
    }
}

impl<E: Element> Target<'_, E> {
    /// The first element of an image, halo included.
    pub(crate) fn image(&self, n: usize) -> *mut E {
        debug_assert!(n < self.batch);
        self.base.wrapping_add(n * self.map.len())
    }

    /// A pixel inside the halo.
    pub(crate) fn pixel(&self, n: usize, row: usize, column: usize) -> *mut E {
        self.image(n).wrapping_add(
            self.map.origin() + row * self.map.row_stride() + column * self.map.channel_stride,
        )
    }

    /// Writes the halo's zeros beside some rows of an image; with the first
    /// row those above it, with the last those below it.
    ///
    /// # Safety
    ///
    /// `n` is in the batch and `rows` in the map; no other thread touches the
    /// halo of these rows meanwhile.
    pub(crate) unsafe fn zero_halo(&self, n: usize, rows: Range<usize>) {
        let Map {
            height,
            halo,
            channel_stride,
            ..
        } = self.map;
        if halo == 0 || rows.is_empty() {
            return;
        }
        let row_stride = self.map.row_stride();
        let side = halo * channel_stride;
        let image = self.image(n);
        let zero = |from: usize, len: usize| {
            // SAFETY: the ranges below lie inside the image, which the claim
            // has checked; zero bits are the number zero.
            unsafe { image.add(from).write_bytes(0, len) }
        };
        if rows.start == 0 {
            zero(0, halo * row_stride);
        }
        for row in rows.clone() {
            let start = (halo + row) * row_stride;
            zero(start, side);
            zero(start + row_stride - side, side);
        }
        if rows.end == height {
            zero((halo + height) * row_stride, halo * row_stride);
        }
    }
}

impl<E> Scratch<'_, E> {
    /// Elements of one image.
    pub(crate) fn per_image(&self) -> usize {
        self.per_image
    }

    /// The elements of one image.
    pub(crate) fn image(&self, n: usize) -> *mut E {
        self.base.wrapping_add(n * self.per_image)
    }
}

/// `map.len()`, unless it overflows or the map makes no sense.
pub(crate) fn checked_len(map: &Map) -> usize {
    assert!(
        map.channels > 0 && map.height > 0 && map.width > 0 && map.channel_stride >= map.channels,
        "not a map: {map:?}"
    );
    let len = || {
        let border = map.halo.checked_mul(2)?;
        let row = map
            .width
            .checked_add(border)?
            .checked_mul(map.channel_stride)?;
        map.height.checked_add(border)?.checked_mul(row)
    };
    len().unwrap_or_else(|| panic!("a map larger than memory: {map:?}"))
}

/// True when two ranges share nothing.
fn disjoint(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start || a.is_empty() || b.is_empty()
}

//! Tiles of an input whose pixels lie side by side, as those of images do.
//!
//! Vectors take the channels of two pixels and whatever comes after them. At
//! the end of a row that may be beyond the input, and pixels of a tile that is
//! cut off would be the next row's: such tiles are copied first.

use crate::Element;
use crate::geometry::{CHANNEL_BLOCK, MOST_PACKED_CHANNELS};
use crate::kernels::Entry;
use crate::kernels::winograd::{InputTiles, MOST_ROWS};

/// The largest tile's row, and what the last vector takes too much.
const MOST_ELEMENTS: usize = MOST_ROWS * MOST_PACKED_CHANNELS + CHANNEL_BLOCK;

/// Transforms tiles of `side` rows of each phase, those at the end of their row
/// from a copy; there are `left` elements from the first one on.
///
/// # Safety
///
/// The tiles are as `transform` asks, but for what is beyond the row's end.
pub(super) unsafe fn transform_packed<E: Element>(
    transform: Entry<InputTiles<E>>,
    tiles: InputTiles<E>,
    side: usize,
    left: usize,
) {
    let width = side * tiles.values_phase + CHANNEL_BLOCK;
    let inside = match left.checked_sub(width) {
        Some(more) => tiles.tiles.min(more / tiles.input_tile + 1),
        None => 0,
    };
    // SAFETY: these tiles' vectors end within their rows.
    unsafe {
        transform(&InputTiles {
            tiles: inside,
            ..tiles
        });
    }
    for tile in inside..tiles.tiles {
        let first = tile * tiles.input_tile;
        let mut copy = [[E::ZERO; MOST_ELEMENTS]; MOST_ROWS];
        let rows = copy.iter_mut().zip(tiles.rows);
        for (copy, row) in rows.take(side * tiles.phases[0]) {
            let from = tiles.input.wrapping_add(first + row);
            // SAFETY: so many elements are left of the row, and fit the copy.
            unsafe {
                copy.as_mut_ptr()
                    .copy_from_nonoverlapping(from, width.min(left - first));
            }
        }
        // SAFETY: all of the tile is in the copy, with what vectors take too
        // much.
        unsafe {
            transform(&InputTiles {
                input: copy.as_flattened().as_ptr(),
                rows: core::array::from_fn(|row| row * MOST_ELEMENTS),
                columns: core::array::from_fn(|column| column * tiles.values_phase),
                tiles: 1,
                values: tiles.values.wrapping_add(tile * tiles.values_tile),
                ..tiles
            });
        }
    }
}

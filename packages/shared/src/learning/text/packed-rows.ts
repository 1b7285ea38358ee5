/** Rows that lie one behind the other in a block, on shared memory. */
export interface PackedBlock {
  nRows: number;
  /** Values of each row. */
  lengths: Uint32Array;
  /** Each column as its distance from the one before in the row (from -1), in groups of 7 bits, the lowest first. */
  distances: Uint8Array;
  values: Float32Array;
}

/** Sparse rows at 5 to 6 bytes per value: 8 in a `CsrMatrix`. They are read in order only. */
export interface PackedRows {
  nRows: number;
  blocks: readonly PackedBlock[];
}

/** Small enough that the last one wastes little, and no block has to be copied into a larger one. */
const BLOCK_VALUES = 1 << 16;
const BLOCK_ROWS = 1 << 12;
/** A distance of 32 bits takes this many bytes. */
const MOST_BYTES = 5;
/** Distances of frequent terms take one byte, of rare ones two. */
const BYTES_PER_VALUE = 2;

/** Collects packed rows. */
export class RowPacker {
  nRows = 0;
  readonly #blocks: PackedBlock[] = [];
  #values = 0;
  #bytes = 0;

  /** Appends a row: the first `count` of `indices`, which rise, and of `values`, which are rounded to float32. */
  add(indices: ArrayLike<number>, values: ArrayLike<number>, count: number, from = 0): void {
    const block = this.#blockFor(count);
    let before = -1;
    for (let i = from; i < from + count; i++) {
      let distance = indices[i]! - before;
      before = indices[i]!;
      for (; distance > 0x7f; distance >>>= 7) block.distances[this.#bytes++] = 0x80 | (distance & 0x7f);
      block.distances[this.#bytes++] = distance;
      block.values[this.#values++] = values[i]!;
    }
    block.lengths[block.nRows++] = count;
    this.nRows++;
  }

  build(): PackedRows {
    return { nRows: this.nRows, blocks: this.#blocks };
  }

  /** The last block if a row of this many values surely fits into it, else a new one. */
  #blockFor(count: number): PackedBlock {
    const last = this.#blocks.at(-1);
    const fits =
      last !== undefined &&
      last.nRows < BLOCK_ROWS &&
      this.#values + count <= last.values.length &&
      this.#bytes + MOST_BYTES * count <= last.distances.length;
    if (fits) return last;
    const values = Math.max(BLOCK_VALUES, count);
    const bytes = Math.max(BYTES_PER_VALUE * BLOCK_VALUES, MOST_BYTES * count);
    const block = {
      nRows: 0,
      lengths: new Uint32Array(new SharedArrayBuffer(4 * BLOCK_ROWS)),
      distances: new Uint8Array(new SharedArrayBuffer(bytes)),
      values: new Float32Array(new SharedArrayBuffer(4 * values)),
    };
    this.#blocks.push(block);
    this.#values = 0;
    this.#bytes = 0;
    return block;
  }
}

/** Reads packed rows one after the other, any number of times. */
export class RowUnpacker {
  /** The row that was read last: its first `count` columns and values. */
  count = 0;
  indices = new Uint32Array(256);
  values = new Float32Array(256);
  readonly #rows: PackedRows;
  #block = 0;
  #row = 0;
  #value = 0;
  #byte = 0;

  constructor(rows: PackedRows) {
    this.#rows = rows;
  }

  /** Begins again with the first row. */
  rewind(): void {
    this.#open(0);
  }

  /** Reads the next row; there must be one. */
  next(): void {
    if (this.#row === this.#rows.blocks[this.#block]!.nRows) this.#open(this.#block + 1);
    const { lengths, distances, values } = this.#rows.blocks[this.#block]!;
    const count = lengths[this.#row++]!;
    if (count > this.indices.length) {
      this.indices = new Uint32Array(2 * count);
      this.values = new Float32Array(2 * count);
    }
    let column = -1;
    let at = this.#byte;
    for (let i = 0; i < count; i++) {
      let byte = distances[at++]!;
      let distance = byte & 0x7f;
      for (let shift = 7; byte > 0x7f; shift += 7) {
        byte = distances[at++]!;
        distance |= (byte & 0x7f) << shift;
      }
      column += distance;
      this.indices[i] = column;
      this.values[i] = values[this.#value + i]!;
    }
    this.#byte = at;
    this.#value += count;
    this.count = count;
  }

  #open(block: number): void {
    this.#block = block;
    this.#row = 0;
    this.#value = 0;
    this.#byte = 0;
  }
}

import { z } from "zod";

/** Buckets of each of the two rows, at most: 32 KB in all, whatever the vocabulary. */
const MAX_WIDTH = 1 << 14;
const MIN_WIDTH = 1 << 8;
/** Buckets a word, below `MAX_WIDTH`. */
const BUCKETS_A_WORD = 4;
const ROWS = 2;
/** Words of fewer documents are not in it: they may be somebody's name, and say little. */
const LEAST_DOCUMENTS = 5;
/** Each level of a bucket stands for this many times the documents of the one below. */
const STEP = 1.1;

/** A sketch as it is stored. */
export const vocabularySketchSchema = z.strictObject({
  /** Documents that were counted. */
  documents: z.number().int().min(0),
  /** Words in fewer documents than this are not in it. */
  leastDocuments: z.number().int().min(1),
  /** Both rows of buckets, a byte each, as base64. */
  buckets: z.string().max(65_536),
});
export type VocabularySketchData = z.infer<typeof vocabularySketchSchema>;

/** A word as UTF-8, and the documents that hold it. */
export type WordFrequency = readonly [word: Uint8Array, documents: number];

/**
 * In about how many documents of a training each word was, of all its words and not of the model's only: two rows
 * of hashed buckets, each with the highest document frequency among its words on a scale of tenths. No word can be
 * read from it; asked for one, it never says too few, and seldom too many (a word that was not there has to meet a
 * frequent one in both rows).
 */
export class VocabularySketch {
  readonly documents: number;
  readonly #least: number;
  readonly #buckets: Uint8Array;

  constructor({ documents, leastDocuments, buckets }: VocabularySketchData) {
    this.documents = documents;
    this.#least = leastDocuments;
    this.#buckets = Buffer.from(buckets, "base64");
  }

  /** Documents of the training that held the word, at most. */
  documentsAtMost(word: string): number {
    const bytes = Buffer.from(word, "utf8");
    const width = this.#buckets.length / ROWS;
    let level = 255;
    for (let row = 0; row < ROWS; row++)
      level = Math.min(level, this.#buckets[row * width + bucketOf(bytes, row, width)]!);
    const documents = level === 0 ? this.#least - 1 : Math.floor(this.#least * STEP ** level);
    return Math.min(this.documents, documents);
  }
}

/** The sketch of a vocabulary. The same words give the same sketch, in whatever order. */
export function sketchVocabulary(words: Iterable<WordFrequency>, documents: number): VocabularySketchData {
  const kept: WordFrequency[] = [];
  for (const word of words) if (word[1] >= LEAST_DOCUMENTS) kept.push(word);
  const width = Math.min(
    MAX_WIDTH,
    Math.max(MIN_WIDTH, 2 ** Math.ceil(Math.log2(kept.length * BUCKETS_A_WORD + 1))),
  );
  const buckets = new Uint8Array(ROWS * width);
  for (const [word, frequency] of kept) {
    const level = Math.min(
      255,
      Math.max(1, Math.ceil(Math.log(frequency / LEAST_DOCUMENTS) / Math.log(STEP))),
    );
    for (let row = 0; row < ROWS; row++) {
      const at = row * width + bucketOf(word, row, width);
      buckets[at] = Math.max(buckets[at]!, level);
    }
  }
  return { documents, leastDocuments: LEAST_DOCUMENTS, buckets: Buffer.from(buckets).toString("base64") };
}

/** FNV-1a from another start in each row, its high bits mixed into the low ones; stored, so it may never change. */
function bucketOf(word: Uint8Array, row: number, width: number): number {
  let hash = 0x811c9dc5 ^ (row * 0x9e3779b9);
  for (const byte of word) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % width;
}

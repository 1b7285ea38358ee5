import type { TfidfSettings } from "../../settings/features-settings";
import { featureParts, profiledPart } from "./feature-parts";
import { type Vocabulary, VocabularyBuilder } from "./vocabulary";
import type { VocabularySketchData } from "./vocabulary-sketch";

/** A vocabulary, the parts of a union one behind the other, and a sketch of all the words it was chosen from. */
export interface FittedVocabulary extends Vocabulary {
  /** Terms of each part; absent if there is one part. */
  partSizes?: number[];
  /** Of the words that were counted; absent if only characters were. */
  sketch?: VocabularySketchData;
}

/** What documents are counted by. */
export interface DocumentCounter {
  /** Counts the document that lies in `bytes` (UTF-8) from `start` to `end`. */
  addBytes(bytes: Buffer, start: number, end: number): void;
  /** Counts a document. */
  add(text: string): void;
}

/**
 * Fits a vocabulary, or those of a union, on whatever `feed` adds; `feed` is called a second time, and must add the
 * same documents again, only if there were too many distinct terms to count all of them.
 *
 * @param maxTerms terms kept while counting, of each part
 * @throws ColaError PARAMETER_INVALID, INPUT_TOO_LARGE
 */
export async function fitVocabulary(
  features: TfidfSettings,
  feed: (documents: DocumentCounter) => Promise<void>,
  maxTerms?: number,
): Promise<FittedVocabulary> {
  const parts = featureParts(features);
  const builders = parts.map((part) => new VocabularyBuilder(part, maxTerms));
  await feed(counterOf(builders));
  const named = profiledPart(parts);
  const sketch = parts[named]!.analyzer === "word" ? builders[named]!.sketch() : undefined;
  const again: VocabularyBuilder[] = [];
  for (const [i, builder] of builders.entries()) {
    const recount = builder.recount();
    if (recount === undefined) continue;
    builders[i] = recount;
    again.push(recount);
  }
  if (again.length > 0) await feed(counterOf(again));
  return { ...joined(builders.map((builder) => builder.build())), ...(sketch && { sketch }) };
}

function counterOf(builders: readonly VocabularyBuilder[]): DocumentCounter {
  const [first, ...more] = builders;
  if (more.length === 0) return first!;
  return {
    add(text) {
      for (const builder of builders) builder.add(text);
    },
    addBytes(bytes, start, end) {
      for (const builder of builders) builder.addBytes(bytes, start, end);
    },
  };
}

/** Vocabularies of the same documents, their columns one behind the other. */
function joined(vocabularies: readonly Vocabulary[]): Omit<FittedVocabulary, "sketch"> {
  const [first, ...more] = vocabularies;
  if (more.length === 0) return first!;
  return {
    terms: vocabularies.flatMap(({ terms }) => terms),
    idf: Float64Array.from(vocabularies.flatMap(({ idf }) => Array.from(idf))),
    documentFrequency: Uint32Array.from(
      vocabularies.flatMap(({ documentFrequency }) => Array.from(documentFrequency)),
    ),
    nDocuments: first!.nDocuments,
    partSizes: vocabularies.map(({ terms }) => terms.length),
  };
}

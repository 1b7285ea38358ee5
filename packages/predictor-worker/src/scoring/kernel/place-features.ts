import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { type FeaturePart, featureParts, partColumns } from "@colaml/shared/learning/text/feature-parts";
import { stopWordsOf } from "@colaml/shared/learning/text/tokenizer";
import { isWordPattern } from "@colaml/shared/learning/text/word-scanner";
import { MAX_RECORD_BYTES } from "@colaml/shared/settings/table-values";
import type { Kernel } from "./kernel";
import {
  CACHED_TERMS,
  CACHED_WORDS,
  COUNTS_CHARACTERS,
  COUNTS_WITHIN_WORDS,
  COUNTS_WORDS,
  WORD_BYTES,
} from "./kernel-facts";
import { type PlacedSlots, placeSlots, placeVocabulary, reserveCounts } from "./vocabulary-slots";

const COUNTS = { word: COUNTS_WORDS, char: COUNTS_CHARACTERS, char_wb: COUNTS_WITHIN_WORDS } as const;
/** Lower case, or a character without its accent, may take half as many bytes again: two become three. */
const NORMALISED_BYTES = MAX_RECORD_BYTES * 2;

/** Whether the kernel can make the features of texts: not with words of a pattern of one's own. */
export function kernelCounts({ features }: ModelBundle): boolean {
  return featureParts(features).every(
    ({ analyzer, token_pattern }) => analyzer !== "word" || isWordPattern(token_pattern),
  );
}

/** Lays the vocabulary in, of each part by itself unless the features are words one by one. */
export function placeFeatures(kernel: Kernel, { features, terms, partSizes }: ModelBundle): void {
  const { exports } = kernel;
  const parts = featureParts(features);
  exports.normalised.value = kernel.reserve(NORMALISED_BYTES);
  const [only] = parts;
  if (parts.length === 1 && only!.analyzer === "word" && only!.ngram_range[1] === 1) {
    placeVocabulary(kernel, terms, stopWordsOf(features.stop_words));
    return;
  }
  exports.characters.value = kernel.reserve(NORMALISED_BYTES);
  exports.cachedWords.value = kernel.reserve(CACHED_WORDS * WORD_BYTES);
  exports.cachedTerms.value = kernel.reserve(CACHED_TERMS * 4);
  // A word takes two bytes, the space behind it among them.
  exports.wordStarts.value = kernel.reserve((NORMALISED_BYTES / 2 + 2) * 4);
  const table = partColumns(terms.length, partSizes).flatMap(([from, to], i) => {
    const part = parts[i]!;
    const slots = placeSlots(kernel, terms.slice(from, to), { first: from, free: terms.length });
    return [
      COUNTS[part.analyzer],
      ...part.ngram_range,
      to,
      ...numbersOf(slots),
      ...placeStopWords(kernel, part),
    ];
  });
  exports.partTable.value = kernel.place(Uint32Array.from(table));
  exports.parts.value = parts.length;
  reserveCounts(kernel, terms.length);
}

function placeStopWords(kernel: Kernel, { analyzer, stop_words }: FeaturePart): number[] {
  const words = analyzer === "word" ? [...stopWordsOf(stop_words)] : [];
  return words.length === 0 ? [0, 0, 0] : numbersOf(placeSlots(kernel, words, { free: 0 }));
}

const numbersOf = ({ place, shift, mask }: PlacedSlots): number[] => [place, shift, mask];

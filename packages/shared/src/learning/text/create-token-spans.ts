import { ByteTokenizer } from "./byte-tokenizer";
import { CharTokenizer } from "./char-tokenizer";
import type { FeaturePart } from "./feature-parts";
import type { TokenSpans } from "./token-spans";

/**
 * What splits texts for a vectorizer: the same tokens as `createTokenizer`.
 *
 * @throws ColaError PARAMETER_INVALID for a token pattern that `compileTokenPattern` refuses
 */
export function createTokenSpans(part: FeaturePart): TokenSpans {
  return part.analyzer === "word" ? new ByteTokenizer(part) : new CharTokenizer(part);
}

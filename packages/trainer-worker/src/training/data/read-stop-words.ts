import { readFile } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { inputError } from "@colaml/shared/files/file-errors";
import { type KeptStopWords, keptStopWordsOf } from "@colaml/shared/learning/text/stop-word-lists";
import { createWordSplitter } from "@colaml/shared/learning/text/tokenizer";
import type { RequestedFeatures, TfidfSettings } from "@colaml/shared/settings/features-settings";

/** A file of stop words is held whole. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The features with their stop words as the model keeps them: those of a language or a file as a list.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, PARAMETER_INVALID
 */
export async function withStopWords(features: RequestedFeatures): Promise<TfidfSettings> {
  const { lowercase, token_pattern, strip_accents = "none" } = features;
  const split = createWordSplitter({ lowercase, token_pattern, strip_accents });
  const stop_words: KeptStopWords = await keptStopWordsOf(features.stop_words, split, fileContent);
  return { ...features, stop_words };
}

async function fileContent(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw inputError(path, error);
  });
  if (bytes.length <= MAX_BYTES) return bytes.toString("utf8");
  throw new ColaError(
    "PARAMETER_INVALID",
    `${path} has ${bytes.length} bytes: a file of stop words has at most ${MAX_BYTES}`,
  );
}

import { stateFolder } from "@colaml/shared/files/state-folder";
import {
  parseReferenceProfile,
  REFERENCE_PROFILE_FILE,
} from "@colaml/shared/learning/model/reference-profile";
import { featureParts, partColumns, profiledPart } from "@colaml/shared/learning/text/feature-parts";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { type LoadedModel, loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { TextColumns } from "@colaml/shared/settings/text-columns";
import { openSession } from "../local/session";
import { createStrangeness, type Strangeness } from "../review/strange-words";
import type { CommandContext } from "./command-context";
import { modelChoice } from "./model-choice";
import { textOption } from "./options";

/** What a review knows of new words. */
export interface ReviewModel {
  /** Absent: no model and no words were named. */
  strangeness?: Strangeness;
  /** Text columns of the model. */
  text?: TextColumns;
  notes: string[];
}

/**
 * How strange texts are to the model that `--model` names, or by named words only.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE, USAGE
 */
export async function loadStrangeness(
  context: CommandContext,
  words: readonly string[],
): Promise<ReviewModel> {
  const given = textOption(context.options, "model");
  if (given === undefined) {
    if (words.length === 0) return { notes: [] };
    const tokenise = createTokenizer(wordsOf({ ...featuresSchema.parse({}), stop_words: "none" }));
    return { strangeness: createStrangeness(tokenise, tokensOf(words, tokenise)), notes: [] };
  }
  const { bundle, files } = await loaded(context, modelChoice(context.config, given).uri);
  const tokenise = createTokenizer(wordsOf(bundle.features));
  const profile = files.get(REFERENCE_PROFILE_FILE);
  const { isKnown, notes } = knowledgeOf(bundle, profile);
  return {
    strangeness: createStrangeness(tokenise, tokensOf(words, tokenise), isKnown),
    text: bundle.columns.text,
    notes,
  };
}

/** The words of texts as a model of these features would count them, be they counted or not. */
const wordsOf = (features: TfidfSettings) => featureParts({ ...features, analyzer: "word" })[0]!;

/** All words that the training met in some rows; of a model of an older release, only the words it kept. */
function knowledgeOf(
  { terms, features, partSizes }: LoadedModel["bundle"],
  bytes: Uint8Array | undefined,
): { isKnown?: (word: string) => boolean; notes: string[] } {
  const data = bytes && parseReferenceProfile(bytes).vocabulary;
  if (data !== undefined) {
    const sketch = new VocabularySketch(data);
    return { isKnown: (word) => sketch.documentsAtMost(word) >= data.leastDocuments, notes: [] };
  }
  const parts = featureParts(features);
  const part = profiledPart(parts);
  if (parts[part]!.analyzer !== "word")
    return { notes: ["the model counts characters: which words are new is not known, only --words count"] };
  const [from, to] = partColumns(terms.length, partSizes)[part]!;
  const known = new Set(terms.slice(from, to));
  const note = `the model does not say which words its training met: words beyond its ${known.size} count as new`;
  return { isKnown: (word) => known.has(word), notes: [note] };
}

const tokensOf = (words: readonly string[], tokenise: (text: string) => string[]) =>
  new Set(words.flatMap((word) => tokenise(word)));

async function loaded(context: CommandContext, uri: string): Promise<LoadedModel> {
  const session = await openSession(context, { redis: false });
  try {
    const { mlflow, model, paths } = session.config;
    const client = createMlflowClient(mlflow);
    const options = { cacheDir: stateFolder(paths.stateDir).models, hmacKey: model.hmacKey };
    return await loadModel(client, await resolveModel(client, uri, options), options);
  } finally {
    await session.close();
  }
}

import { ColaError } from "@colaml/shared/errors/cola-error";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";
import type { ModelSource } from "./model-cache";

/** MLflow is asked at most this often what a URI means: a promotion is followed after so long. */
const FOLLOW_MS = 3_000;
/** A refusal is remembered for less: a model may be registered at any moment. */
const REFUSED_MS = 1_000;
/** URIs that are followed; more come only from clients that name every version. */
const FOLLOWED = 100;

interface Followed {
  /** Asked again from this time on. */
  untilMs: number;
  pinned: Promise<PinnedModel>;
  /** The last answer there was. */
  known?: PinnedModel | undefined;
}

/**
 * Models whose URIs are resolved once in a while and not for every job. While MLflow is away, the last answer holds.
 *
 * @param clock milliseconds of a clock that never jumps: a wall clock put back would hold a promotion up for as long
 * @param warn gets a line when a last answer is used because MLflow is away
 */
export function followModels(
  models: ModelSource,
  clock: () => number,
  warn: (message: string) => void,
): ModelSource {
  const followed = new Map<string, Followed>();
  const ask = async (uri: string, entry: Followed): Promise<PinnedModel> => {
    try {
      entry.known = await models.resolve(uri);
      return entry.known;
    } catch (error) {
      const isAway = error instanceof ColaError && error.code === "MLFLOW_UNREACHABLE";
      if (isAway && entry.known) {
        warn(`MLflow is away: ${uri} is taken for version ${entry.known.version}, which it was last`);
        return entry.known;
      }
      entry.untilMs = Math.min(entry.untilMs, clock() + REFUSED_MS);
      throw error;
    }
  };
  return {
    load: (pinned) => models.load(pinned),
    resolve(uri) {
      const now = clock();
      const last = followed.get(uri);
      if (last && now < last.untilMs) return last.pinned;
      const entry: Followed = { untilMs: now + FOLLOW_MS, pinned: undefined as never, known: last?.known };
      entry.pinned = ask(uri, entry);
      // Whoever asked is answered by the promise itself.
      entry.pinned.catch(() => undefined);
      followed.delete(uri);
      followed.set(uri, entry);
      if (followed.size > FOLLOWED) followed.delete(followed.keys().next().value!);
      return entry.pinned;
    },
  };
}

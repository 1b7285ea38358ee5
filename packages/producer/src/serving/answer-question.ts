import { setImmediate as nextTurn } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { MAX_RECORD_BYTES } from "@colaml/shared/settings/table-values";
import type { Question } from "./body-texts";
import type { ServableModel } from "./servable-model";

/** Scoring keeps the event loop this long, then lets other requests pass. */
const SLICE_MS = 4;
/** Rows between two looks at the clock. */
const ROWS_PER_LOOK = 16;
/** Rows times classes of an answer: some 60 MB of JSON. */
const MAX_CELLS = 2_000_000;

/** @throws ColaError INPUT_TOO_LARGE for what would take too long or too much memory to answer */
export function checkSize({ texts }: Question, { classifier }: ServableModel): void {
  const { length } = texts;
  const cells = length * classifier.classes.length;
  if (cells > MAX_CELLS)
    throw tooLarge(
      `${length} rows of ${classifier.classes.length} probabilities: at most ${MAX_CELLS} in all`,
    );
  const long = texts.findIndex((text) => text !== undefined && text.length > MAX_RECORD_BYTES);
  if (long >= 0) throw tooLarge(`row ${long}: a text has at most ${MAX_RECORD_BYTES} characters`);
}

const tooLarge = (what: string) =>
  new ColaError("INPUT_TOO_LARGE", `${what}; \`cola predict\` scores files of any size`);

/**
 * The answer as JSON, `{"predictions": [...]}` with a row for every text. Scored in slices of some milliseconds: small
 * requests pass a large one.
 *
 * @param isOver asked between slices: nobody waits for the answer any more
 * @returns undefined if it was over before the end
 */
export async function answerQuestion(
  { texts, explain }: Question,
  model: ServableModel,
  isOver: () => boolean,
): Promise<string | undefined> {
  const rows: string[] = [];
  let sliceEndMs = performance.now() + SLICE_MS;
  for (let row = 0; row < texts.length; row++) {
    rows.push(model.writeRow(texts[row], explain));
    if ((row + 1) % ROWS_PER_LOOK !== 0 || performance.now() < sliceEndMs) continue;
    await nextTurn();
    if (isOver()) return undefined;
    sliceEndMs = performance.now() + SLICE_MS;
  }
  return `{"predictions":[${rows.join(",")}]}`;
}

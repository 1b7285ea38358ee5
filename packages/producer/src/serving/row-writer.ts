import type { Classifier } from "@colaml/shared/learning/model/classifier";
import type { Explain } from "@colaml/shared/learning/model/explain";

/**
 * One row of an answer as JSON, as a DataFrame of the Python loader becomes it: `label`, `decision` if the model has a
 * rule, `probability_<class>`. A row without a text has null for each of them.
 *
 * @param text undefined: the row has no text
 * @param most words that explain the label, at most; 0: no `explanation`
 */
export type RowWriter = (text: string | undefined, most: number) => string;

/**
 * Writes rows of a model. Names of classes are escaped once, not per row; numbers are the shortest texts that stand for
 * them, as in Python and in `JSON.stringify`.
 */
export function createRowWriter(classifier: Classifier, explain: Explain): RowWriter {
  const { classes, decider } = classifier;
  const labels = classes.map((name) => JSON.stringify(name));
  const decisions = decider?.names.map((name) => JSON.stringify(name));
  const keys = classes.map((name) => `,${JSON.stringify(`probability_${name}`)}:`);
  const nothing = `{"label":null${decisions ? ',"decision":null' : ""}${keys.map((key) => `${key}null`).join("")}`;
  const out = new Float64Array(classes.length);
  return (text, most) => {
    if (text === undefined) return most > 0 ? `${nothing},"explanation":null}` : `${nothing}}`;
    const label = classifier.predict(text, out);
    let row = `{"label":${labels[label]!}`;
    if (decider) row += `,"decision":${decisions![decider.decide(out, label)]!}`;
    for (let i = 0; i < keys.length; i++) row += keys[i]! + String(out[i]!);
    if (most > 0) row += `,"explanation":${JSON.stringify(explain(text, label, most))}`;
    return `${row}}`;
  };
}

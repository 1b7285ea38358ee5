import { type Classifier, createClassifier } from "@colaml/shared/learning/model/classifier";
import { createExplain, type Explain } from "@colaml/shared/learning/model/explain";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";
import { textColumnList } from "@colaml/shared/settings/text-columns";
import { createRowWriter, type RowWriter } from "./row-writer";

/** A pinned version in memory, ready to answer. */
export interface ServableModel {
  pinned: PinnedModel;
  /** The columns that make a text, in order. */
  columns: readonly string[];
  classifier: Classifier;
  explain: Explain;
  /** The answer to one row as JSON. */
  writeRow: RowWriter;
}

/** A version and its bundle, made ready to answer. */
export function servableModel(pinned: PinnedModel, bundle: ModelBundle): ServableModel {
  const classifier = createClassifier(bundle);
  const explain = lazyExplain(bundle, classifier);
  return {
    pinned,
    columns: textColumnList(bundle.columns.text),
    classifier,
    explain,
    writeRow: createRowWriter(classifier, explain),
  };
}

/** An explainer prepares every tree: only if somebody asks. */
function lazyExplain(bundle: ModelBundle, classifier: Classifier): Explain {
  let explain: Explain | undefined;
  return (text, label, most) => {
    explain ??= createExplain(bundle, classifier);
    return explain(text, label, most);
  };
}

/** What makes a version the one it is: a registry that was set up anew may give the same number to another model. */
export const pinKey = ({ name, version, source, manifestSha256 }: PinnedModel) =>
  JSON.stringify([name, version, source, manifestSha256]);

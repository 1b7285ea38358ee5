import { PYTHON_LOADER_MODULE, pythonLoaderSource } from "../learning/model/python-loader";
import { type TextColumns, textColumnList } from "../settings/text-columns";

/** Column types of a signature, under MLflow's names. */
interface ColumnSpec {
  name: string;
  type: "string" | "double";
  required: boolean;
}

export interface ModelFolder {
  modelId: string;
  runId: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  textColumn: TextColumns;
  classes: readonly string[];
  /** Whether the model decides beside its label. */
  decides?: boolean;
  /** A text that shows what the model takes. */
  inputExample: string;
  /** Files below `data/`. */
  data: ReadonlyMap<string, Uint8Array>;
}

/** MLflow release whose layout is written, and whose scoring protocol is spoken. */
export const MLFLOW_VERSION = "3.17.2";
const PYTHON_VERSION = "3.11.7";
/** Logged models came with MLflow 3; the loader needs what mlflow itself needs. */
const REQUIREMENTS = "mlflow>=3,<4\nnumpy\npandas\n";

/** Signature of our models: the text columns in; label, decision if there is a rule, and a probability per class out. */
function signatureOf({
  textColumn,
  classes,
  decides = false,
}: Pick<ModelFolder, "textColumn" | "classes" | "decides">): { inputs: string; outputs: string } {
  const inputs: ColumnSpec[] = textColumnList(textColumn).map((name) => ({
    name,
    type: "string",
    required: true,
  }));
  const outputs: ColumnSpec[] = [
    { name: "label", type: "string", required: true },
    ...(decides ? [{ name: "decision", type: "string" as const, required: true }] : []),
    ...classes.map((label) => ({ name: `probability_${label}`, type: "double" as const, required: true })),
  ];
  return { inputs: asciiJson(inputs), outputs: asciiJson(outputs) };
}

/**
 * Every file of a model folder that `mlflow.pyfunc.load_model` reads: MLmodel, environment, Python loader,
 * examples, and the data files.
 */
export function modelFolderFiles(folder: ModelFolder): Map<string, Uint8Array> {
  const columns = textColumnList(folder.textColumn);
  // the last column tells most, as a rule a body under a subject; a part may be empty
  const example = {
    columns,
    data: [columns.map((_, i) => (i + 1 < columns.length ? "" : folder.inputExample))],
  };
  const text = (value: string) => Buffer.from(value);
  const files = new Map<string, Uint8Array>([
    ["MLmodel", text(mlmodelYaml(folder))],
    [
      "python_env.yaml",
      text(`python: ${PYTHON_VERSION}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n`),
    ],
    ["requirements.txt", text(REQUIREMENTS)],
    [`code/${PYTHON_LOADER_MODULE}.py`, text(pythonLoaderSource())],
    ["input_example.json", text(JSON.stringify(example))],
    ["serving_input_example.json", text(JSON.stringify({ dataframe_split: example }))],
  ]);
  for (const [path, bytes] of folder.data) files.set(`data/${path}`, bytes);
  return files;
}

/** JSON in ASCII only: YAML readers refuse some characters that class labels may hold. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** JSON texts are valid YAML scalars: nothing of the user's can break out of its line. */
const quoted = (value: string) => JSON.stringify(value);

function mlmodelYaml(folder: ModelFolder): string {
  const { modelId, runId, createdAt } = folder;
  const { inputs, outputs } = signatureOf(folder);
  return `flavors:
  python_function:
    code: code
    config:
      output: frame
    data: data
    env:
      virtualenv: python_env.yaml
    loader_module: ${PYTHON_LOADER_MODULE}
    python_version: ${PYTHON_VERSION}
mlflow_version: ${MLFLOW_VERSION}
model_id: ${quoted(modelId)}
model_uuid: ${quoted(modelId)}
run_id: ${quoted(runId)}
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: ${quoted(inputs)}
  outputs: ${quoted(outputs)}
  params: null
utc_time_created: ${quoted(new Date(createdAt).toISOString().replace("T", " ").replace("Z", ""))}
`;
}

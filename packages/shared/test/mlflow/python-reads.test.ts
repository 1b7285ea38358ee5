import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { promote } from "@colaml/shared/mlflow/champion";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import {
  clientFor,
  EXAMPLE_PROBABILITIES,
  exampleBundle,
  exampleModel,
  exampleRun,
  SMALL_RUN,
  testServer,
  uniqueName,
} from "./example-publication";

const run = promisify(execFile);

/** Labels that YAML, JSON, Python or JavaScript could stumble over. */
const ODD_LABELS = ['a: "b" # c', "constructor", "año 😀\u007f\u2028", "__proto__"];

let folder: string;
let environment: NodeJS.ProcessEnv;
afterAll(() => rm(folder, { recursive: true, force: true }));

const python = (...args: string[]) => {
  const program = process.env["COLAML_PYTHON"];
  if (!program) throw new Error("COLAML_PYTHON is not set: run jest with its global setup");
  return run(program, args, { env: environment, cwd: folder, timeout: 120_000 });
};

const lastLine = (stdout: string): unknown => JSON.parse(stdout.trim().split("\n").at(-1)!);

async function publishChampion(classes?: string[]): Promise<string> {
  const client = clientFor(testServer());
  const name = uniqueName("model");
  const model = exampleModel(name, exampleBundle(classes));
  const { version } = await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), model);
  await promote(client, name, version.version, "the first");
  return name;
}

const READ = `
import json, sys, mlflow, pandas
def read(name):
    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    frame = model.predict(pandas.DataFrame({"text": ["please HELP me", "nothing here", ""]}))
    return {
        "columns": list(frame.columns),
        "labels": list(frame["label"]),
        "probabilities": frame.drop(columns="label").values.tolist(),
        "inputs": model.metadata.signature.inputs.to_dict(),
        "outputs": model.metadata.signature.outputs.to_dict(),
        "example": model.input_example.to_dict(orient="split"),
        "run": model.metadata.run_id,
    }
print(json.dumps([read(name) for name in sys.argv[1:]]))
`;

interface ReadModel {
  columns: string[];
  labels: string[];
  probabilities: number[][];
  inputs: object[];
  outputs: object[];
  example: object;
  run: string;
}

let champion: string;
let plain: ReadModel;
let odd: ReadModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colaml-python-"));
  environment = { PATH: process.env["PATH"], HOME: folder, MLFLOW_TRACKING_URI: testServer() };
  champion = await publishChampion();
  // One process for both: importing mlflow takes most of the time.
  const { stdout } = await python("-c", READ, champion, await publishChampion(ODD_LABELS));
  [plain, odd] = lastLine(stdout) as [ReadModel, ReadModel];
}, 120_000);

test("mlflow.pyfunc loads the champion, predicts, and shows its signature and input example", () => {
  expect(plain.columns).toEqual(["label", "probability_False", "probability_True"]);
  expect(plain.labels).toEqual(["True", "False", "False"]);
  const { help, none } = EXAMPLE_PROBABILITIES;
  for (const [row, expected] of [help, none, none].entries()) {
    expect(plain.probabilities[row]![1]).toBeCloseTo(expected, 6);
    expect(plain.probabilities[row]![0]).toBeCloseTo(1 - expected, 6);
  }
  expect(plain.inputs).toEqual([{ type: "string", name: "text", required: true }]);
  expect(plain.outputs).toEqual([
    { type: "string", name: "label", required: true },
    { type: "double", name: "probability_False", required: true },
    { type: "double", name: "probability_True", required: true },
  ]);
  expect(plain.example).toMatchObject({
    columns: ["text"],
    data: [['my "phone" broke: help\n# no comment 😀']],
  });
  expect(plain.run).toMatch(/^[0-9a-f]{32}$/);
});

test("classes of any spelling are read as they are", () => {
  expect(odd.columns).toEqual(["label", ...ODD_LABELS.map((label) => `probability_${label}`)]);
  expect(odd.labels[0]).toBe(ODD_LABELS[0]);
  // softmax of the margins 1.2 and three times 0.3
  const sum = Math.exp(1.2) + 3 * Math.exp(0.3);
  expect(odd.probabilities[0]![0]).toBeCloseTo(Math.exp(1.2) / sum, 6);
  expect(odd.probabilities[0]![3]).toBeCloseTo(Math.exp(0.3) / sum, 6);
});

test("`mlflow models predict` scores a file", async () => {
  const input = join(folder, "input.json");
  await writeFile(
    input,
    JSON.stringify({ dataframe_split: { columns: ["text"], data: [["help"], ["no"]] } }),
  );
  const output = ["models", "predict", "-m", `models:/${champion}@champion`, "-i", input, "-t", "json"];
  const { stdout } = await python("-m", "mlflow", ...output, "--env-manager", "local");
  const { predictions } = lastLine(stdout) as { predictions: { label: string }[] };
  expect(predictions.map(({ label }) => label)).toEqual(["True", "False"]);
});

const NULLS = `
import json, sys, mlflow, pandas
model = mlflow.pyfunc.load_model(f"models:/{sys.argv[1]}@champion")
texts = ["please help" if row % 2 == 0 else "nothing here" for row in range(10_000)]
whole = model.predict(pandas.DataFrame({"text": texts}))
cells = list(texts)
cells[11], cells[5_000], cells[9_999] = None, float("nan"), pandas.NA
for dtype in (object, "string", "str"):
    frame = model.predict(pandas.DataFrame({"text": pandas.Series(cells, dtype=dtype)}))
    gaps = frame.index[frame["label"].isna()].tolist()
    unknown = frame.index[frame[["probability_False", "probability_True"]].isna().all(axis=1)].tolist()
    print(json.dumps([gaps, unknown, frame.drop(gaps).equals(whole.drop(gaps))]))
numbers = pandas.DataFrame({"text": pandas.Series([None, 7, 2.5, True, ["a", "list"]], dtype=object)})
print(json.dumps(model.predict(numbers)["label"].tolist()))
`;

test("a row without a text has no answer, and 9,997 others of its frame have theirs; a number is its text", async () => {
  const { stdout } = await python("-c", NULLS, champion);
  const rows = [11, 5_000, 9_999];
  const lines = stdout.trim().split("\n").slice(-4);
  expect(lines.slice(0, 3).map((line) => JSON.parse(line))).toEqual(Array(3).fill([rows, rows, true]));
  expect(JSON.parse(lines[3]!)).toEqual([null, "False", "False", "False", null]);
});

/** The first class is predicted without the word `help`, the second with it. */
const EVALUATE = `
import json, sys, mlflow, pandas
metrics, types = [], []
for name, targets in zip(sys.argv[1:], ([True, True, False, False], [3, 1, 1, 1], ["1.0", "007", "007", "007"])):
    frame = pandas.DataFrame({"text": ["help", "no", "no help", "no"], "wanted": targets})
    uri, labels = f"models:/{name}@champion", {"output": "label"}
    result = mlflow.models.evaluate(
        uri, frame, targets="wanted", model_type="classifier", model_config=labels,
        evaluator_config={"log_model_explainability": False},
    )
    metrics.append([float(result.metrics["accuracy_score"]), int(result.metrics["example_count"])])
    model = mlflow.pyfunc.load_model(uri, model_config=labels)
    with_gap = frame[["text"]].astype(object)
    with_gap.loc[1, "text"] = None
    equal = model.predict(frame[["text"]]) == frame["wanted"]
    types.append([str(model.predict(frame[["text"]]).dtype), str(model.predict(with_gap).dtype), equal.tolist()])
try:
    mlflow.pyfunc.load_model(uri, model_config={"output": "table"})
except ValueError as error:
    types.append(str(error))
print(json.dumps([metrics, types]))
`;

test("mlflow.models.evaluate takes a published model; its labels are bool, int or text as pandas reads them", async () => {
  const names = [
    await publishChampion(),
    await publishChampion(["1", "3"]),
    await publishChampion(["007", "1.0"]),
  ];
  const { stdout } = await python("-c", EVALUATE, ...names);
  // Predicted: second class, first, second, first.
  expect(lastLine(stdout)).toEqual([
    [
      [0.5, 4],
      [0.75, 4],
      [0.75, 4],
    ],
    [
      ["bool", "boolean", [true, false, false, true]],
      ["int64", "Int64", [true, true, false, true]],
      ["object", "object", [true, true, false, true]],
      `output is 'table': allowed are "frame" and "label"`,
    ],
  ]);
});

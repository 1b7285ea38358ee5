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
  testServer,
  uniqueName,
} from "./example-publication";

const run = promisify(execFile);
const small = { metrics: [], params: [], datasets: [], artifacts: new Map() };

/** Labels that YAML, JSON, Python or JavaScript could stumble over. */
const ODD_LABELS = ['a: "b" # c', "constructor", "año 😀\u007f\u2028", "__proto__"];

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colaml-python-"));
  environment = { PATH: process.env["PATH"], HOME: folder, MLFLOW_TRACKING_URI: testServer() };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const python = (...args: string[]) => {
  const program = process.env["COLAML_PYTHON"];
  if (!program) throw new Error("COLAML_PYTHON is not set: run jest with its global setup");
  return run(program, args, { env: environment, cwd: folder, timeout: 120_000 });
};

async function publishChampion(classes?: string[]): Promise<string> {
  const client = clientFor(testServer());
  const name = uniqueName("model");
  const model = exampleModel(name, exampleBundle(classes));
  const { version } = await publishModel(client, exampleRun(uniqueName("e"), small), model);
  await promote(client, name, version.version, "the first");
  return name;
}

const READ = `
import json, sys, mlflow, pandas
model = mlflow.pyfunc.load_model(f"models:/{sys.argv[1]}@champion")
frame = model.predict(pandas.DataFrame({"text": ["please HELP me", "nothing here", ""]}))
print(json.dumps({
    "columns": list(frame.columns),
    "labels": list(frame["label"]),
    "probabilities": frame.drop(columns="label").values.tolist(),
    "inputs": model.metadata.signature.inputs.to_dict(),
    "outputs": model.metadata.signature.outputs.to_dict(),
    "example": model.input_example.to_dict(orient="split"),
    "run": model.metadata.run_id,
}))
`;

async function readByPython(name: string) {
  const { stdout } = await python("-c", READ, name);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as {
    columns: string[];
    labels: string[];
    probabilities: number[][];
    inputs: object[];
    outputs: object[];
    example: object;
    run: string;
  };
}

test("mlflow.pyfunc loads the champion, predicts, and shows its signature and input example", async () => {
  const read = await readByPython(await publishChampion());
  expect(read.columns).toEqual(["label", "probability_False", "probability_True"]);
  expect(read.labels).toEqual(["True", "False", "False"]);
  const { help, none } = EXAMPLE_PROBABILITIES;
  for (const [row, expected] of [help, none, none].entries()) {
    expect(read.probabilities[row]![1]).toBeCloseTo(expected, 6);
    expect(read.probabilities[row]![0]).toBeCloseTo(1 - expected, 6);
  }
  expect(read.inputs).toEqual([{ type: "string", name: "text", required: true }]);
  expect(read.outputs).toEqual([
    { type: "string", name: "label", required: true },
    { type: "double", name: "probability_False", required: true },
    { type: "double", name: "probability_True", required: true },
  ]);
  expect(read.example).toMatchObject({
    columns: ["text"],
    data: [['my "phone" broke: help\n# no comment 😀']],
  });
  expect(read.run).toMatch(/^[0-9a-f]{32}$/);
});

test("classes of any spelling are read as they are", async () => {
  const read = await readByPython(await publishChampion(ODD_LABELS));
  expect(read.columns).toEqual(["label", ...ODD_LABELS.map((label) => `probability_${label}`)]);
  expect(read.labels[0]).toBe(ODD_LABELS[0]);
  // softmax of the margins 1.2 and three times 0.3
  const sum = Math.exp(1.2) + 3 * Math.exp(0.3);
  expect(read.probabilities[0]![0]).toBeCloseTo(Math.exp(1.2) / sum, 6);
  expect(read.probabilities[0]![3]).toBeCloseTo(Math.exp(0.3) / sum, 6);
});

test("`mlflow models predict` scores a file", async () => {
  const name = await publishChampion();
  const input = join(folder, "input.json");
  await writeFile(
    input,
    JSON.stringify({ dataframe_split: { columns: ["text"], data: [["help"], ["no"]] } }),
  );
  const output = ["models", "predict", "-m", `models:/${name}@champion`, "-i", input, "-t", "json"];
  const { stdout } = await python("-m", "mlflow", ...output, "--env-manager", "local");
  const { predictions } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
    predictions: { label: string }[];
  };
  expect(predictions.map(({ label }) => label)).toEqual(["True", "False"]);
});

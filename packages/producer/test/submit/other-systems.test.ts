import { execFile, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import Ajv2020 from "ajv/dist/2020";
import { type RunningCola, runCola, startCola } from "../cli/cola-process";

const root = resolve(__dirname, "../../../..");
const clients = join(root, "test/clients");
const python = process.env["COLAML_PYTHON_TEST"] ?? "";
const generator = join(dirname(python), "openapi-python-client");
const folder = mkdtempSync(join(tmpdir(), "cola-other-"));
const model = `other_${process.pid}`;
const token = "admin-secret";
const servers = {
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};
const env = {
  ...servers,
  COLAML_REDIS_PREFIX: `{other-${process.pid}}`,
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_DATA_DIR: folder,
  COLAML_MODEL: model,
  COLAML_API_TOKEN: token,
  COLAML_PORT: "0",
  MLFLOW_EXPERIMENT_NAME: model,
};
/** What the examples need to know of this run. */
const told = { ...env, COLAML_MODEL_URI: `models:/${model}@champion`, COLAML_URL: "" };
let up: RunningCola;

beforeAll(async () => {
  await writeSyntheticTweets(join(folder, "tweets.csv"), 1_000, 5);
  writeFileSync(join(folder, "new.csv"), "tweet_id,text\n1,my order never arrived\n2,thanks a lot\n");
  up = startCola(["up", "--predictors", "1", "--monitors", "0"], env, folder);
  const said = await up.said(/http:\/\/127\.0\.0\.1:\d+/);
  await up.said(/ColaML is up/);
  told.COLAML_URL = /http:\/\/127\.0\.0\.1:\d+/.exec(said)![0];
  const { code, stderr } = await runCola(["train", "tweets.csv"], env, folder);
  if (code !== 0) throw new Error(stderr);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  const queues = await openJobQueues(resolveConfig({ env }));
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a program printed. */
function output(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: object } = {},
): Promise<string> {
  const environment = { ...process.env, ...told, ...options.env } as NodeJS.ProcessEnv;
  return new Promise((done, fail) => {
    execFile(file, args, { cwd: options.cwd ?? folder, env: environment }, (error, stdout, stderr) => {
      if (error) fail(new Error(`${file} ${args.join(" ")}: ${stdout}${stderr}`));
      else done(stdout);
    });
  });
}

const ajv = new Ajv2020({ strict: false });
const resultSchema = JSON.parse(
  readFileSync(join(root, "docs/contracts/predict.result.schema.json"), "utf8"),
) as object;

/** A file of two rows and two texts were scored, and both results are as docs/contracts say. */
function expectBothResults(printed: string, scored: string): void {
  const results = JSON.parse(printed) as { file: object; texts: object };
  expect(results.file).toMatchObject({ rows: 2, rejected: 0, modelVersion: "1" });
  expect(results.texts).toMatchObject({
    rows: 2,
    predictions: [{ label: expect.any(String) }, { label: expect.any(String) }],
  });
  for (const result of Object.values(results)) {
    expect([ajv.validate(resultSchema, result), ajv.errorsText()]).toEqual([true, "No errors"]);
  }
  expect(readFileSync(join(folder, scored), "utf8").trimEnd().split("\n")).toHaveLength(3);
}

const ifThere = (path: string | undefined) => (path !== undefined && existsSync(path) ? it : it.skip);
const onPath = (name: string) =>
  (process.env["PATH"] ?? "")
    .split(":")
    .map((place) => join(place, name))
    .find(existsSync);
const curl = onPath("curl");
const RUST = ["--quiet", "--locked", "--manifest-path", join(root, "examples/predict-rust/Cargo.toml")];
/** A cargo may be there without a toolchain, or without a registry that has the crates. */
const cargo =
  spawnSync("cargo", ["fetch", ...RUST], { timeout: 120_000, stdio: "ignore" }).status === 0
    ? onPath("cargo")
    : undefined;

describe("another system puts a file and texts on the queue and reads the results", () => {
  const paths = (name: string) => [join(folder, "new.csv"), join(folder, name)];

  ifThere(python)("from Python, as examples/predict.py does", async () => {
    const printed = await output(python, [join(root, "examples/predict.py"), ...paths("python.csv")]);
    expectBothResults(printed, "python.csv");
  });

  it("from Node, as examples/predict.mjs does with bullmq and nothing of ours", async () => {
    const place = join(folder, "node-example");
    mkdirSync(join(place, "node_modules"), { recursive: true });
    symlinkSync(join(root, "packages/producer/node_modules/bullmq"), join(place, "node_modules/bullmq"));
    copyFileSync(join(root, "examples/predict.mjs"), join(place, "predict.mjs"));
    const printed = await output(process.execPath, [join(place, "predict.mjs"), ...paths("node.csv")]);
    expectBothResults(printed, "node.csv");
  });

  ifThere(curl)("with curl over the API, as examples/predict.sh does (needs curl)", async () => {
    const printed = await output("/bin/sh", [join(root, "examples/predict.sh"), "new.csv", "curl.csv"]);
    expectBothResults(printed, "curl.csv");
  });

  ifThere(cargo)(
    "from Rust, as examples/predict-rust does (needs cargo that can fetch crates)",
    async () => {
      const args = ["run", ...RUST, "--", ...paths("rust.csv")];
      const printed = await output("cargo", args, { env: { CARGO_TARGET_DIR: join(root, ".colaml/rust") } });
      expectBothResults(printed, "rust.csv");
    },
    900_000,
  );
});

describe("a client that is generated from the OpenAPI document", () => {
  const expected = {
    status: "completed",
    sameJob: true,
    result: { rows: 2, rejected: 0, modelVersion: "1", output: expect.stringMatching(/^\w+-client\.csv$/) },
    listed: true,
    queues: QUEUE_NAMES,
    predictions: 1,
    refused: "JOB_INVALID",
  };
  const document = join(folder, "openapi.json");
  beforeAll(async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${told.COLAML_URL}/docs/openapi.json`, { headers });
    writeFileSync(document, await answer.text());
  });
  const args = () => [told.COLAML_URL, token, told.COLAML_MODEL_URI];

  it("by openapi-typescript compiles strictly and submits, waits, reads, lists and scores", async () => {
    const place = join(folder, "typescript-client");
    mkdirSync(place);
    symlinkSync(join(clients, "node_modules"), join(place, "node_modules"));
    copyFileSync(join(clients, "program.ts"), join(place, "program.ts"));
    writeFileSync(join(place, "package.json"), '{"type": "module"}');
    const cli = join(clients, "node_modules/openapi-typescript/bin/cli.js");
    await output(process.execPath, [cli, document, "-o", join(place, "api.d.ts")]);
    const options = ["--strict", "--module", "es2022", "--moduleResolution", "bundler", "--target", "es2022"];
    const types = ["--skipLibCheck", "--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const tsc = join(root, "node_modules/typescript-with-api/bin/tsc");
    await output(process.execPath, [tsc, ...options, ...types, "program.ts"], { cwd: place });
    const printed = await output(process.execPath, [join(place, "program.js"), ...args()]);
    expect(JSON.parse(printed)).toMatchObject(expected);
  });

  ifThere(generator)(
    "by openapi-python-client is complete and does the same (needs Python 3.11)",
    async () => {
      const place = join(folder, "python-client");
      const target = ["--path", document, "--output-path", join(place, "colaml_api")];
      const path = `${dirname(python)}:${process.env["PATH"]}`;
      const configuration = join(place, "configuration.json");
      mkdirSync(place);
      // It knows no CSV; as bytes it does.
      writeFileSync(configuration, '{"content_type_overrides": {"text/csv": "application/octet-stream"}}');
      const options = [
        "generate",
        ...target,
        "--meta",
        "none",
        "--fail-on-warning",
        "--config",
        configuration,
      ];
      await output(generator, options, { env: { PATH: path } });
      const printed = await output(python, [join(clients, "program.py"), ...args()], {
        env: { PYTHONPATH: place },
      });
      expect(JSON.parse(printed)).toMatchObject(expected);
    },
  );
});

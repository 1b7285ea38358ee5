import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DECISIONS_VERSION, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { exampleBundle, uniqueName } from "../../../shared/test/mlflow/example-publication";
import { type MlflowServe, startMlflowServe } from "./mlflow-serve";
import { publishBundle, type ScoringServer, startScoring } from "./scoring-server";

const JSON_TYPE = "application/json";
const CSV = "text/csv";
type Model = "text" | "columns" | "decisions";
interface Asked {
  status: number;
  /** Of an answer with predictions; MLflow writes NaN for what we write as null. */
  predictions?: unknown;
}

const bundle = exampleBundle();
const BUNDLES: Record<Model, ModelBundle> = {
  text: bundle,
  columns: { ...bundle, columns: { ...bundle.columns, text: ["subject", "body"] } },
  decisions: {
    ...bundle,
    formatVersion: DECISIONS_VERSION,
    decision: { thresholds: [0.9], abstainBelow: 0.7, abstainWord: "abstain" },
  },
};
const names = Object.fromEntries(
  Object.keys(BUNDLES).map((model) => [model, uniqueName(`serve-${model}`)]),
) as Record<Model, string>;

const folder = mkdtempSync(join(tmpdir(), "protocol-"));
const theirs = new Map<Model, MlflowServe>();
let ours: ScoringServer;

beforeAll(async () => {
  const models = Object.keys(BUNDLES) as Model[];
  for (const model of models) await publishBundle(names[model], BUNDLES[model]);
  ours = await startScoring({ COLAML_MODEL: names.text });
  await Promise.all(
    models.map(async (model) =>
      theirs.set(model, await startMlflowServe(`models:/${names[model]}@champion`, folder)),
    ),
  );
}, 180_000);
afterAll(async () => {
  await Promise.all([...theirs.values()].map((server) => server.stop()));
  await ours.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(url: string, type: string, body: string): Promise<Asked> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": type },
    body: Buffer.from(body, "latin1"),
  });
  const text = await answer.text();
  if (answer.status !== 200) return { status: answer.status };
  const { predictions, ...rest } = JSON.parse(text.replaceAll("NaN", "null")) as { predictions: unknown };
  expect(rest).toEqual({});
  return { status: 200, predictions };
}

const askOurs = (model: Model, type: string, body: string) =>
  ask(`${ours.url}/models/${names[model]}/invocations`, type, body);
const askTheirs = (model: Model, type: string, body: string) =>
  ask(`${theirs.get(model)!.url}/invocations`, type, body);

const split = (columns: unknown, data: unknown, more: object = {}) =>
  JSON.stringify({ dataframe_split: { columns, data, ...more } });
const records = (...rows: unknown[]) => JSON.stringify({ dataframe_records: rows });
const inputs = (value: unknown) => JSON.stringify({ inputs: value });
const instances = (value: unknown) => JSON.stringify({ instances: value });

const SAME_JSON: [Model, string][] = [
  ["text", split(["text"], [["help me"], ["nothing"]])],
  ["text", split(["text"], [["help me"], ["nothing"]], { index: [5, 6] })],
  ["text", split(["text"], [["help"], ["a"]], { index: [1, 1] })],
  ["text", split(["text"], [["help"], ["b"]], { index: [1, 2, 3] })],
  ["text", split(["x", "text"], [[1, "help me"]])],
  ["text", split(["x"], [["help me"]])],
  ["text", '{"dataframe_split":{"data":[["help me"]]}}'],
  ["text", '{"dataframe_split":{"columns":["text"]}}'],
  ["text", split(["text"], [])],
  ["text", split([], [])],
  ["text", split(["text"], [[]])],
  ["text", split(["text"], [["a", "b"]])],
  ["text", split(["text"], ["help"])],
  ["text", split(["text"], [["help"], null])],
  ["text", split(["text"], [[5], ["help"]])],
  ["text", split(["text"], [[5.5]])],
  ["text", split(["text"], [[true], ["help"]])],
  ["text", split(["text"], [[null], ["help"]])],
  ["text", split(["text"], [[["help"]]])],
  ["text", split(["text", "text"], [["help", "b"]])],
  ["text", split("text", [["help"]])],
  ["text", split(null, [["help"]])],
  ["text", split([5], [["help"]])],
  ["text", split(["text"], [["help"]], { zzz: 1 })],
  ["text", split(["text"], "help")],
  ["text", '{"dataframe_split":[["help"]]}'],
  ["text", '{"dataframe_split":null}'],
  ["text", records({ text: "help me" }, { text: "nothing", extra: 1 })],
  ["text", records({ text: "help me" }, { other: "nothing" })],
  ["text", records({ other: "nothing" })],
  ["text", records()],
  ["text", records({})],
  ["text", records("help")],
  ["text", records(["help"])],
  ["text", records(null)],
  ["text", records({ text: "help" }, null)],
  ["text", records({ text: null }, { text: "help" })],
  ["text", '{"dataframe_records":{"text":["help"]}}'],
  ["text", '{"dataframe_records":[{"__proto__":5,"constructor":6,"text":"help"}]}'],
  ["text", '{"dataframe_records":[{"text":"a","text":"help"}]}'],
  ["text", inputs(["help me", "nothing"])],
  ["text", inputs("help me")],
  ["text", inputs([])],
  ["text", inputs({})],
  ["text", inputs(null)],
  ["text", inputs(5)],
  ["text", inputs([5, "help"])],
  ["text", inputs([true, 1.5])],
  ["text", '{"inputs":[123456789012345678901234567890,1e999,1.0,"help"]}'],
  ["text", inputs({ text: ["help me", "nothing"] })],
  ["text", inputs({ text: "help me" })],
  ["text", inputs({ text: ["help me"], extra: ["b", "c"] })],
  ["text", inputs({ text: "help", extra: ["a", "b"] })],
  ["text", inputs({ other: ["help me"] })],
  ["text", inputs({ text: [] })],
  ["text", inputs({ text: [["help"], ["no"]] })],
  ["text", inputs([{ text: "help me" }, { text: "nothing" }])],
  ["text", inputs([{ text: "help" }, { other: "x" }])],
  ["text", inputs([{ text: "help me" }, "nothing"])],
  ["text", inputs([["help me"], ["nothing"]])],
  ["text", inputs([["help"], "b"])],
  ["text", inputs(["", " ", "NA", "nan"])],
  ["text", instances(["help me", "nothing"])],
  [
    "text",
    instances([
      { text: "help me", extra: "x" },
      { text: "nothing", extra: "y" },
    ]),
  ],
  ["text", instances([{ other: "nothing" }])],
  ["text", instances({ text: ["help"] })],
  ["text", instances("help")],
  ["text", '{"inputs":["a"],"instances":["b"]}'],
  ["text", '{"inputs":["a"],"zzz":["b"]}'],
  ["text", '{"inputs":["a"],"messages":["b"]}'],
  ["text", '{"prompt":"help"}'],
  ["text", '{"inputs":["help"],"params":{}}'],
  ["text", '{"inputs":["help"],"params":null}'],
  ["text", "{}"],
  ["text", "[]"],
  ["text", '"help"'],
  ["text", "5"],
  ["text", "null"],
  ["text", ""],
  ["text", "{"],
  ["text", '{"inputs":["help"],}'],
  ["text", '{"inputs":["\xff"]}'],
  ["text", '\xef\xbb\xbf{"inputs":["help"]}'],
  [
    "columns",
    split(
      ["body", "subject"],
      [
        ["help", "s"],
        [null, "help"],
        [null, null],
        ["", ""],
      ],
    ),
  ],
  [
    "columns",
    split(
      ["subject", "body"],
      [
        ["  ", "  "],
        ["help", "  "],
      ],
    ),
  ],
  ["columns", split(["subject", "body"], [["help"], ["a", "b"]])],
  ["columns", split(["subject", "body"], [["help"]])],
  ["columns", split(["body"], [["help me"]])],
  ["columns", records({ subject: "help", body: "x" }, { subject: "help" })],
  ["columns", inputs({ subject: ["help", "a"], body: "x" })],
  ["columns", inputs({ subject: "help", body: "x" })],
  ["columns", inputs({ subject: ["help"] })],
  ["columns", inputs(["help"])],
  ["columns", inputs([["help", "x"]])],
  ["columns", inputs([])],
  ["columns", inputs([{ subject: "help" }, { body: "help" }])],
  ["columns", inputs([{ subject: "help" }])],
  ["columns", instances(["help"])],
  ["columns", instances([{ subject: "help", body: "x" }])],
  ["decisions", split(["text"], [["help"], ["nothing"], [null]])],
  ["decisions", inputs(["help", "nothing"])],
];

const SAME_CSV: [Model, string][] = [
  ["text", "text\nhelp me\nnothing\n"],
  ["text", "text\r\nhelp me\r\nnothing\r\n"],
  ["text", "text\rhelp\rno\r"],
  ["text", 'text,x\n"help, ""me""\nhere",1\nnothing,2\n'],
  ["text", ",text\n0,help\n1,nothing\n"],
  ["text", "x,text,y\n1,help me\n"],
  ["text", "x,text\n2,help\n1,help,3\n"],
  ["text", "text,text\nhelp,b\n"],
  ["text", "text;x\nhelp;b\n"],
  ["text", " text\nhelp\n"],
  ["text", "x,y\nhelp,1\n"],
  ["text", "\ntext\n  \nhelp\n\n\nno\n"],
  ["text", 'text\nNA\nhelp\nnull\n""\n" "\n'],
  ["text", "text\n5.0\nTrue\n"],
  ["text", 'text\nhe"lp me\n'],
  ["text", 'text\n"help\n'],
  ["text", "\xef\xbb\xbftext\nhelp\n"],
  ["text", "text\n"],
  ["text", ""],
  ["text", "\n"],
  ["text", "text\n\xff\xfe\n"],
  ["columns", "subject,body\nhelp,x\n,\nx,\n"],
  ["columns", "body,subject\nhelp,x\n"],
  ["decisions", "text\nhelp\n"],
];

/** Why the answers differ: docs/api.md has the same list. */
const DIFFERENT: [string, string, string, Asked["status"], Asked["status"]][] = [
  ["an unknown parameter is refused", JSON_TYPE, '{"inputs":["help"],"params":{"zzz":3}}', 400, 200],
  ["parameters are an object", JSON_TYPE, '{"inputs":["help"],"params":5}', 400, 200],
  ["NaN is not JSON", JSON_TYPE, '{"inputs":[NaN,"help"]}', 400, 200],
  ["an index fits its rows", JSON_TYPE, split(["text"], [["help"]], { index: [1, 2] }), 400, 200],
  ["rows are a list", JSON_TYPE, split(["text"], { a: 1 }), 400, 200],
  ["half of a surrogate pair is a character", JSON_TYPE, '{"inputs":["\\ud800 help"]}', 200, 400],
  ["a broken quote refuses the body", CSV, 'text\n"help" me\n', 400, 200],
  ["a field without a name is not an index", CSV, "text\n1,help me\n", 400, 200],
  ["Parquet is not read", "application/vnd.apache.parquet", "PAR1", 415, 400],
];

/** A row without a text as numpy writes it: MLflow makes the text "None" of a null in a tensor. */
const NULLS_IN_TENSORS = [
  inputs([null, "help"]),
  inputs({ text: [null, "help"] }),
  instances([{ text: null }, { text: "help" }]),
];

describe("a scoring request", () => {
  it.each(SAME_JSON)("of JSON is answered as by mlflow models serve: %s %s", async (model, body) => {
    const expected = await askTheirs(model, JSON_TYPE, body);
    expect(await askOurs(model, JSON_TYPE, body)).toEqual(expected);
  });

  it.each(SAME_CSV)("of CSV is answered as by mlflow models serve: %s %j", async (model, body) => {
    const expected = await askTheirs(model, CSV, body);
    expect(await askOurs(model, CSV, body)).toEqual(expected);
  });

  it.each([
    "application/json; charset=utf-8",
    "application/json; charset=UTF-8",
    "application/json; charset=latin-1",
    "application/json; format=pandas-split",
    "text/plain",
    "application/x-www-form-urlencoded",
  ])("of type %s is answered as by mlflow models serve", async (type) => {
    const body = inputs(["help"]);
    expect(await askOurs("text", type, body)).toEqual(await askTheirs("text", type, body));
  });

  it.each(DIFFERENT)("differs as documented: %s", async (_why, type, body, mine, their) => {
    const statuses = [await askOurs("text", type, body), await askTheirs("text", type, body)];
    expect(statuses.map(({ status }) => status)).toEqual([mine, their]);
  });

  it.each(NULLS_IN_TENSORS)("has no answer for null, in a tensor either: %s", async (body) => {
    const { predictions } = (await askOurs("text", JSON_TYPE, body)) as { predictions: unknown[] };
    expect(predictions).toEqual([
      { label: null, probability_False: null, probability_True: null },
      expect.objectContaining({ label: "True" }),
    ]);
  });

  it("answers all records of instances, of which MLflow loses those that lack a column", async () => {
    const body = instances([{ text: "help me" }, { other: "nothing" }]);
    const lengths = [await askOurs("text", JSON_TYPE, body), await askTheirs("text", JSON_TYPE, body)];
    expect(lengths.map(({ predictions }) => (predictions as unknown[]).length)).toEqual([2, 1]);
  });

  it("gives errors the shape of MLflow's: a code and a message", async () => {
    for (const url of [ours.url, theirs.get("text")!.url]) {
      const answer = await fetch(`${url}/invocations`, {
        method: "POST",
        headers: { "content-type": JSON_TYPE },
        body: "{}",
      });
      expect(await answer.json()).toMatchObject({
        error_code: expect.any(String),
        message: expect.stringContaining("exactly one of"),
      });
    }
  });
});

describe("the probes of a scoring server", () => {
  it.each(["/ping", "/health", "/version"])("answer %s as mlflow models serve", async (path) => {
    const answers = await Promise.all(
      [ours.url, theirs.get("text")!.url].map(async (url) => {
        const answer = await fetch(url + path);
        return [answer.status, await answer.text()];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
  });

  it("say that a model which is not there cannot answer", async () => {
    const other = await startScoring({ COLAML_MODEL: uniqueName("never-trained") });
    expect((await fetch(`${other.url}/ping`)).status).toBe(404);
    expect((await fetch(`${other.url}/livez`)).status).toBe(200);
    await other.close();
  });
});

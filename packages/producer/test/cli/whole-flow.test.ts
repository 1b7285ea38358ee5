import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { realDataPath } from "../../../shared/test/real-data";
import { type RunningCola, runCola, startCola } from "./cola-process";

const model = `flow_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "cola-flow-"));
/** What every command of this folder gets; they learn Redis' address from `cola up`. */
const env = {
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{flow-${process.pid}}`,
  COLAML_MODEL: model,
  COLAML_PORT: "0",
  MLFLOW_EXPERIMENT_NAME: model,
};
const tweets = join(folder, "tweets.csv");
let up: RunningCola;

const cola = (...args: string[]) => runCola(args, env, folder);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await cola(...args, "--json");
  const lines = stdout.trimEnd().split("\n");
  if (lines.length !== 1) throw new Error(`stdout is not one object: ${stdout}\n${stderr}`);
  return { code, stderr, value: JSON.parse(lines[0]!) as Record<string, unknown> };
};

beforeAll(async () => {
  await writeSyntheticTweets(tweets, 3_000, 7);
  const servers = {
    REDIS_URL: process.env["TEST_REDIS_URL"]!,
    MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
  };
  up = startCola(["up", "--predictors", "1"], { ...env, ...servers }, folder);
  await up.said(/ColaML is up/);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  rmSync(folder, { recursive: true, force: true });
});

describe("the whole mission on the command line", () => {
  it("trains, registers and promotes a model, and says so in one object", async () => {
    const { code, value } = await json("train", tweets);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      runId: expect.stringMatching(/^[0-9a-f]{32}$/),
      runUrl: expect.stringContaining(`/runs/${value["runId"]}?workflowType=machine_learning`),
      modelVersion: "1",
      promoted: true,
      metrics: { validation: { accuracy_score: expect.any(Number) }, test: { roc_auc: expect.any(Number) } },
      seconds: expect.any(Number),
    });
  });

  it("predicts a file in input order with probabilities and the model's version", async () => {
    const output = join(folder, "scored.csv");
    const { code, value } = await json("predict", tweets, "--output", output);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      modelVersion: "1",
      output,
      seconds: expect.any(Number),
      rowsPerSecond: expect.any(Number),
    });
    const rows = value["rows"] as number;
    expect(rows + (value["rejected"] as number)).toBe(3_000);
    const lines = readFileSync(output, "utf8").trimEnd().split(/\r?\n/);
    expect(lines).toHaveLength(rows + 1);
  });

  it("refuses an output that exists, and leaves it as it is", async () => {
    const output = join(folder, "mine.csv");
    writeFileSync(output, "mine");
    const { code, value } = await json("predict", tweets, "--output", output);
    expect([code, value["error_code"]]).toEqual([1, "OUTPUT_EXISTS"]);
    expect(readFileSync(output, "utf8")).toBe("mine");
  });

  it("scores texts at once", async () => {
    const { value } = await json(
      "predict",
      "--text",
      "my order never arrived",
      "--text",
      "we are happy to help ^JB",
    );
    expect(value["predictions"]).toEqual([
      {
        label: expect.stringMatching(/^(True|False)$/),
        probabilities: { True: expect.any(Number), False: expect.any(Number) },
      },
      {
        label: expect.stringMatching(/^(True|False)$/),
        probabilities: { True: expect.any(Number), False: expect.any(Number) },
      },
    ]);
  });

  it("monitors: exit 0 above the thresholds, 3 below", async () => {
    const good = await json(
      "monitor",
      tweets,
      "--accuracy-threshold",
      "0.6",
      "--report",
      join(folder, "report.html"),
    );
    expect(good.value).toMatchObject({ modelVersion: "1", metrics: { accuracy_score: expect.any(Number) } });
    const bad = await json("monitor", tweets, "--accuracy-threshold", "0.999");
    expect([bad.code, bad.value["ok"]]).toEqual([3, false]);
  });

  it("lists versions with the champion marked, the champion's history, and the jobs", async () => {
    const models = (await json("models")).value as {
      versions: { version: string; aliases: string[]; metrics: object }[];
    };
    expect(models.versions).toMatchObject([
      { version: "1", aliases: ["champion"], metrics: { accuracy_score: expect.any(Number) } },
    ]);
    expect((await json("models", "history")).value).toMatchObject({ history: [{ version: "1" }] });
    const { jobs } = (await json("jobs")).value as { jobs: { id: string; queue: string; status: string }[] };
    expect(jobs.map(({ queue, status }) => `${queue} ${status}`)).toContain("train completed");
    const shown = await json("jobs", "show", jobs[0]!.id);
    expect(shown.value).toMatchObject({ id: jobs[0]!.id });
  });

  it("says that there is nothing to roll back to, and no such job", async () => {
    expect((await json("models", "rollback")).value["error_code"]).toBe("MODEL_NOT_FOUND");
    expect((await json("jobs", "show", "train-nosuch")).value["error_code"]).toBe("JOB_NOT_FOUND");
  });

  it("proves an output by its receipt, and exits 3 once a byte of it is changed", async () => {
    const output = join(folder, "scored.csv");
    expect((await json("verify", output)).value).toMatchObject({ ok: true, rows: { duplicates: 0 } });
    writeFileSync(output, `${readFileSync(output, "utf8")} `);
    const changed = await json("verify", output);
    expect([changed.code, changed.value["error_code"]]).toEqual([3, "RECEIPT_MISMATCH"]);
  });

  it("proves it by an input that was moved, and exits 3 if the input or the manifest was altered", async () => {
    const input = join(folder, "moving.csv");
    const output = join(folder, "moving-scored.csv");
    copyFileSync(tweets, input);
    await json("predict", input, "--output", output);
    renameSync(input, join(folder, "moved.csv"));
    const missing = await json("verify", output);
    expect([missing.code, missing.value["message"]]).toEqual([3, expect.stringContaining("give --input")]);
    expect((await json("verify", output, "--input", join(folder, "moved.csv"))).value).toMatchObject({
      ok: true,
    });
    copyFileSync(join(folder, "moved.csv"), input);
    appendFileSync(input, "1,2\n");
    expect((await json("verify", output)).code).toBe(3);
    copyFileSync(join(folder, "moved.csv"), input);
    expect((await json("verify", output)).code).toBe(0);
    const manifest = `${output}.receipt.json`;
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"rejected": ', '"rejected": 1'));
    expect((await json("verify", output)).code).toBe(3);
    rmSync(manifest);
    expect((await json("verify", output)).value["error_code"]).toBe("RECEIPT_MISMATCH");
  });

  it("allows an id that occurs twice, and says so where a person looks", async () => {
    const input = join(folder, "twice.csv");
    const output = join(folder, "twice-scored.csv");
    writeFileSync(input, "tweet_id,text\n7,please help\n8,thanks\n7,we are sorry\n");
    const said = 'row has an id of column "tweet_id"';
    const done = await cola("predict", input, "--output", output);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining(`warning: 1 ${said}`)]);
    expect(done.stderr).toContain("7 in rows 1 and 3");
    expect((await json("verify", output)).value).toMatchObject({
      rows: { in: 3, out: 3, duplicates: 0 },
      repeatedIds: { column: "tweet_id", rows: 1, examples: [{ id: "7", rows: [1, 3] }] },
    });
    expect((await cola("verify", output)).stdout).toContain(said);
  });

  it("says how many rows the model knows no word of, and warns above half of them", async () => {
    const input = join(folder, "foreign.csv");
    const output = join(folder, "foreign-scored.csv");
    writeFileSync(input, "tweet_id,text\n1,zzqx vvkw\n2,qqqzx\n3,\n4,please help\n");
    const unknown = "rows without a single word that the model knows: 2 of 3";
    const done = await cola("predict", input, "--output", output);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining(`warning: ${unknown}`)]);
    expect(done.stdout).toMatch(/^3 rows .*, 1 rejected \(no text: 1\), 2 without a known word, model/);
    expect((await cola("verify", output)).stdout).toContain(unknown);
    const { value } = await json("verify", output);
    expect(value).toMatchObject({
      rejectedByReason: { "no text": 1 },
      withoutKnownWords: { rows: 2, label: expect.stringMatching(/^(True|False)$/) },
    });
    expect((await json("predict", input, "--output", output, "--force")).value).toMatchObject({
      rejectedByReason: { "no text": 1 },
      withoutKnownWords: value["withoutKnownWords"],
      warnings: [expect.stringContaining(unknown)],
    });
    const texts = await cola("predict", "--text", "please help", "--text", "zzqx");
    expect(texts.stdout.trimEnd().split("\n")).toEqual([
      expect.not.stringContaining("no known word"),
      expect.stringMatching(/\tno known word$/),
    ]);
  });

  it("answers /invocations with what `cola predict --explain` writes, without a job", async () => {
    const texts = ["please help me with my order", "zzqx", "thank you, have a great day"];
    const input = join(folder, "asked.ndjson");
    const output = join(folder, "asked-scored.ndjson");
    writeFileSync(input, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
    expect((await cola("predict", input, "--output", output, "--explain", "3")).code).toBe(0);
    const { apiUrl } = JSON.parse(readFileSync(join(env.COLAML_STATE_DIR, "up.json"), "utf8"));
    const answer = await fetch(new URL("/invocations", apiUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: texts, params: { explain: 3 } }),
    });
    expect(answer.headers.get("colaml-model")).toBe(`${model}/1`);
    const { predictions } = (await answer.json()) as { predictions: Record<string, unknown>[] };
    const rows = readFileSync(output, "utf8").trimEnd().split("\n");
    for (const [i, line] of rows.entries()) {
      const { id: _id, model_version: _version, ...row } = JSON.parse(line) as Record<string, unknown>;
      const [negative, positive] = ["probability_False", "probability_True"] as const;
      // files have nine decimals
      expect(predictions[i]).toEqual({
        ...row,
        [negative]: expect.closeTo(row[negative] as number, 8),
        [positive]: expect.closeTo(row[positive] as number, 8),
      });
    }
    expect(predictions).toHaveLength(texts.length);
  });

  it("exits 1 with the reasons if all rows of a file are rejected, and writes nothing", async () => {
    const input = join(folder, "blank.csv");
    writeFileSync(input, "tweet_id,text\n1,\n2,\n3,too,many\n");
    const { code, value } = await json("predict", input, "--output", join(folder, "blank-scored.csv"));
    expect([code, value["error_code"]]).toEqual([1, "TOO_MANY_REJECTED"]);
    expect(value["message"]).toMatch(
      /^3 of 3 rows of .*blank\.csv were rejected \(no text: 2, wrong number of fields: 1\);/,
    );
    expect(existsSync(join(folder, "blank-scored.csv"))).toBe(false);
  });

  it("cancels a job that runs, which then says so", async () => {
    const args = ["train", tweets, "--iterations", "10000", "--max-features", "5000"];
    const id = (await json(...args, "--detach")).value["id"] as string;
    const watch = startCola(["jobs", "watch", id, "--json"], env, folder);
    await watch.said(/boost/);
    expect((await json("jobs", "cancel", id)).value).toMatchObject({ cancelled: "requested" });
    const done = await watch.finished;
    expect([done.code, JSON.parse(done.stdout)]).toMatchObject([1, { error_code: "JOB_CANCELLED" }]);
    expect((await json("jobs", "show", id)).value).toMatchObject({ status: "failed" });
  });

  it("keeps where it runs readable only by its owner, and refuses a second one by its pid", async () => {
    expect(statSync(join(env.COLAML_STATE_DIR, "up.json")).mode & 0o777).toBe(0o600);
    const second = await cola("up");
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(String(up.child.pid));
  });
});

(realDataPath ? describe : describe.skip)("the reference data", () => {
  it("reaches the accuracy and ROC AUC of the original on the same test rows", async () => {
    const { value } = await json("train", realDataPath!, "--model", `${model}_real`);
    const { test } = value["metrics"] as { test: { accuracy_score: number; roc_auc: number } };
    expect(test.accuracy_score).toBeGreaterThanOrEqual(0.81);
    expect(test.roc_auc).toBeGreaterThanOrEqual(0.89);
  });
});

describe("bad input", () => {
  const write = (name: string, content: string, encoding: BufferEncoding = "utf8") => {
    const path = join(folder, name);
    writeFileSync(path, content, encoding);
    return path;
  };
  const rows = (count: number, label: (i: number) => string) =>
    `tweet_id,inbound,text\n${Array.from({ length: count }, (_, i) => `${i},${label(i)},some words ${i}`).join("\n")}\n`;

  it.each([
    ["a missing file", () => ["train", join(folder, "no.csv")], 1, "INPUT_NOT_FOUND", /no\.csv/],
    ["a folder", () => ["train", folder], 1, "INPUT_UNREADABLE", /./],
    ["an empty file", () => ["train", write("empty.csv", "")], 1, "INPUT_EMPTY", /empty\.csv/],
    [
      "a header alone",
      () => ["train", write("header.csv", "tweet_id,inbound,text\n")],
      1,
      "INPUT_EMPTY",
      /no rows/,
    ],
    ["no text column", () => ["train", write("other.csv", "a,b\n1,2\n")], 1, "COLUMN_NOT_FOUND", /"a", "b"/],
    [
      "another text column",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--text-column", "body"],
      1,
      "COLUMN_NOT_FOUND",
      /"body".*"text"/,
    ],
    [
      "another encoding",
      () => [
        "train",
        write(
          "latin1.csv",
          rows(200, (i) => (i % 2 ? "s\xed" : "no")),
          "latin1",
        ),
        "--label-column",
        "inbound",
      ],
      1,
      "LABELS_INVALID",
      /line 3, column "inbound", is not UTF-8 text: .*--encoding/,
    ],
    [
      "an encoding that nobody knows",
      () => ["train", tweets, "--encoding", "klingon"],
      2,
      "CONFIG_INVALID",
      /allowed is an encoding that TextDecoder knows/,
    ],
    [
      "no header: its first row is not shown",
      () => ["train", write("bare.csv", "1,True,my card was stolen in Lima\n2,False,we are sorry\n")],
      1,
      "COLUMN_NOT_FOUND",
      /^(?!.*stolen).*--columns/,
    ],
    [
      "rows of which most are rejected",
      () => ["train", write("poor.csv", `${rows(100, (i) => String(i % 2))}${",1,\n".repeat(400)}`)],
      1,
      "TOO_MANY_REJECTED",
      /400 of 500 rows .*no text \(first at line 102\).*less than 50%.*--max-rejected/,
    ],
    [
      "a class that is lost",
      () => ["train", write("lost.csv", `${rows(100, (i) => String(i % 2))}${"7,2,\n".repeat(40)}`)],
      1,
      "TOO_MANY_REJECTED",
      /every row of the class "2" \(40 rows\)/,
    ],
    [
      "JSON under another name",
      () => ["train", write("rows.json", '{"text":"a","inbound":true}\n')],
      1,
      "INPUT_UNREADABLE",
      /--input-format ndjson/,
    ],
    [
      "one class",
      () => [
        "train",
        write(
          "one.csv",
          rows(200, () => "True"),
        ),
      ],
      1,
      "LABELS_INVALID",
      /one label/,
    ],
    [
      "too few rows",
      () => [
        "train",
        write(
          "few.csv",
          rows(3, (i) => (i % 2 ? "True" : "False")),
        ),
      ],
      1,
      "TOO_FEW_ROWS",
      /row/,
    ],
    [
      "an unknown model",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--model", "no_such_model"],
      1,
      "MODEL_NOT_FOUND",
      /no_such_model/,
    ],
    [
      "an unknown alias",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--alias", "nobody"],
      1,
      "MODEL_NOT_FOUND",
      /nobody/,
    ],
    [
      "an output in no folder",
      () => ["predict", tweets, "-o", join(folder, "none", "x.csv")],
      1,
      "OUTPUT_UNWRITABLE",
      /none/,
    ],
    ["a setting out of range", () => ["train", tweets, "--depth", "99"], 2, "CONFIG_INVALID", /99.*1 to 16/],
    ["an unknown flag", () => ["train", tweets, "--max-depth", "6"], 2, "USAGE", /--max-depth/],
    ["no file", () => ["train"], 2, "USAGE", /file/],
    ["no output", () => ["predict", tweets], 2, "USAGE", /--output/],
    [
      "another id column",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--id-column", "uuid"],
      1,
      "COLUMN_NOT_FOUND",
      /"uuid".*"tweet_id"/,
    ],
    [
      "an output that is a folder",
      () => ["predict", tweets, "-o", folder, "--force"],
      1,
      "OUTPUT_UNWRITABLE",
      /is a folder/,
    ],
    [
      "an output that is the input",
      () => ["predict", tweets, "-o", tweets, "--force"],
      1,
      "OUTPUT_UNWRITABLE",
      /is the input/,
    ],
    [
      "neither a count nor a share",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--max-rejected", "1.5"],
      2,
      "CONFIG_INVALID",
      /count, or a share/,
    ],
    [
      "a format for a file that has one by its name",
      () => ["predict", tweets, "-o", join(folder, "x.csv"), "--input-format", "tsv"],
      2,
      "USAGE",
      /--input-format is for -/,
    ],
    [
      "a model that is a path",
      () => ["predict", tweets, "-o", "x.csv", "--model", "../m"],
      2,
      "USAGE",
      /allowed/,
    ],
  ])("%s: one line, an exit code, nothing half-written", async (_what, args, code, errorCode, message) => {
    const done = await cola(...args(), "--json");
    expect(done.code).toBe(code);
    const answer = JSON.parse(done.stdout) as { error_code: string; message: string };
    expect(answer.error_code).toBe(errorCode);
    expect(answer.message).toMatch(message);
    const spoken = done.stderr
      .split("\n")
      .filter((line) => line.startsWith("cola: ") && !line.includes("warning:"));
    expect(spoken).toEqual([`cola: ${answer.message}`]);
    expect(existsSync(join(folder, "x.csv"))).toBe(false);
  });

  it("from another system fails its job with the same reason", async () => {
    const config = resolveConfig({
      env: { REDIS_URL: process.env["TEST_REDIS_URL"], COLAML_REDIS_PREFIX: env.COLAML_REDIS_PREFIX },
    });
    const queues = await openJobQueues(config);
    try {
      const path = write("other2.csv", "a,b\n1,2\n");
      const jobs = [
        await queues.add("train", { dataset: { path } }),
        await queues.add("train", { dataset: { path }, boosting: { depth: "6" } }),
        await queues.add("train", JSON.parse('{"dataset": {"path": "x"}, "__proto__": {"a": 1}}') as object),
        await queues.add("train", { v: 2, dataset: { path } }),
      ];
      const watched = await Promise.all(jobs.map((id) => json("jobs", "watch", id)));
      expect(watched.map(({ value }) => value["error_code"])).toEqual([
        "COLUMN_NOT_FOUND",
        "JOB_INVALID",
        "JOB_INVALID",
        "JOB_INVALID",
      ]);
      const { error } = await queues.view(jobs[0]!);
      expect(error!.message).toBe(watched[0]!.value["message"]);
    } finally {
      await queues.close();
    }
  });
});

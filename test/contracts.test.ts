import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CATALOGUE, QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020";

const root = resolve(__dirname, "..");
const folder = join(root, "docs/contracts");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Schema;

interface Schema {
  $id?: string;
  required?: string[];
  properties?: Record<string, object>;
}

const ajv = new Ajv2020({ strict: false, allErrors: true, useDefaults: false });

/** The JSON blocks of docs/jobs.md under the heading of a queue. */
function documentedPayloads(queue: string): unknown[] {
  const page = readFileSync(join(root, "docs/jobs.md"), "utf8");
  const section = new RegExp(`\\n## ${queue}\\n(.*?)(?=\\n## |$)`, "s").exec(page)?.[1] ?? "";
  const blocks = [...section.matchAll(/```json\n(.*?)```/gs)].map(
    ([, block]) => JSON.parse(block!) as object,
  );
  // A block beside the payloads shows a part of one.
  return blocks.filter((block) => !("analyzer" in block));
}

describe("docs/contracts", () => {
  it("is what the catalogue says: else run node scripts/contracts.mjs", () => {
    execFileSync(process.execPath, [join(root, "scripts/contracts.mjs"), "--check"], { stdio: "pipe" });
  });

  it("has the payload of every queue and the result of every queue that a worker runs", () => {
    const ran = QUEUE_NAMES.filter((queue) => "worker" in CATALOGUE[queue]);
    expect(files.sort()).toEqual(
      [
        ...QUEUE_NAMES.map((queue) => `${queue}.payload.schema.json`),
        ...ran.map((queue) => `${queue}.result.schema.json`),
        "progress.schema.json",
        "asyncapi.json",
      ].sort(),
    );
  });

  it.each(files.filter((name) => name !== "asyncapi.json"))(
    "%s is a JSON Schema of draft 2020-12",
    (name) => {
      expect(ajv.validateSchema(read(name))).toBe(true);
      expect(ajv.compile(read(name))).toBeInstanceOf(Function);
      expect(read(name).$id).toBe(`urn:colaml:contracts:${name.replace(".schema.json", "")}`);
    },
  );

  it.each(["train", "tune", "predict", "monitor", "compare"])(
    "takes the payloads of %s in docs/jobs.md",
    (queue) => {
      const payloads = documentedPayloads(queue);
      expect(payloads.length).toBeGreaterThan(0);
      for (const payload of payloads) {
        expect([ajv.validate(schemaOf(queue), payload), ajv.errorsText()]).toEqual([true, "No errors"]);
      }
    },
  );

  it.each([
    ["predict", {}],
    ["predict", { texts: ["x"], input: { path: "/a.csv" }, output: "/b.csv" }],
    ["predict", { input: { path: "/a.csv" } }],
    ["predict", { texts: ["x"], explain: 21 }],
    ["train", { dataset: { path: "/a.csv" }, boosting: { depth: 17 } }],
    ["train", { dataset: { path: "/a.csv" }, unknown: 1 }],
    ["labels", { input: { path: "/a.csv" }, labels: [{ id: "1", label: "a" }] }],
    ["labels", { labels: [{ id: "1", label: "a" }], source: "argilla" }],
    ["monitor", { input: { path: "/a.csv" }, predictions: "/b.csv" }],
  ] as const)("refuses, as the worker does, of %s the payload %j", (queue, payload) => {
    expect(CATALOGUE[queue].schema.safeParse(payload).success).toBe(false);
    expect(ajv.validate(schemaOf(queue), payload)).toBe(false);
  });

  it("keeps what a reader of a result may rely on", () => {
    expect(read("predict.result.schema.json").required).toEqual(
      expect.arrayContaining(["rows", "rejected", "modelVersion"]),
    );
    expect(read("train.result.schema.json").properties!["metrics"]).toMatchObject({
      properties: { test: { $ref: "#/$defs/ClassificationMetrics" } },
    });
    expect(read("train.result.schema.json").properties!["decision"]).toMatchObject({
      enum: ["PROMOTE", "HOLD", "REJECT"],
    });
  });
});

const schemaOf = (queue: string) => ({ $ref: `urn:colaml:contracts:${queue}.payload` });

describe("the AsyncAPI document", () => {
  const document = read("asyncapi.json") as unknown as {
    channels: Record<string, { address: string | null }>;
    operations: Record<string, { action: string; reply?: object }>;
  };

  it("is one by the schema of AsyncAPI 3", () => {
    const draft7 = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const schema = JSON.parse(
      readFileSync(require.resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json"), "utf8"),
    ) as object;
    expect([draft7.validate(schema, document), draft7.errorsText()]).toEqual([true, "No errors"]);
  });

  it("has a channel per queue, and a reply for every job that a worker runs", () => {
    const addresses = Object.values(document.channels).flatMap(({ address }) => address ?? []);
    expect(addresses).toEqual(QUEUE_NAMES);
    for (const queue of QUEUE_NAMES) {
      const runs = "worker" in CATALOGUE[queue];
      const operation = document.operations[`${runs ? "run" : "send"}-${queue}`];
      expect(operation).toMatchObject({ action: runs ? "receive" : "send" });
      expect(operation?.reply !== undefined).toBe(runs);
    }
  });

  it("refers only to what it has, and to files beside it", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target!,
    );
    const missing = references.filter((target) =>
      target.startsWith("./")
        ? !files.includes(target.slice(2))
        : target
            .slice(2)
            .split("/")
            .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document) ===
          undefined,
    );
    expect(missing).toEqual([]);
  });
});

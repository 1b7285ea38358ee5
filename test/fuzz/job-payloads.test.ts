import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import { requestPayload } from "@colaml/producer/submit/payloads";
import {
  entryOf,
  QUEUE_NAMES,
  type QueueName,
  SUBMITTABLE_QUEUES,
  type SubmittableQueue,
} from "@colaml/shared/contracts/catalogue";
import type { PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { parsePayload } from "@colaml/shared/worker/job-errors";
import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";
import { fuzz } from "./fuzz-run";
import { PAYLOADS } from "./job-cases";
import { damagedJson, damages } from "./json-damage";
import { MODELS } from "./model-cases";

const CONTRACTS = join(__dirname, "../../docs/contracts");
const ajv = new Ajv2020({ strict: false, useDefaults: false });
for (const name of readdirSync(CONTRACTS).filter((file) => file.endsWith("payload.schema.json"))) {
  ajv.addSchema(JSON.parse(readFileSync(join(CONTRACTS, name), "utf8")) as object);
}

const config = resolveConfig({ env: {} });
/** A message may show a value, not a payload. */
const LONGEST_MESSAGE = 2_000;

/** What is given back, or undefined after a refusal with one of the codes and one short line. */
function answerOf<T>(codes: readonly string[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    expect(codes).toContain(error.code);
    expect(error.message.length).toBeLessThan(LONGEST_MESSAGE);
    return undefined;
  }
}

/** A payload is taken as its worker takes it, or refused; and nothing else happens. */
function expectParsedOrRefused(queue: QueueName, json: string): void {
  const payload: unknown = JSON.parse(json);
  const given = JSON.stringify(payload);
  const { schema } = entryOf(queue);
  const parsed = answerOf(["JOB_INVALID"], () => parsePayload<object>(schema, payload));
  expect(JSON.stringify(payload)).toBe(given);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined();
  if ((SUBMITTABLE_QUEUES as readonly string[]).includes(queue))
    expectSubmitted(queue as SubmittableQueue, payload);
  if (parsed === undefined) return;
  // it passes through Redis as JSON, and what a person reads in docs/contracts is no stricter
  const again = parsePayload<object>(schema, JSON.parse(JSON.stringify(parsed)));
  expect(JSON.stringify(again)).toBe(JSON.stringify(parsed));
  expect([ajv.validate(`urn:colaml:contracts:${queue}.payload`, payload), ajv.errorsText()]).toEqual([
    true,
    "No errors",
  ]);
  if (queue === "predict-chunk") expectScored(parsed as PredictChunkJob);
}

/** What the API takes, a worker takes. */
function expectSubmitted(queue: SubmittableQueue, payload: unknown): void {
  const codes = ["JOB_INVALID", "PARAMETER_INVALID", "CONFIG_INVALID", "USAGE"];
  const taken = answerOf(codes, () => requestPayload(queue, config, payload));
  if (taken !== undefined) parsePayload<object>(entryOf(queue).schema, JSON.parse(JSON.stringify(taken)));
}

const ROOM = 64 << 20;
const ROWS = Buffer.from('1,help apple,z\n2,"late ""x""",z\n3,late\n\n{"id":1,"text":"help"}\n');
const [bundle] = MODELS;
const classifier = createClassifier(bundle!);

/** A plan that was taken scores rows, the same by the kernel and by strings, and takes no undue memory. */
function expectScored({ plan, source, firstLine, firstRow }: PredictChunkJob): void {
  if (source.kind === "file")
    expect([source.end >= source.start, source.end - source.start < 2 ** 30]).toEqual([true, true]);
  const before = process.memoryUsage().arrayBuffers;
  const origin = { firstLine, firstRow };
  const byStrings = new PlainScorer(plan, classifier).score(Buffer.from(ROWS), origin);
  const byKernel = ByteScorer.of(plan, bundle!, classifier)?.score(Buffer.from(ROWS), origin);
  if (byKernel) expect(Buffer.from(byKernel.output).toString()).toBe(byStrings.output.toString());
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(ROOM);
}

const anything = fc.json({ maxDepth: 4 });

describe("the payload of a job", () => {
  it("is known of every queue", () => {
    expect([...new Set(PAYLOADS.map(({ queue }) => queue))].sort()).toEqual([...QUEUE_NAMES].sort());
    for (const { queue, payload } of PAYLOADS) {
      expect(entryOf(queue as QueueName).schema.safeParse(payload).error).toBeUndefined();
    }
  });

  it("is parsed, or refused as JOB_INVALID, and changes nothing, whatever JSON it is", async () => {
    const damaged = fc
      .record({ place: fc.nat(PAYLOADS.length - 1), list: damages, filled: fc.boolean() })
      .map(({ place, list, filled }) => {
        const { queue, payload } = PAYLOADS[place]!;
        // with every default filled in there are more places to damage
        const document = filled ? entryOf(queue as QueueName).schema.parse(payload) : payload;
        return { queue, json: damagedJson(JSON.stringify(document), list) };
      });
    const any = fc.record({ queue: fc.constantFrom<string>(...QUEUE_NAMES), json: anything });
    await fuzz(
      "job-payloads",
      fc.oneof({ weight: 9, arbitrary: damaged }, { weight: 1, arbitrary: any }),
      ({ queue, json }) => expectParsedOrRefused(queue as QueueName, json),
      { runs: 300 },
    );
  });
});

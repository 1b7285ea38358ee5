import { isUtf8 } from "node:buffer";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { bundleFromFiles, bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { parseGoldenSample } from "@colaml/shared/learning/model/golden-sample";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import fc from "fast-check";
import { examplePlan, random } from "../../packages/predictor-worker/test/scoring/example-model";
import { fuzz, withSeed } from "./fuzz-run";
import { type Damage, damagedJson, damages } from "./json-damage";
import { FILES, MODELS, relisted, TEXTS } from "./model-cases";

/** A model that is not refused, or undefined. Every refusal has the code for it and one line. */
function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    expect([error.code, error.message.split("\n").length]).toEqual(["MODEL_CORRUPT", 1]);
    return undefined;
  }
}

/** Bytes that one model may take beyond what it is given. */
const ROOM = 64 << 20;
const ROWS = Buffer.from(TEXTS.map((text, i) => `${i},"${text}",z\n`).join(""));

/** A model that was taken gives probabilities, the same by the kernel and by strings, and takes no undue memory. */
function expectUsable(bundle: ModelBundle): void {
  const before = process.memoryUsage().arrayBuffers;
  const classifier = createClassifier(bundle);
  const out = new Float64Array(bundle.classes.length);
  for (const text of TEXTS) {
    const label = classifier.predict(text, out);
    const sum = out.reduce((all, probability) => all + probability, 0);
    const are = [...out].every((probability) => probability >= 0 && probability <= 1);
    expect({ are, isOne: Math.abs(sum - 1) < 1e-5, label: label in bundle.classes }).toEqual({
      are: true,
      isOne: true,
      label: true,
    });
  }
  const origin = { firstLine: 1, firstRow: 0 };
  const byKernel = ByteScorer.of(examplePlan(), bundle, classifier)?.score(ROWS, origin);
  if (byKernel) {
    const byStrings = new PlainScorer(examplePlan(), classifier).score(ROWS, origin);
    expect(byKernel.output.toString("latin1")).toBe(byStrings.output.toString("latin1"));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(ROOM);
}

/** What is read of XGBoost's document; the rest is for XGBoost. */
const READ =
  /^(learner|gradient_booster|model|trees|tree_info|default_left|(left|right)_children|split_(conditions|indices)|weights|boosted_rounds|objective|name|learner_model_param|num_(feature|class|target)|\d+)$/;

/** The first place at which what was read is not what stands there: numbers to float32, names to the letter. */
function difference(given: unknown, kept: unknown, key = "", way = ""): string | undefined {
  if (typeof given === "object" && given !== null && typeof kept === "object" && kept !== null) {
    if (Array.isArray(given) && given.length !== (kept as unknown[]).length) return `${way}: another length`;
    const [member] = Object.entries(given)
      .filter(([name]) => READ.test(name))
      .flatMap(
        ([name, value]) =>
          difference(value, (kept as Record<string, unknown>)[name], name, `${way}/${name}`) ?? [],
      );
    return member;
  }
  const isSame =
    given === kept ||
    (typeof given === "boolean" && Number(given) === kept) ||
    (typeof given === "number" && Math.fround(given) === Math.fround(kept as number)) ||
    (key.startsWith("num_") && Number(given) === Number(kept));
  return isSame ? undefined : `${way}: ${JSON.stringify(given)} is read as ${JSON.stringify(kept)}`;
}

const textOf = (files: ReadonlyMap<string, Uint8Array>, name: string) =>
  Buffer.from(files.get(name)!).toString("utf8");

/** The files of a model, one of them other than it was: refused, or a model that says what they say. */
function expectTruth(files: ReadonlyMap<string, Uint8Array>): void {
  readOrRefused(() => parseGoldenSample(files.get("golden_sample.json")!));
  const bundle = readOrRefused(() => bundleFromFiles(files));
  if (bundle === undefined) return;
  for (const name of ["bundle.json", "model.xgb.json"]) expect(isUtf8(files.get(name)!)).toBe(true);
  const written = bundleToFiles(bundle);
  const [given, kept] = [files, written].map((all) => JSON.parse(textOf(all, "model.xgb.json")));
  expect(difference(given, kept)).toBeUndefined();
  expect(JSON.parse(textOf(written, "bundle.json"))).toMatchObject(JSON.parse(textOf(files, "bundle.json")));
  expectUsable(bundle);
}

const models = fc.nat(FILES.length - 1);
const names = fc.constantFrom("bundle.json", "model.xgb.json", "golden_sample.json");

describe("the files of a model", () => {
  it.each(MODELS.map((_, i) => i))(
    "are refused, or the same model, after every truncation (model %d)",
    (model) => {
      const files = FILES[model]!;
      for (const [name, bytes] of files) {
        for (let length = 0; length < bytes.length; length++) {
          const read = readOrRefused(() =>
            bundleFromFiles(new Map(files).set(name, bytes.subarray(0, length))),
          );
          if (read !== undefined) expect(read).toEqual(bundleFromFiles(files));
        }
      }
    },
  );

  it("are refused, or the same model, after any of 10,000 flips of a bit", () => {
    const whole = FILES.map((files) => bundleFromFiles(files));
    return withSeed((seed) => {
      const next = random(seed);
      for (let flip = 0; flip < 10_000; flip++) {
        const files = FILES[flip % FILES.length]!;
        const [name, bytes] = [...files][Math.floor(next() * files.size)]!;
        const damaged = Buffer.from(bytes);
        damaged[Math.floor(next() * bytes.length)]! ^= 1 << Math.floor(next() * 8);
        const read = readOrRefused(() => bundleFromFiles(new Map(files).set(name, damaged)));
        if (read !== undefined) expect(read).toEqual(whole[flip % FILES.length]);
      }
    });
  });

  it("that somebody changed and listed anew are refused, or make a model that says what they say: bytes", async () => {
    const flips = fc.array(fc.record({ at: fc.nat(0xffffff), bit: fc.nat(7) }), {
      minLength: 1,
      maxLength: 4,
    });
    await fuzz<{ model: number; name: string; flips: { at: number; bit: number }[] }>(
      "model-bytes",
      fc.record({ model: models, name: names, flips }),
      ({ model, name, flips: list }) => {
        const files = FILES[model]!;
        const bytes = Buffer.from(files.get(name)!);
        for (const { at, bit } of list) bytes[at % bytes.length]! ^= 1 << bit;
        expectTruth(relisted(files, name, bytes));
      },
      { runs: 80 },
    );
  });

  it("that somebody changed and listed anew are refused, or make a model that says what they say: values", async () => {
    await fuzz<{ model: number; name: string; list: Damage[] }>(
      "model-json",
      fc.record({ model: models, name: names, list: damages }),
      ({ model, name, list }) => {
        const files = FILES[model]!;
        expectTruth(relisted(files, name, Buffer.from(damagedJson(textOf(files, name), list))));
      },
      { runs: 80 },
    );
  });
});

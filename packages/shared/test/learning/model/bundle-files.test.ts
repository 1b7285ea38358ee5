import { createHash } from "node:crypto";
import { bundleFromFiles, bundleToFiles, parseManifest } from "@colaml/shared/learning/model/bundle-files";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { checkEnsemble } from "@colaml/shared/learning/model/ensemble-check";
import {
  ensembleFromXgboostJson,
  ensembleToXgboostBytes,
  ensembleToXgboostJson,
} from "@colaml/shared/learning/model/ensemble-json";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { Tree, TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import { exampleBundle, exampleTexts } from "./bundle-example";
import { readFixture } from "./model-fixture";

let bundle: ModelBundle;
beforeAll(async () => {
  bundle = await exampleBundle({}, ["__proto__", "constructor"]);
});

const refusal = (pattern: RegExp) =>
  expect.objectContaining({ code: "MODEL_CORRUPT", message: expect.stringMatching(pattern) });

function listedAnew(files: Map<string, Uint8Array>, name: string, bytes: Buffer): Map<string, Uint8Array> {
  const manifest = JSON.parse(Buffer.from(files.get("manifest.json")!).toString());
  const entry = manifest.files.find((file: { path: string }) => file.path === name);
  entry.bytes = bytes.length;
  entry.sha256 = createHash("sha256").update(bytes).digest("hex");
  return files.set(name, bytes).set("manifest.json", Buffer.from(JSON.stringify(manifest)));
}

/** Replaces a file and lists the new one in the manifest, as somebody would who knows how. */
function relisted(name: string, change: (json: Record<string, unknown>) => void): Map<string, Uint8Array> {
  const files = new Map(bundleToFiles(bundle));
  const json = JSON.parse(Buffer.from(files.get(name)!).toString());
  change(json);
  return listedAnew(files, name, Buffer.from(JSON.stringify(json)));
}

it("comes back from its files as it was, and predicts the same, classes named __proto__ included", () => {
  const extra = new Map([["profile.json", Buffer.from("{}")]]);
  const files = bundleToFiles(bundle, extra);
  expect([...files.keys()].sort()).toEqual([
    "bundle.json",
    "manifest.json",
    "model.xgb.json",
    "profile.json",
  ]);
  const back = bundleFromFiles(files);
  expect(back).toEqual(bundle);
  const [before, after] = [createClassifier(bundle), createClassifier(back)];
  const [a, b] = [new Float64Array(2), new Float64Array(2)];
  for (const text of exampleTexts()) {
    expect(after.predict(text, b)).toBe(before.predict(text, a));
    expect(b).toEqual(a);
  }
});

it("is read as it was written by the release that knew trees only", () => {
  const { files, scored } = readFixture<{
    files: Record<string, string>;
    scored: { text: string; probabilities: number[] }[];
  }>("bundle-v1");
  const read = bundleFromFiles(
    new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
  );
  expect(read.formatVersion).toBe(1);
  const classifier = createClassifier(read);
  const out = new Float64Array(2);
  for (const { text, probabilities } of scored) {
    classifier.predict(text, out);
    expect([...out]).toEqual(probabilities);
  }
  // And that release reads what this one writes of trees: the same fields, the same trees.
  const written = bundleToFiles(read);
  const textOf = (name: string) => Buffer.from(written.get(name)!).toString();
  expect(JSON.parse(textOf("bundle.json"))).toEqual(JSON.parse(files["bundle.json"]!));
  expect(textOf("model.xgb.json")).toBe(files["model.xgb.json"]);
});

it("of a linear model has a version that older releases refuse, and comes back as it was", async () => {
  const linear = await exampleBundle({}, ["a", "b", "c"], "gblinear");
  const files = bundleToFiles(linear);
  expect(JSON.parse(Buffer.from(files.get("bundle.json")!).toString()).formatVersion).toBe(2);
  expect(bundleFromFiles(files)).toEqual(linear);
  expect(() => bundleFromFiles(bundleToFiles({ ...linear, formatVersion: 1 }))).toThrow(
    refusal(/version 1 holds no linear model/),
  );
});

it("gives the same bytes for the same bundle, listed with their true sha256", () => {
  const files = bundleToFiles(bundle);
  expect(bundleToFiles(bundle)).toEqual(files);
  const manifest = JSON.parse(Buffer.from(files.get("manifest.json")!).toString());
  for (const { path, bytes, sha256 } of manifest.files) {
    expect(bytes).toBe(files.get(path)!.length);
    expect(sha256).toBe(createHash("sha256").update(files.get(path)!).digest("hex"));
  }
});

it("is refused when any one byte of it is altered", () => {
  const files = bundleToFiles(bundle);
  for (const name of ["bundle.json", "model.xgb.json"]) {
    const { length } = files.get(name)!;
    for (let at = 0; at < length; at += Math.ceil(length / 40)) {
      const altered = Buffer.from(files.get(name)!);
      altered[at]! ^= 1;
      expect(() => bundleFromFiles(new Map(files).set(name, altered))).toThrow(refusal(new RegExp(name)));
    }
  }
});

it("is refused, though its manifest fits, if a letter of a term is lost", () => {
  const changed = relisted("bundle.json", () => {});
  const bytes = Buffer.from(changed.get("bundle.json")!);
  bytes[bytes.indexOf("é")]! = 0x80;
  const files = listedAnew(changed, "bundle.json", bytes);
  expect(() => bundleFromFiles(files)).toThrow(refusal(/bundle\.json.*not UTF-8/));
});

it("is refused when a file is missing, cut off, or not listed", () => {
  const files = bundleToFiles(bundle);
  for (const name of files.keys()) {
    const without = new Map(files);
    without.delete(name);
    expect(() => bundleFromFiles(without)).toThrow(refusal(new RegExp(`${name}.*missing`)));
    const cut = new Map(files).set(name, files.get(name)!.slice(0, -3));
    expect(() => bundleFromFiles(cut)).toThrow(refusal(new RegExp(name)));
  }
  const added = new Map(files).set("added.json", Buffer.from("{}"));
  expect(() => bundleFromFiles(added)).toThrow(refusal(/added\.json.*not list/));
});

describe("is refused, though its manifest fits, with", () => {
  const cases: [string, string, (json: Record<string, unknown>) => void, RegExp][] = [
    [
      "a newer format",
      "bundle.json",
      (json) => Object.assign(json, { formatVersion: 4 }),
      /version 4: this release reads 1, 2, 3/,
    ],
    [
      "a format that cannot be shown as text",
      "bundle.json",
      (json) => Object.assign(json, { formatVersion: { toString: 1 } }),
      /version {"toString":1}: this release reads/,
    ],
    [
      "an idf whose scores are not numbers",
      "bundle.json",
      (json) => (json["idf"] as number[]).splice(0, 1, 1e308),
      /idf/,
    ],
    ["too few idf", "bundle.json", (json) => (json["idf"] as number[]).pop(), /idf/],
    ["a term too many", "bundle.json", (json) => (json["terms"] as string[]).push("zzz"), /terms/],
    [
      "a term twice",
      "bundle.json",
      (json) => (json["terms"] as string[]).splice(0, 1, "late"),
      /late.*twice/,
    ],
    ["a class twice", "bundle.json", (json) => Object.assign(json, { classes: ["a", "a"] }), /a.*twice/],
    [
      "a class too many",
      "bundle.json",
      (json) => Object.assign(json, { classes: ["a", "b", "c"] }),
      /classes/,
    ],
    ["an unknown key", "bundle.json", (json) => Object.assign(json, { code: "rm" }), /code/],
  ];
  it.each(cases)("%s", (_, name, change, message) => {
    expect(() => bundleFromFiles(relisted(name, change))).toThrow(refusal(message));
  });
});

describe("is refused, though its manifest fits, if it holds more than a training makes:", () => {
  /** A chain: each node's left child is the next node. */
  function chain(depth: number): TreeEnsemble {
    const nNodes = 2 * depth + 1;
    const nodes = Array.from({ length: nNodes }, (_, node) => node);
    const isSplit = (node: number) => node % 2 === 0 && node < nNodes - 1;
    const zeros = new Float32Array(nNodes);
    const tree = {
      group: 0,
      left: Int32Array.from(nodes, (node) => (isSplit(node) ? node + 2 : -1)),
      right: Int32Array.from(nodes, (node) => (isSplit(node) ? node + 1 : -1)),
      feature: new Int32Array(nNodes),
      value: zeros,
      defaultLeft: new Uint8Array(nNodes),
      gain: zeros,
      cover: zeros,
    };
    return { objective: "binary:logistic", nFeatures: 1, nGroups: 1, baseMargin: 0, trees: [tree] };
  }

  it("a tree deeper than 32", () => {
    expect(ensembleFromXgboostJson(ensembleToXgboostJson(chain(32)))).toMatchObject({ nFeatures: 1 });
    const deep = ensembleToXgboostJson(chain(33));
    expect(() => ensembleFromXgboostJson(deep)).toThrow(refusal(/tree 0 is deeper than 32/));
  });

  it("more than 10,000 trees per class", () => {
    const { trees, ...rest } = chain(1);
    const many = { ...rest, trees: new Array<Tree>(10_001).fill(trees[0]!) };
    expect(() => checkEnsemble(many)).toThrow(refusal(/10001 trees per class, more than 10000/));
    checkEnsemble({ ...many, trees: many.trees.slice(1) });
  });

  it("more than 300,000 terms", () => {
    const files = relisted("bundle.json", (json) => {
      json["terms"] = Array.from({ length: 300_001 }, (_, i) => String(i));
    });
    expect(() => bundleFromFiles(files)).toThrow(refusal(/terms: Too big.*300000/));
  });

  it("JSON nested ten million deep", () => {
    const deep = Buffer.from("[".repeat(1e7) + "]".repeat(1e7));
    const files = new Map([...bundleToFiles(bundle)]);
    const manifest = JSON.parse(Buffer.from(files.get("manifest.json")!).toString());
    for (const entry of manifest.files as { path: string; bytes: number; sha256: string }[]) {
      if (entry.path !== "bundle.json") continue;
      entry.bytes = deep.length;
      entry.sha256 = createHash("sha256").update(deep).digest("hex");
    }
    files.set("bundle.json", deep).set("manifest.json", Buffer.from(JSON.stringify(manifest)));
    expect(() => bundleFromFiles(files)).toThrow(refusal(/bundle\.json/));
  });

  it("files of more than 1 GiB in all, or more than 32, before any of them is fetched", () => {
    const entry = (path: string, bytes: number) => ({ path, bytes, sha256: "0".repeat(64) });
    const manifest = (files: object[]) => Buffer.from(JSON.stringify({ formatVersion: 1, files }));
    const half = 2 ** 29;
    expect(parseManifest(manifest([entry("a", half), entry("b", half)])).files).toHaveLength(2);
    expect(() => parseManifest(manifest([entry("a", half), entry("b", half + 1)]))).toThrow(
      refusal(/more than 1073741824 bytes/),
    );
    const many = Array.from({ length: 33 }, (_, i) => entry(`f${i}`, 1));
    expect(() => parseManifest(manifest(many))).toThrow(refusal(/files: Too big.*32/));
  });
});

it("signed with a key is read only with that key", () => {
  const files = bundleToFiles(bundle, new Map(), "secret");
  expect(bundleFromFiles(files, "secret")).toEqual(bundle);
  expect(() => bundleFromFiles(files, "other")).toThrow(refusal(/signature/));
  expect(() => bundleFromFiles(bundleToFiles(bundle), "secret")).toThrow(refusal(/signature/));
});

it("is refused when its token pattern is one that cannot be matched in linear time", () => {
  const files = relisted("bundle.json", (json) => {
    (json["features"] as Record<string, unknown>)["token_pattern"] = "(?=x)\\w+";
  });
  expect(() => bundleFromFiles(files)).toThrow(refusal(/bundle\.json: .*look-ahead.*train it again/));
});

describe("a bundle of words and characters", () => {
  let union: ModelBundle;
  beforeAll(async () => {
    union = await exampleBundle({ analyzer: ["word", "char_wb"], char_max_features: 500 }, ["a", "b"]);
  });

  it("is of format version 2, and comes back as it was", () => {
    expect(union.formatVersion).toBe(2);
    // JSON has no -0 for a leaf.
    const { ensemble, ...back } = bundleFromFiles(bundleToFiles(union));
    expect({ ...back, ensemble: union.ensemble }).toEqual(union);
    expect(ensemble.nFeatures).toBe(union.terms.length);
    expect(bundle.formatVersion).toBe(1);
  });

  it("is refused if its parts are not those of its analyzers, or have not all terms", () => {
    const [words, characters] = union.partSizes!;
    for (const [partSizes, reason] of [
      [undefined, /1 parts of terms for 2 analyzers/],
      [[words! + characters!], /1 parts of terms for 2 analyzers/],
      [[words!, characters! - 1], new RegExp(`parts have ${words! + characters! - 1} terms`)],
    ] as const) {
      const files = bundleToFiles({ ...union, ...{ partSizes: partSizes && [...partSizes] } });
      expect(() => bundleFromFiles(files)).toThrow(refusal(reason));
    }
  });
});

describe("a calibration and a decision rule", () => {
  const sigmoid = { method: "sigmoid" as const, maps: [{ slope: 2, intercept: 0.5 }] };
  const decision = { thresholds: [0.3], abstainBelow: 0.6, abstainWord: "abstain" };

  it("come back with the model, whose format releases without them refuse", () => {
    const decided = { ...bundle, formatVersion: 3 as const, calibration: sigmoid, decision };
    expect(bundleFromFiles(bundleToFiles(decided))).toEqual(decided);
    expect(formatVersionOf(decided)).toBe(3);
    expect(formatVersionOf(bundle)).toBe(1);
  });

  it.each([
    [
      "a map too many",
      { calibration: { ...sigmoid, maps: [...sigmoid.maps, ...sigmoid.maps] } },
      /2 calibration maps for 2/,
    ],
    ["a threshold too many", { decision: { ...decision, thresholds: [0.3, 0.7] } }, /2 thresholds for 2/],
    ["a class for a word", { decision: { ...decision, abstainWord: "constructor" } }, /word for abstaining/],
    [
      "knots that fall",
      { calibration: { method: "isotonic", maps: [{ x: [0.5, 0.4], y: [0, 1] }] } },
      /x must rise/,
    ],
  ])("are refused with %s", (_what, more, pattern) => {
    const files = relisted("bundle.json", (json) => Object.assign(json, more, { formatVersion: 3 }));
    expect(() => bundleFromFiles(files)).toThrow(refusal(pattern));
  });

  it("are refused in a file of an older format", () => {
    const files = relisted("bundle.json", (json) => Object.assign(json, { decision }));
    expect(() => bundleFromFiles(files)).toThrow(refusal(/format version 1 has no calibration/));
  });
});

it("makes the bytes of a linear model in pieces as it makes them at once", async () => {
  // more than two pieces of 50,000, zeros and whole numbers among them
  const nFeatures = 61_000;
  const weights = Float32Array.from({ length: 2 * nFeatures }, (_, i) => (i % 7 === 0 ? i % 3 : Math.sin(i)));
  const linear = {
    objective: "binary:logistic" as const,
    nFeatures,
    nGroups: 2,
    baseMargin: 0,
    bias: Float32Array.from([0.25, -1]),
    weights,
    rounds: 3,
  };
  const bytes = await ensembleToXgboostBytes(linear);
  expect(bytes.equals(Buffer.from(ensembleToXgboostJson(linear)))).toBe(true);
  expect(ensembleFromXgboostJson(bytes.toString())).toEqual(linear);
});

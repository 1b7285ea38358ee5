import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { DOCUMENTS } from "@colaml/shared/files/documents";
import fc from "fast-check";
import { random } from "../../packages/predictor-worker/test/scoring/example-model";
import { fuzz, withSeed } from "./fuzz-run";
import { damagedJson, damages } from "./json-damage";
import { STATE_DOCUMENTS } from "./state-cases";
import { type Document, output, reported } from "./state-place";

const NAMES = Object.keys(STATE_DOCUMENTS);
const bytesOf = ({ lines }: Document) =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

/** The document, what was kept of one that could not be read, and what is written under way. */
function clear(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  for (const found of readdirSync(folder)) {
    const isDirectory = lstatSync(join(folder, found)).isDirectory();
    if (found.startsWith(name)) rmSync(join(folder, found), { recursive: isDirectory, force: true });
  }
}

interface Outcome {
  read?: unknown;
  refused?: string;
}

/** Every refusal is one line of ours that names the document, or the folder that is about it. */
async function outcomeOf({ path, read }: Document): Promise<Outcome> {
  reported.length = 0;
  try {
    return { read: await read() };
  } catch (error) {
    if (!(error instanceof ColaError) || error.code === "INTERNAL") throw error;
    expect(error.message.split("\n")).toHaveLength(1);
    expect(error.message).toContain(dirname(path));
    return { refused: error.code };
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Where what was read says something else than what was written; what a schema adds or leaves out is allowed. */
function difference(read: unknown, written: unknown, way = ""): string | undefined {
  if (!isObject(read)) {
    // a field that nobody reads may hold a number that JSON can say and not write again
    if (Object.is(read, written) || (read === null && Math.abs(Number(written)) === Infinity))
      return undefined;
    return `${way}: ${JSON.stringify(written)} is read as ${JSON.stringify(read)}`;
  }
  if (!isObject(written) || Array.isArray(read) !== Array.isArray(written)) return `${way}: another kind`;
  if (Array.isArray(read) && read.length !== written["length"]) return `${way}: another length`;
  for (const [key, value] of Object.entries(read)) {
    if (!Object.hasOwn(written, key)) continue;
    const found = difference(value, written[key], `${way}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What stands in the bytes: undefined if that is not JSON. */
function writtenIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** What was read of a file of lines stands there in its order, and what was left out was reported. */
function expectLines(read: unknown, bytes: Uint8Array): void {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const written = lines.filter((line) => line !== "").map((line) => writtenIn(Buffer.from(line, "latin1")));
  const list = (read ?? []) as unknown[];
  let at = 0;
  for (const one of list) {
    while (at < written.length && difference(one, written[at]) !== undefined) at++;
    expect([one, at < written.length]).toEqual([one, true]);
    at++;
  }
  const ids = new Set(written.map((line) => JSON.stringify(isObject(line) && line["id"])));
  if (list.length < written.length && ids.size === written.length)
    expect(reported.join("\n")).toMatch(/left out/);
}

/** Read exactly as it is, or as absent and reported, or refused: no other number, and nothing lost in silence. */
async function expectTruth(document: Document, content: Uint8Array): Promise<void> {
  const { path, truth, isOthers = () => false } = document;
  writeFileSync(path, content);
  try {
    const { read, refused } = await outcomeOf(document);
    if (refused !== undefined) return;
    for (const line of reported) expect(line.split("\n")).toHaveLength(1);
    if (path.endsWith("ndjson")) return expectLines(read, content);
    const written = writtenIn(content);
    if (read !== undefined) {
      expect(difference(read, truth ? truth(written) : written)).toBeUndefined();
    } else if (reported.length === 0) expect([written, isOthers(written)]).toEqual([written, true]);
    else expect(reported.join("\n")).toContain(basename(path));
  } finally {
    clear(path);
  }
}

const ofEach = it.each(NAMES.map((name): [string, Document] => [name, STATE_DOCUMENTS[name]!]));

/** What no release wrote, whatever the document. */
const SHAPES: readonly string[] = [
  ...["", " ", "\n", "null", "true", "0", "NaN", "1e999", '"x"', "[]", "[[]]", "{}", '{"v":1}'],
  ...['{"v":"1"}', '{"v":null}', '{"v":0.5}', '{"v":1e999}', '{"__proto__":{"v":9}}', "\0\0\0\0", "{}{}"],
  ...["[".repeat(100_000), `${"[".repeat(9_000)}${"]".repeat(9_000)}`, `{"v":${"9".repeat(400)}}`],
];

describe("a document of the state folder", () => {
  beforeAll(() => {
    for (const { path } of Object.values(STATE_DOCUMENTS)) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(output, "");
  });

  it("is fuzzed whatever its kind", () => {
    const kinds = new Set(Object.values(STATE_DOCUMENTS).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(Object.keys(DOCUMENTS).sort());
  });

  ofEach("is read if it is as it was written (%s)", async (_name, document) => {
    clear(document.path);
    writeFileSync(document.path, bytesOf(document));
    const { read, refused } = await outcomeOf(document);
    expect([refused, read === undefined, reported.filter((line) => line.includes("cannot be read"))]).toEqual(
      [undefined, false, []],
    );
    clear(document.path);
  });

  ofEach("is read, or reported, or refused after every truncation (%s)", async (_name, document) => {
    const bytes = bytesOf(document);
    for (let length = 0; length < bytes.length; length++)
      await expectTruth(document, bytes.subarray(0, length));
  });

  it("is read as it is, or reported, or refused after any of 2,000 flips of a bit", async () => {
    const documents = Object.values(STATE_DOCUMENTS);
    await withSeed(async (seed) => {
      const next = random(seed);
      for (let flip = 0; flip < 2_000; flip++) {
        const document = documents[flip % documents.length]!;
        const bytes = bytesOf(document);
        bytes[Math.floor(next() * bytes.length)]! ^= 1 << Math.floor(next() * 8);
        await expectTruth(document, bytes);
      }
    });
  });

  ofEach("is reported or refused if something else is in its place (%s)", async (_name, document) => {
    const { path } = document;
    const good = bytesOf(document).toString("latin1");
    const around = [`\ufeff${good}`, good + good, good.replace("{", '{"v":7,"v":1,'), `${good}\0`];
    for (const shape of [...SHAPES, ...around]) await expectTruth(document, Buffer.from(shape, "latin1"));
    const others = [() => mkdirSync(path), () => symlinkSync(path, path), () => symlinkSync("/", path)];
    for (const put of others) {
      clear(path);
      put();
      const { read, refused } = await outcomeOf(document);
      expect([read, refused !== undefined || reported.length > 0]).toEqual([undefined, true]);
      clear(path);
    }
  });

  it("is read, or left out and reported, or refused with one line, whatever values are in it", async () => {
    const damaged = fc
      .record({ name: fc.constantFrom(...NAMES), line: fc.nat(9), list: damages })
      .map(({ name, line, list }) => {
        const lines = STATE_DOCUMENTS[name]!.lines.map((one) => JSON.stringify(one));
        lines[line % lines.length] = damagedJson(lines[line % lines.length]!, list);
        return { name, content: Buffer.from(`${lines.join("\n")}\n`).toString("latin1") };
      });
    await fuzz(
      "state-documents",
      damaged,
      ({ name, content }) => expectTruth(STATE_DOCUMENTS[name]!, Buffer.from(content, "latin1")),
      { runs: 200 },
    );
  });
});

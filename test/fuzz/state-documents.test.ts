import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import fc from "fast-check";
import { fuzz } from "./fuzz-run";
import { damagedJson, damages } from "./json-damage";
import { DOCUMENTS, type Document, output, reported, root } from "./state-cases";

afterAll(() => rmSync(root, { recursive: true, force: true }));

const NAMES = Object.keys(DOCUMENTS);
const textOf = ({ lines }: Document) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

async function readOrRefused(content: string, { path, read }: Document): Promise<string | undefined> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, "latin1");
  try {
    await read();
    return undefined;
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    expect(error.message.split("\n")).toHaveLength(1);
    return error.code;
  } finally {
    rmSync(path, { force: true });
  }
}

const damagedDocuments = fc
  .record({
    name: fc.constantFrom(...NAMES),
    line: fc.nat(9),
    list: damages,
    cut: fc.option(fc.nat(999)),
    flips: fc.array(fc.record({ at: fc.nat(9999), bit: fc.nat(7) }), { maxLength: 2 }),
    way: fc.constantFrom("values", "values", "bytes"),
  })
  .map(({ name, line, list, cut, flips, way }) => {
    const document = DOCUMENTS[name]!;
    const lines = textOf(document).split("\n").slice(0, -1);
    if (way === "values") {
      const at = line % lines.length;
      lines[at] = damagedJson(lines[at]!, list);
    }
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    if (way === "bytes") for (const { at, bit } of flips) bytes[at % bytes.length]! ^= 1 << bit;
    const length = cut === null || way === "values" ? bytes.length : Math.floor((bytes.length * cut) / 1000);
    return { name, content: bytes.toString("latin1", 0, length) };
  });

describe("a document of the state folder", () => {
  beforeAll(() => writeFileSync(output, ""));

  it.each(NAMES)("is read if it is as it was written (%s)", async (name) => {
    const document = DOCUMENTS[name]!;
    reported.length = 0;
    expect(await readOrRefused(textOf(document), document)).toBeUndefined();
    expect(reported).toEqual([]);
  });

  it("is read, or left out and reported, or refused with one line, however it is damaged", async () => {
    await fuzz(
      "state-documents",
      damagedDocuments,
      async ({ name, content }) => {
        await readOrRefused(content, DOCUMENTS[name]!);
      },
      { runs: 200 },
    );
  });
});

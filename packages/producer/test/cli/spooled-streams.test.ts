import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { spoolStreams } from "@colaml/producer/cli/spooled-streams";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-"));
});
afterEach(() => rm(folder, { recursive: true }));

const config = () => resolveConfig({ env: { COLAML_STATE_DIR: folder } });
const stdin = () => Readable.from([Buffer.from("id,text\n"), Buffer.from("1,a\n")]);

describe("- on the command line", () => {
  it("is a file of the stream's bytes, whose name says its format, and is gone afterwards", async () => {
    for (const [format, name] of [
      [undefined, "stdin.csv"],
      ["tsv", "stdin.tsv"],
      ["ndjson.gz", "stdin.ndjson.gz"],
      ["csv.zst", "stdin.csv.zst"],
    ] as const) {
      const paths = { input: "-", output: "out.csv", ...(format !== undefined && { inputFormat: format }) };
      const streams = await spoolStreams(paths, config(), { json: false, stdin: stdin() });
      expect(basename(streams.input)).toBe(name);
      expect(await readFile(streams.input, "utf8")).toBe("id,text\n1,a\n");
      expect(streams.output).toBe("out.csv");
      await streams.close();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("as output gets the finished file as it is", async () => {
    const stdout = new PassThrough();
    const paths = { input: "in.csv", output: "-", outputFormat: "ndjson.gz" };
    const streams = await spoolStreams(paths, config(), { json: false, stdout });
    expect(basename(streams.output)).toBe("stdout.ndjson.gz");
    await writeFile(streams.output, "scored");
    await streams.deliver();
    stdout.end();
    expect((await buffer(stdout)).toString()).toBe("scored");
    await streams.close();
  });

  it("as output is delivered as far as its reader wants it", async () => {
    const stdout = new Writable({
      write: (_bytes, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    const streams = await spoolStreams({ input: "in.csv", output: "-" }, config(), { json: false, stdout });
    await writeFile(streams.output, "scored");
    await expect(streams.deliver()).resolves.toBeUndefined();
    await streams.close();
  });

  it.each([
    [{ input: "-", output: "o.csv", inputFormat: "xlsx" }, /allowed are csv, tsv and ndjson/],
    [{ input: "a.csv", output: "-", inputFormat: "csv" }, /--input-format is for -/],
    [{ input: "-", output: "o.csv", outputFormat: "csv" }, /--output-format is for -/],
  ])("with %j is refused", async (paths, message) => {
    await expect(spoolStreams(paths, config(), { json: false, stdin: stdin() })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(message),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

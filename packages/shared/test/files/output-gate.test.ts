import { execFileSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { checkEnding } from "@colaml/shared/files/output-endings";
import { checkOutput, moveOutput, writeOutput } from "@colaml/shared/files/output-gate";

let folder: string;
let input: string;
let source: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gate-"));
  input = at("tweets.csv");
  source = at("main.ts");
  writeFileSync(input, "text\nhello\n");
  writeFileSync(source, "export {};\n");
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const bytes = [Buffer.from("new")];
const rules = (force: boolean) => ({ inputs: [input], force });

/** Everything in the folder with what it holds, links with their targets: an attack must leave it as it was. */
function everything(): Record<string, string> {
  const entries = readdirSync(folder).map((name): [string, string] => {
    const kind = lstatSync(at(name));
    return [name, kind.isFile() ? readFileSync(at(name), "utf8") : `mode ${kind.mode}`];
  });
  return Object.fromEntries(entries);
}

function batchFolder(...names: string[]): string {
  mkdirSync(join(at(".scored.csv.colaml"), "parts"), { recursive: true });
  writeFileSync(join(at(".scored.csv.colaml"), "owner.json"), "{}");
  return join(at(".scored.csv.colaml"), ...names);
}

/** What is never written, not even with force: how it comes to be there, and what the refusal says. */
const ATTACKS: [string, () => string, RegExp][] = [
  ["a file of a batch folder", () => batchFolder("output"), /\.scored\.csv\.colaml is a batch folder/],
  [
    "a part in a batch folder",
    () => batchFolder("parts", "0.csv"),
    /\.scored\.csv\.colaml is a batch folder/,
  ],
  ["the input itself", () => input, /is the input .*tweets\.csv/],
  [
    "the input spelled another way",
    () => `${folder}/./../${folder.split("/").at(-1)}/tweets.csv`,
    /is the input/,
  ],
  ["the input by a path from the working folder", () => relative(process.cwd(), input), /is the input/],
  [
    "a hard link of the input",
    () => {
      linkSync(input, at("other-name.csv"));
      return at("other-name.csv");
    },
    /is the input .*tweets\.csv/,
  ],
  [
    "a symbolic link to the input",
    () => {
      symlinkSync(input, at("link.csv"));
      return at("link.csv");
    },
    /is the input/,
  ],
  [
    "the input through a folder that is a link",
    () => {
      symlinkSync(folder, at("here"));
      return join(at("here"), "tweets.csv");
    },
    /is the input/,
  ],
  [
    "a symbolic link to a source file",
    () => {
      symlinkSync(source, at("r.html"));
      return at("r.html");
    },
    /symbolic link/,
  ],
  [
    "a symbolic link that leads nowhere",
    () => {
      symlinkSync(at("nowhere"), at("r.html"));
      return at("r.html");
    },
    /symbolic link/,
  ],
  [
    "a loop of links",
    () => {
      symlinkSync(at("r.html"), at("r.html"));
      return at("r.html");
    },
    /symbolic link/,
  ],
  [
    "a file in a loop of links",
    () => {
      symlinkSync(at("loop"), at("loop"));
      return join(at("loop"), "r.html");
    },
    /links.* lead in a circle \(ELOOP\)/,
  ],
  [
    "a name of 300 bytes",
    () => at(`${"n".repeat(295)}.html`),
    /its name has 300 bytes, at most 255 are allowed/,
  ],
  ["a name of 300 bytes in 150 letters", () => at("é".repeat(150)), /300 bytes, at most 255/],
  ["a file in a folder whose name is too long", () => join(at("n".repeat(300)), "r.html"), /ENAMETOOLONG/],
  ["a path that is too long", () => at(`${"d/".repeat(2_100)}r.html`), /ENAMETOOLONG/],
  [
    "a folder",
    () => {
      mkdirSync(at("r.html"));
      return at("r.html");
    },
    /it is a folder/,
  ],
  ["a name that ends as a folder's", () => `${folder}/r.html/`, /it names a folder/],
  [
    "a named pipe",
    () => {
      execFileSync("mkfifo", [at("pipe")]);
      return at("pipe");
    },
    /not a regular file/,
  ],
  ["a device", () => "/dev/null", /not a regular file|no permission|read-only/],
  [
    "a file in a folder that does not exist",
    () => join(at("no"), "r.html"),
    /no\/r\.html: the folder does not exist/,
  ],
  ["a file under a file", () => join(input, "r.html"), /tweets\.csv is not a folder/],
];

describe("a path for writing", () => {
  it.each(ATTACKS)("is refused if it is %s, also with force", async (_what, make, message) => {
    const path = make();
    const before = everything();
    for (const force of [false, true]) {
      const refused = { code: "OUTPUT_UNWRITABLE", message: expect.stringMatching(message) };
      await expect(checkOutput(path, rules(force))).rejects.toMatchObject(refused);
      await expect(writeOutput(path, bytes, rules(force))).rejects.toMatchObject(refused);
    }
    expect(everything()).toEqual(before);
  });

  it("may be new, also with a name of 255 bytes, be they 127 letters", async () => {
    for (const name of ["new.html", "n".repeat(255), `${"é".repeat(127)}n`]) {
      await writeOutput(at(name), bytes, rules(false));
      expect(readFileSync(at(name), "utf8")).toBe("new");
    }
    expect(lstatSync(at("new.html")).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("leaves room for the longer names beside it, and says how much", async () => {
    const longestSuffix = { bytes: 13, example: ".receipt.json" };
    await expect(checkOutput(at("n".repeat(242)), { ...rules(false), longestSuffix })).resolves.toBe("new");
    await expect(checkOutput(at("n".repeat(243)), { ...rules(false), longestSuffix })).rejects.toThrow(
      /243 bytes, at most 242 are allowed \(files beside it add up to 13, such as \.receipt\.json\)/,
    );
  });

  it("may lie in a folder that is a link", async () => {
    mkdirSync(at("real"));
    symlinkSync(at("real"), at("linked"));
    await writeOutput(join(at("linked"), "r.html"), bytes, rules(false));
    expect(readFileSync(join(at("real"), "r.html"), "utf8")).toBe("new");
  });

  it("that is taken is replaced only with force", async () => {
    await expect(writeOutput(source, bytes, rules(false))).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
      message: expect.stringMatching(/main\.ts exists: use --force/),
    });
    expect(readFileSync(source, "utf8")).toBe("export {};\n");
    await writeOutput(source, bytes, rules(true));
    expect(readFileSync(source, "utf8")).toBe("new");
  });

  it("that the same job made is replaced unasked", async () => {
    await writeOutput(source, bytes, { ...rules(false), isOurs: async () => true });
    expect(readFileSync(source, "utf8")).toBe("new");
  });

  it("goes to one of two writers that found it free", async () => {
    const writers = ["a", "b", "c"].map((text) =>
      writeOutput(at("r.html"), [Buffer.from(text)], rules(false)),
    );
    const ended = await Promise.allSettled(writers);
    const won = ended.findIndex(({ status }) => status === "fulfilled");
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const end of ended)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(readFileSync(at("r.html"), "utf8")).toBe("abc"[won]);
    expect(readdirSync(folder).sort()).toEqual(["main.ts", "r.html", "tweets.csv"]);
  });
});

describe("a finished file that moves to its place", () => {
  beforeEach(() => writeFileSync(at("finished"), "finished"));

  it("takes a free name, and moving it again changes nothing", async () => {
    for (let i = 0; i < 2; i++) await moveOutput(at("finished"), at("out.csv"), "new");
    expect(everything()).toMatchObject({ "out.csv": "finished" });
    expect(readdirSync(folder)).not.toContain("finished");
  });

  it("finishes a move that was cut off when it had both names", async () => {
    linkSync(at("finished"), at("out.csv"));
    await moveOutput(at("finished"), at("out.csv"), "new");
    expect(everything()).toMatchObject({ "out.csv": "finished" });
    expect(readdirSync(folder)).not.toContain("finished");
  });

  it("leaves what took the name meanwhile", async () => {
    writeFileSync(at("out.csv"), "another's");
    await expect(moveOutput(at("finished"), at("out.csv"), "new")).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
    expect(everything()).toMatchObject({ "out.csv": "another's", finished: "finished" });
  });

  it("replaces a link, and not what that leads to", async () => {
    symlinkSync(source, at("out.csv"));
    await moveOutput(at("finished"), at("out.csv"), "replace");
    expect(everything()).toMatchObject({ "out.csv": "finished", "main.ts": "export {};\n" });
  });
});

describe("an ending", () => {
  it.each([
    "s.csv",
    "s.TSV",
    "s.tab",
    "s.ndjson",
    "s.jsonl",
    "s.csv.gz",
    "s.ndjson.ZST",
    "s.2026.csv",
    "s.txt",
    "scored",
    "scored.gz",
    ".csv",
  ])("of predictions may be that of %s", (name) => {
    expect(() => checkEnding(at(name), "predictions")).not.toThrow();
  });

  it.each([
    "s.parquet",
    "s.xlsx",
    "s.xls",
    "s.json",
    "s.feather",
    "s.avro",
    "s.db",
    "s.csv.zip",
    "s.csv.bz2",
    "s.parquet.gz",
    "s.html",
    "main.ts",
    "s.out",
    "s.",
  ])("of predictions may not be that of %s, which would promise what is not in it", (name) => {
    expect(() => checkEnding(at(name), "predictions")).toThrow(
      /ends with \.\S*, which predictions cannot be written as: use \.csv, \.tsv, \.tab, \.ndjson or \.jsonl/,
    );
  });

  it("of a report is .html or .htm", () => {
    for (const name of ["r.html", "r.HTM"]) expect(() => checkEnding(at(name), "report")).not.toThrow();
    for (const name of ["r.csv", "main.ts", "r.html.gz", "r"])
      expect(() => checkEnding(at(name), "report")).toThrow(
        /a report cannot be written as: use \.html or \.htm/,
      );
  });
});

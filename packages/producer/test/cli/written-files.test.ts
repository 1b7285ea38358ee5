import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-written-"));
const at = (name: string) => join(folder, name);

beforeAll(() => {
  writeFileSync(at("tweets.csv"), "tweet_id,inbound,text\n1,True,hello\n");
  writeFileSync(at("taken.csv"), "mine");
  writeFileSync(at("report.html"), "mine");
  writeFileSync(at("main.ts"), "export {};");
  writeFileSync(at("free.csv.receipt.json"), "{}");
  linkSync(at("tweets.csv"), at("same.csv"));
  linkSync(at("tweets.csv"), at("same.html"));
  symlinkSync(at("main.ts"), at("link.html"));
  mkdirSync(at("folder.csv"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Refused before anything is started: there is no Redis at that address. */
const env = {
  REDIS_URL: "redis://127.0.0.1:9",
  MLFLOW_TRACKING_URI: "http://127.0.0.1:9",
  COLAML_STATE_DIR: at("state"),
};

const predict = (output: string, ...more: string[]) => ["predict", "tweets.csv", "--output", output, ...more];
const monitor = (report: string, ...more: string[]) => ["monitor", "tweets.csv", "--report", report, ...more];
const schedule = (report: string) => ["schedule", "add", ...monitor(report), "--every", "1h"];

describe("a file that a command is asked to write", () => {
  it.each<[string, string[], string, RegExp]>([
    [
      "of a kind that is not written",
      predict("s.parquet"),
      "OUTPUT_UNWRITABLE",
      /s\.parquet ends with \.parquet/,
    ],
    ["of Excel's kind", predict("s.xlsx", "--force"), "OUTPUT_UNWRITABLE", /use \.csv, \.tsv/],
    ["that is the input", predict("./tweets.csv", "--force"), "OUTPUT_UNWRITABLE", /is the input/],
    ["that is a hard link of the input", predict("same.csv", "--force"), "OUTPUT_UNWRITABLE", /is the input/],
    ["that is a folder", predict("folder.csv", "--force"), "OUTPUT_UNWRITABLE", /it is a folder/],
    ["that is there", predict("taken.csv"), "OUTPUT_EXISTS", /taken\.csv exists: use --force/],
    ["beside somebody's receipt", predict("free.csv"), "OUTPUT_EXISTS", /free\.csv\.receipt\.json exists/],
    [
      "in a folder that is not",
      predict("no/s.csv"),
      "OUTPUT_UNWRITABLE",
      /no\/s\.csv: the folder does not exist: `mkdir -p ".*\/no"` makes it/,
    ],
    ["under a long name", predict(`${"é".repeat(120)}.csv`), "OUTPUT_UNWRITABLE", /244 bytes, at most 234/],
    ["that is the rows of a check", monitor("same.html", "--force"), "OUTPUT_UNWRITABLE", /is the input/],
    ["that is a data set", monitor("taken.csv", "--force"), "OUTPUT_UNWRITABLE", /use \.html or \.htm/],
    ["that is source code", monitor("main.ts", "--force"), "OUTPUT_UNWRITABLE", /use \.html or \.htm/],
    ["that is a link to source code", monitor("link.html", "--force"), "OUTPUT_UNWRITABLE", /symbolic link/],
    ["that is somebody's page", monitor("report.html"), "OUTPUT_EXISTS", /report\.html exists: use --force/],
    ["by each job of a schedule", schedule("report.html"), "OUTPUT_EXISTS", /report\.html exists/],
  ])("%s is refused before any work", async (_what, args, code, message) => {
    const before = readdirSync(folder);
    const { code: exit, stderr, stdout } = await runCola([...args, "--json"], env, folder);
    const answer = JSON.parse(stdout === "" ? stderr : stdout) as { error_code: string; message: string };
    expect(answer).toMatchObject({ error_code: code, message: expect.stringMatching(message) });
    expect(exit).not.toBe(0);
    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(at("taken.csv"), "utf8")).toBe("mine");
  });
});

describe("a file that a command is asked to read", () => {
  it.each<[string, string, string, RegExp]>([
    ["a name of 300 bytes", "n".repeat(300), "INPUT_UNREADABLE", /longer than 255 bytes/],
    ["a loop of links", "loop.csv", "INPUT_UNREADABLE", /links lead in a circle/],
  ])("is refused for %s", async (_what, name, code, message) => {
    if (name === "loop.csv") symlinkSync(at(name), at(name));
    const args = ["predict", name, "--output", "new.csv", "--json"];
    const { stderr, stdout } = await runCola(args, env, folder);
    const answer = JSON.parse(stdout === "" ? stderr : stdout) as { error_code: string; message: string };
    expect(answer).toMatchObject({ error_code: code, message: expect.stringMatching(message) });
  });
});

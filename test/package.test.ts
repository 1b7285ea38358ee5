import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const repoRoot = resolve(__dirname, "..");
const { version } = require("../package.json") as { version: string };
const top = mkdtempSync(join(tmpdir(), "colaml package "));
const [home, folder, prefix] = [join(top, "home"), join(top, "my data"), join(top, "prefix")];
const cola = join(prefix, "node_modules/.bin/cola");
afterAll(() => rmSync(top, { recursive: true, force: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((done) => {
    execFile(command, args, { cwd, env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Node and the shell's own tools; no Python, no Redis, no npm. */
const bare = join(top, "bin");
const installedCola = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [cola, ...args], folder, { PATH: bare, HOME: home, ...env });

beforeAll(async () => {
  for (const path of [home, folder, prefix, bare]) mkdirSync(path);
  const packed = await run(process.execPath, ["scripts/pack.mjs"], repoRoot, process.env);
  const tarball = packed.stdout.trim();
  expect([packed.code, tarball]).toEqual([0, join(repoRoot, `.colaml/pack/colaml-${version}.tgz`)]);
  // Offline: all that it needs is in it.
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", prefix];
  const env = { PATH: process.env["PATH"], HOME: home };
  const installed = await run("npm", ["install", ...options, tarball], folder, env);
  expect([installed.code, installed.stderr]).toEqual([0, expect.any(String)]);
}, 300_000);

describe("the package, installed into an empty folder with an empty home", () => {
  it("brings all packages that it needs with it", () => {
    const beside = readdirSync(join(prefix, "node_modules")).filter((name) => !name.startsWith("."));
    expect(beside).toEqual(["colaml"]);
  });

  it("says its release, its commands and its schemas without Python and without servers, and writes nothing", async () => {
    expect(await installedCola(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await installedCola(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(/^ {2}demo .*^ {2}train /ms);
    const examples = await installedCola(["train", "--help"]);
    expect(examples.stdout).toContain("  $ cola train tweets.csv\n");
    const schema = await installedCola(["schema", "train"]);
    expect(JSON.parse(schema.stdout)).toMatchObject({ title: "Payload of a train job" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses in one line what it cannot set up, with what it needs", async () => {
    writeFileSync(join(folder, "tweets.csv"), "text,inbound\nhello,True\n");
    const { code, stderr } = await installedCola(["train", "tweets.csv"]);
    expect(code).toBe(2);
    expect(stderr).toContain("MLflow needs Python 3.10 or newer as python3: there is none on PATH");
    expect(stderr).toMatch(/^cola: .*or set REDIS_URL and MLFLOW_TRACKING_URI/m);
  });

  it("trains with a Redis and an MLflow of its own, and keeps its state in the user's folder", async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => `${i},a ${i % 2 ? "good" : "bad"} day number ${i},${i % 2}`,
    );
    writeFileSync(join(folder, "tweets.csv"), ["tweet_id,text,inbound", ...rows, ""].join("\n"));
    const python = process.env["COLAML_PYTHON"]!;
    const { code, stdout, stderr } = await installedCola(["train", "tweets.csv"], {
      COLAML_PYTHON: python,
      PATH: `${bare}:${dirname(python)}`,
    });
    expect([code, stderr.match(/^cola: .*/m)]).toEqual([0, null]);
    expect(stdout).toMatch(/predict with it +cola predict FILE --output OUT/);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([".colaml", "tweets.csv"]));
    expect(readdirSync(join(prefix, "node_modules/colaml"))).not.toContain(".colaml");
  }, 120_000);
});

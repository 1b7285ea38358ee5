import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type TestTitle, testTitles } from "./test-titles";

interface Promised {
  promise: string;
  where: string;
  tests: { title: string; file: string; needs?: string }[];
}

const root = resolve(__dirname, "..");
const script = join(root, "scripts/promises.mjs");
let promises: Promised[];
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script], { maxBuffer: 1 << 24 });
  promises = JSON.parse(stdout) as Promised[];
});

/** Without marks and line ends, and a link as its words. */
const plain = (markdown: string) =>
  markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "")
    .replaceAll("`", "")
    .replace(/\s+/g, " ");

const madeOfPage = (page: string) => readFileSync(join(root, "docs", page), "utf8");

const securityTests = () =>
  [...madeOfPage("security.md").matchAll(/\[([^\]]+)\]\(\.\.\/(\S+?\.test\.ts)\)/g)].map(
    ([, title, file]) => ({
      title: title!,
      file: file!,
    }),
  );

/** What every run of `npm test` has. */
const ALWAYS = /^(describe|it|test)(\.each)?$|^(withRedis|withPython)$/;
const mayBeSkipped = ({ madeBy }: TestTitle) => !madeBy.every((maker) => ALWAYS.test(maker));

describe("docs/promises.md", () => {
  it("has promises of every page for people", () => {
    const pages = new Set(promises.map(({ where }) => where.split("#")[0]!.replace("../", "")));
    const guides = [...madeOfPage("README.md").matchAll(/^\| \[([a-z-]+\.md)\]/gm)].map(([, page]) => page!);
    // What only explains or lists, or names its tests itself; and this page.
    const without = ["glossary.md", "licences.md", "bigger.md", "faults.md", "promises.md", "mutation.md"];
    expect([...guides, "README.md"].filter((page) => !pages.has(page) && !without.includes(page))).toEqual(
      [],
    );
  });

  it("has every row read: none is cut off by a sign that its table knows", () => {
    const rows = madeOfPage("promises.md")
      .split("\n")
      .filter(
        (line) => line.startsWith("| ") && !line.startsWith("| promise ") && !line.startsWith("| --- "),
      );
    expect(promises).toHaveLength(rows.length);
    expect(promises.filter(({ tests }) => tests.length === 0)).toEqual([]);
    const links = rows.join("\n").match(/\.test\.ts\)/g)!.length;
    expect(promises.reduce((sum, { tests }) => sum + tests.length, 0)).toBe(links);
  });

  it("has each promise in the words of the page that makes it", () => {
    const lost = promises.filter(({ promise, where }) => {
      const text = plain(madeOfPage(where.split("#")[0]!));
      return !text.includes(plain(promise));
    });
    expect(lost.map(({ promise, where }) => `${where}: ${promise}`)).toEqual([]);
  });

  it("names tests that are there, by their exact titles, and says which may be skipped", () => {
    const files = new Map<string, TestTitle[]>();
    const wrong: string[] = [];
    for (const { title, file, needs } of promises.flatMap(({ tests }) => tests)) {
      if (!files.has(file)) files.set(file, existsSync(join(root, file)) ? testTitles(join(root, file)) : []);
      const found = files.get(file)!.filter((each) => each.title === title);
      if (found.length === 0) wrong.push(`${file} has no test "${title}"`);
      else if (found.some(mayBeSkipped) !== (needs !== undefined)) {
        wrong.push(
          `${file} "${title}": "(needs ...)" belongs to tests that may be skipped, and to no others`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("a run of jest", () => {
  const folder = mkdtempSync(join(tmpdir(), "promises-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the script says of a run in which every promised test passed, but for what `change` makes of it. */
  async function said(
    change: (status: { title: string; file: string; needs?: string }) => string | undefined,
  ) {
    const byFile = new Map<string, object[]>();
    for (const test of [...promises.flatMap(({ tests }) => tests), ...securityTests()]) {
      const title = test.title.replace(/%[sdij#]|\$\w+|…/g, "[case (1)]");
      const status = change(test);
      const results = byFile.get(test.file) ?? byFile.set(test.file, []).get(test.file)!;
      if (status) results.push({ ancestorTitles: [], title, status });
    }
    const testResults = [...byFile].map(([file, assertionResults]) => ({
      name: join(root, file),
      assertionResults,
    }));
    const path = join(folder, "results.json");
    writeFileSync(path, JSON.stringify({ testResults }));
    return new Promise<{ code: number; stderr: string }>((done) => {
      execFile(process.execPath, [script, path], (error, _stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, stderr }),
      );
    });
  }

  it("proves all promises if every named test passed", async () => {
    const { code, stderr } = await said(() => "passed");
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^PASS promises: \d+ of docs\/promises\.md/)]);
  });

  it.each([
    ["failed", "failed"],
    ["pending", "was skipped"],
    [undefined, "did not run"],
  ])("fails with the promise whose test is %s", async (status, words) => {
    const { title, file } = promises.flatMap(({ tests }) => tests).find(({ needs }) => needs === undefined)!;
    const { code, stderr } = await said((test) =>
      test.title === title && test.file === file ? status : "passed",
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`FAIL promise "`);
    expect(stderr).toContain(`${file} "${title}" ${words}\n`);
    expect(stderr).not.toContain("PASS");
  });

  it("names promises whose test lacks what it says it needs, and does not fail by them", async () => {
    const { code, stderr } = await said(({ needs }) => (needs === undefined ? "passed" : "pending"));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^not proved here: ".*" was skipped: it needs Chromium$/m);
    expect((await said(({ needs }) => (needs === undefined ? "passed" : "failed"))).code).toBe(1);
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { repoRoot } from "../setup/paths.mjs";

const PAGE = join(repoRoot, "docs", "promises.md");
/** `| promise | [Heading](page#heading) | [title](file)<br>[title](file) (needs Chromium) |` */
const ROW = /^\| (.+?) \| \[[^\]]*\]\((\S+?)\) \| (.+) \|$/gm;
const TEST = /\[([^\]]+)\]\(\.\.\/(\S+?\.test\.ts)\)(?: \(needs ([^)]+)\))?/g;

/**
 * The rows of docs/promises.md: the promise as its page has it, where it stands, and the tests that prove it. `needs`
 * is what a test cannot do without and `npm test` may not find.
 */
export function readPromises(markdown = readFileSync(PAGE, "utf8")) {
  // A bar would end the cell of the table.
  const cell = (text) => text.replaceAll("\\|", "|");
  return [...markdown.matchAll(ROW)].map(([, promise, where, tests]) => ({
    promise: cell(promise),
    where,
    tests: [...tests.matchAll(TEST)].map(([, title, file, needs]) => ({ title: cell(title), file, needs })),
  }));
}

/** The points of docs/security.md in the same form. Their titles are those of a test or a block, or part of one. */
function readSecurityPoints() {
  const markdown = readFileSync(join(repoRoot, "docs", "security.md"), "utf8");
  return [...markdown.matchAll(/^\| (\d+) \| ([^|]+) \| (.+) \|$/gm)].map(([, number, holds, tests]) => ({
    promise: `security point ${number}: ${holds}`,
    tests: [...tests.matchAll(TEST)].map(([, title, file]) => ({
      title: `…${title}…`,
      file,
      needs: "what is not here",
    })),
  }));
}

/**
 * What a run of jest leaves unproved, from its JSON results: tests that are not there, failed, or were skipped though
 * they need nothing. `skipped` are those whose need was not met.
 */
function unproved(promises, results) {
  const outcomes = outcomesByFile(results);
  const found = { failed: [], skipped: [] };
  for (const { promise, tests } of promises) {
    for (const { title, file, needs } of tests) {
      const pattern = asPattern(title);
      const statuses = (outcomes.get(file) ?? []).filter(({ names }) =>
        names.some((name) => pattern.test(name)),
      );
      const ran = statuses.length > 0 && statuses.every(({ status }) => status === "passed");
      if (ran) continue;
      const skipped = statuses.some(({ status }) => status === "pending" || status === "skipped");
      const failed = statuses.some(({ status }) => status === "failed");
      const what = failed ? "failed" : skipped ? "was skipped" : "did not run";
      const line = `"${promise}": ${file} "${title}" ${what}`;
      if (needs && skipped && !failed) found.skipped.push(`${line}: it needs ${needs}`);
      else found.failed.push(line);
    }
  }
  return found;
}

/** Statuses of a file's tests, with the names that a test goes by. A file that could not be run has none. */
function outcomesByFile({ testResults }) {
  const names = ({ ancestorTitles, title }) => [
    [...ancestorTitles, title].join(" "),
    title,
    ...ancestorTitles,
  ];
  return new Map(
    testResults.map(({ name, assertionResults }) => [
      relative(repoRoot, name),
      assertionResults.map((each) => ({ names: names(each), status: each.status })),
    ]),
  );
}

/** The title of a table of cases stands for each case: `%s`, `$name` and `…` for anything. */
function asPattern(title) {
  const parts = title.split(/%[sdifjop#]|\$[A-Za-z][\w.]*|…/);
  return new RegExp(
    `^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[\\s\\S]*")}$`,
  );
}

/** Prints what is unproved; counts for the last line of `npm test`. */
export function checkPromises(results, say) {
  if (!existsSync(results)) return { passed: 0, failed: 1 };
  const promises = [...readPromises(), ...readSecurityPoints()];
  const { failed, skipped } = unproved(promises, JSON.parse(readFileSync(results, "utf8")));
  for (const line of skipped) say(`not proved here: ${line}`);
  for (const line of failed) say(`FAIL promise ${line}`);
  if (failed.length === 0)
    say(`PASS promises: ${promises.length} of docs/promises.md and docs/security.md, each by tests that ran`);
  return { passed: failed.length === 0 ? 1 : 0, failed: failed.length === 0 ? 0 : 1 };
}

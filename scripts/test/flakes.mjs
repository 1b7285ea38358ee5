import { relative } from "node:path";

/**
 * What several runs of the suite say together: tests that failed in some of them, those that failed in all, and runs
 * that failed although no test did (lint, a process left behind, jest that did not end).
 *
 * @param runs of each run its exit code and jest's JSON results; `undefined` if jest wrote none
 * @returns lines for a person, flaky tests first, and whether anything failed
 */
export function describeRuns(runs, root) {
  const tests = new Map();
  const elsewhere = [];
  for (const [i, { code, results }] of runs.entries()) {
    const failures = (results?.testResults ?? []).flatMap((file) => outcomesOf(file, root));
    for (const { name, passed, why } of failures) {
      const test = tests.get(name) ?? tests.set(name, { passed: 0, failedIn: [], why: "" }).get(name);
      if (passed) test.passed++;
      else {
        test.failedIn.push(i + 1);
        test.why ||= why;
      }
    }
    if (code !== 0 && failures.every(({ passed }) => passed)) elsewhere.push(i + 1);
  }
  const failed = [...tests].filter(([, { failedIn }]) => failedIn.length > 0);
  const flaky = failed.filter(([, { passed }]) => passed > 0);
  const broken = failed.filter(([, { passed }]) => passed === 0);
  const green = runs.filter(({ code }) => code === 0).length;
  return {
    failed: green < runs.length,
    lines: [
      `${runs.length} runs: ${green} passed, ${runs.length - green} failed; ${tests.size} tests, ${flaky.length} of them flaky`,
      ...flaky.flatMap((test) => described("flaky", test)),
      ...broken.flatMap((test) => described("failed", test)),
      ...(elsewhere.length > 0 ? [`no test failed in run ${elsewhere.join(", ")}: see what it printed`] : []),
    ],
  };
}

function described(what, [name, { passed, failedIn, why }]) {
  const times = `${failedIn.length} of ${passed + failedIn.length} times (run ${failedIn.join(", ")})`;
  return [`${what} ${times}: ${name}`, ...(why === "" ? [] : [`  ${why}`])];
}

/** Skipped tests are none. A file that could not be run is a failure of its own name. */
function outcomesOf({ name, status, message, assertionResults }, root) {
  const file = relative(root, name);
  if (status === "failed" && assertionResults.every((each) => each.status !== "failed"))
    return [{ name: file, passed: false, why: firstLine(message) }];
  return assertionResults
    .filter((each) => each.status === "passed" || each.status === "failed")
    .map(({ ancestorTitles, title, status: outcome, failureMessages }) => ({
      name: `${file} "${[...ancestorTitles, title].join(" ")}"`,
      passed: outcome === "passed",
      why: firstLine(failureMessages?.[0] ?? ""),
    }));
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
const firstLine = (text) => text.replace(ESCAPES, "").trim().split("\n")[0] ?? "";

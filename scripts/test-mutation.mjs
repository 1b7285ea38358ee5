// npm run test:mutation [-- target ... Stryker's options]: do tests notice when champion rule, drift, split or receipt are altered?
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./setup/ensure.mjs";
import { npmCommand, npmEnvironment } from "./setup/node-packages.mjs";
import { repoRoot, setupDir } from "./setup/paths.mjs";
import { run, SetupError, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { isStamped, stamp } from "./setup/stamp.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";
import { compareSurvivors, countsOf, explainedIn, misplaced, survivorsOf } from "./test/mutants.mjs";

/** 65 MB that nothing else needs: a folder of their own, not among the packages of every checkout. 10 needs Node 22. */
const PACKAGES = ["@stryker-mutator/core@9.6.1", "@stryker-mutator/jest-runner@9.6.1"];
const PAGE = "docs/mutation.md";
const folder = join(setupDir, "stryker");
const stampFile = join(folder, "stamp");

async function install() {
  if (isStamped(stampFile, PACKAGES.join(" "))) return;
  say(`installing ${PACKAGES.join(" and ")}`);
  mkdirSync(folder, { recursive: true });
  const [command, ...first] = npmCommand();
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run(command, [...first, "install", "--prefix", folder, ...options, ...PACKAGES], {
    env: npmEnvironment(),
    hint: "check the network and npm's registry setting",
  });
  stamp(stampFile, PACKAGES.join(" "));
}

/** Targets by name, then Stryker's own options: all targets if none is named. */
function argumentsGiven(known) {
  const given = process.argv.slice(2);
  const at = given.findIndex((each) => each.startsWith("-"));
  const names = at < 0 ? given : given.slice(0, at);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SetupError(`no target ${unknown}: allowed are ${known.join(", ")}`);
  const options = at < 0 ? [] : given.slice(at);
  if (names.length === 0 && options.length > 0)
    throw new SetupError("name the target that the options are for");
  return { names: names.length === 0 ? known : names, options };
}

/** The explained survivors; refuses the page if code that it names is gone, before hours are spent. */
function readExplained() {
  const explained = explainedIn(readFileSync(join(repoRoot, PAGE), "utf8"));
  const there = [...new Set(explained.map(({ file }) => file))].filter((file) =>
    existsSync(join(repoRoot, file)),
  );
  const texts = Object.fromEntries(there.map((file) => [file, readFileSync(join(repoRoot, file), "utf8")]));
  const [gone] = misplaced(explained, texts);
  if (gone) throw new SetupError(`${PAGE} explains code that is not in ${gone.file}: ${gone.code}`);
  return explained;
}

/** Stryker's report on a target, or nothing if it made none. */
async function alter(target, options) {
  const reportFile = join(folder, `${target}.json`);
  rmSync(reportFile, { force: true });
  const program = join(folder, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const child = spawn(process.execPath, [program, "run", "test/mutation/stryker.config.cjs", ...options], {
    cwd: repoRoot,
    stdio: "inherit",
    env: { ...process.env, COLAML_TEST_SERVERS: "0", COLAML_MUTATION_TARGET: target },
  });
  const code = await new Promise((resolve) => child.once("close", (ended) => resolve(ended ?? 1)));
  if (code !== 0) throw new SetupError(`Stryker ended with exit code ${code} on ${target}`);
  return existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : undefined;
}

await runScript(async () => {
  const targets = JSON.parse(readFileSync(join(repoRoot, "test/mutation/targets.json"), "utf8"));
  const { names, options } = argumentsGiven(Object.keys(targets));
  const explained = readExplained();
  await ensureBuilt();
  stopWithNpm();
  await install();
  const rows = [];
  const problems = [];
  for (const target of names) {
    const report = await alter(target, options);
    if (report === undefined) continue;
    rows.push(countsOf(target, report));
    const whole = options.length === 0 ? Object.keys(report.files) : [];
    const { unexplained, outdated } = compareSurvivors(survivorsOf(report), explained, whole);
    for (const { file, line, code, mutant } of unexplained)
      problems.push(`${file}:${line} survives, and ${PAGE} does not say why:\n  - ${code}\n  + ${mutant}`);
    for (const { file, code, mutant } of outdated)
      problems.push(`${file}: ${PAGE} explains what does not survive:\n  - ${code}\n  + ${mutant}`);
  }
  if (rows.length > 0) {
    const head = [
      "| target | mutants | of them timed out | survived | noticed |",
      "| --- | ---: | ---: | ---: | ---: |",
    ];
    process.stdout.write(`${[...head, ...rows].join("\n")}\n`);
  }
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  say(`every mutant: ${join(folder, "TARGET.html")}; what survives is explained in ${PAGE}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
});

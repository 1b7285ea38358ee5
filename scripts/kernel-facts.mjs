// Writes what TypeScript has to know of the predictor's kernel from the kernel's own sources: the constants and
// variables that kernel.ts exports.
//   node scripts/kernel-facts.mjs           write kernel-facts.ts
//   node scripts/kernel-facts.mjs --check   exit 1 if it is not what the sources say
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { kernelSources } from "./setup/kernel.mjs";
import { repoRoot } from "./setup/paths.mjs";

const target = join(repoRoot, "packages/predictor-worker/src/scoring/kernel/kernel-facts.ts");
/** An exported constant or variable: its comment, `const` or `let`, name, type and value. */
const FACT = /^(\/\*\*(?:(?!\*\/)[\s\S])*?\*\/\n)?export (const|let) (\w+)(?:: (\w+))? = ([^;]+);$/gm;
/** Their values are a `bigint` in JavaScript. */
const isWide = (type) => type === "u64" || type === "i64";

const sources = readdirSync(kernelSources)
  .filter((name) => name.endsWith(".ts"))
  .sort()
  .map((name) => ({ name, text: readFileSync(join(kernelSources, name), "utf8") }));
const entry = sources.find(({ name }) => name === "kernel.ts").text;
const exported = new Set(
  [...entry.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names.match(/\w+/g)),
);

/** What a file says of what the kernel exports. */
function factsOf({ name: file, text }) {
  return [...text.matchAll(FACT)]
    .map(([, comment = "", kind, name, type, value]) => ({ comment, kind, name, type, value }))
    .filter(({ name }) => file === "kernel.ts" || exported.has(name));
}

const facts = sources.flatMap(factsOf);
const constants = facts
  .filter(({ kind }) => kind === "const")
  .map(
    ({ comment, name, type, value }) =>
      `${comment}export const ${name} = ${value}${isWide(type) ? "n" : ""};`,
  );
const variables = facts
  .filter(({ kind }) => kind === "let")
  .map(({ comment, name, type }) => `${comment}${name}: Variable<${isWide(type) ? "bigint" : "number"}>;`);
const indented = (lines) => lines.join("\n").replaceAll(/^/gm, "  ");

const text = `// Written by scripts/kernel-facts.mjs from packages/predictor-worker/kernel: change it there.

${constants.join("\n")}

/** A variable of the kernel. */
export interface Variable<T> {
  value: T;
}

/** Variables of the kernel: numbers, and offsets in its memory. */
export interface KernelVariables {
${indented(variables)}
}
`;

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error(
    `${relative(repoRoot, target)} is not what the kernel says: run node scripts/kernel-facts.mjs`,
  );
  process.exitCode = 1;
}

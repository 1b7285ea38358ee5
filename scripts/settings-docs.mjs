// Writes docs/configuration.md's table and .env.example from the settings (packages/shared/src/settings).
//   node scripts/settings-docs.mjs           write both
//   node scripts/settings-docs.mjs --check   exit 1 if one of them differs from the schema
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { SETTINGS } = require(join(root, "packages/shared/dist/settings/resolve-config.js"));
const { OTHER_VARIABLES } = require(join(root, "packages/shared/dist/settings/unknown-variables.js"));

const BEGIN = "<!-- settings: written by scripts/settings-docs.mjs -->";
const END = "<!-- end of settings -->";
const OTHERS_BEGIN = "<!-- other variables: written by scripts/settings-docs.mjs -->";
const OTHERS_END = "<!-- end of other variables -->";

const cell = (text) => String(text).replaceAll("|", "\\|");
const code = (value) => (value === "" ? "(empty)" : `\`${cell(value)}\``);

function settingsTable() {
  const rows = SETTINGS.map(
    ({ env, key, default: value, allowed, doc, sensitive }) =>
      `| \`${env}\` | \`${key}\` | ${code(value)} | ${cell(allowed)}${sensitive ? "; secret, never printed" : ""} | ${cell(doc)} |`,
  );
  return [
    "| variable | key | default | allowed | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function envExample() {
  const intro = [
    "# Copy to .env and uncomment what you change. Order: flag, environment, this file, default.",
    "# The meaning of each line: docs/configuration.md",
  ];
  let group = "";
  const lines = SETTINGS.flatMap(({ key, env, default: value, doc }) => {
    const [next] = key.split(".");
    const heading = next === group ? [] : ["", `# --- ${next}`];
    group = next;
    return [...heading, `# ${doc}`, `#${env}=${value}`];
  });
  return `${[...intro, ...lines].join("\n")}\n`;
}

function othersTable() {
  const rows = Object.entries(OTHER_VARIABLES).map(([name, doc]) => `| \`${name}\` | ${cell(doc)} |`);
  return ["| variable | meaning |", "| --- | --- |", ...rows].join("\n");
}

function withTable(page, first, last, table) {
  const begin = page.indexOf(first);
  const end = page.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`docs/configuration.md lacks the lines ${first} and ${last}`);
  return `${page.slice(0, begin)}${first}\n${table}\n${page.slice(end)}`;
}

const withTables = (page) =>
  withTable(withTable(page, BEGIN, END, settingsTable()), OTHERS_BEGIN, OTHERS_END, othersTable());

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const pagePath = join(root, "docs/configuration.md");
const wanted = { [pagePath]: withTables(read(pagePath)), [join(root, ".env.example")]: envExample() };

if (process.argv.includes("--check")) {
  const stale = Object.keys(wanted).filter((path) => read(path) !== wanted[path]);
  for (const path of stale)
    console.error(`${path} differs from the schema: run node scripts/settings-docs.mjs`);
  process.exit(stale.length > 0 ? 1 : 0);
}
for (const [path, text] of Object.entries(wanted)) writeFileSync(path, text);

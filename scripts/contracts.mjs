// Writes docs/contracts: JSON Schemas of every payload, result and progress, and the AsyncAPI document, from the catalogue.
//   node scripts/contracts.mjs           write all
//   node scripts/contracts.mjs --check   exit 1 if one of them differs from the catalogue
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncApiDocument } from "./contracts/async-api.mjs";
import { typeSchemas } from "./contracts/type-schema.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { CATALOGUE } = require(join(root, "packages/shared/dist/contracts/catalogue.js"));
const { RELEASE } = require(join(root, "packages/shared/dist/settings/installation.js"));
const { payloadSchema } = require(join(root, "packages/producer/dist/http/json-schemas.js"));

const folder = join(root, "docs/contracts");
const sources = join(root, "packages/shared/src");
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Names of a queue's types as its entry in the catalogue has them: `train: jobs<TrainJob, TrainResult>(...)`. */
function typesOf(queue) {
  const catalogue = readFileSync(join(sources, "contracts/catalogue.ts"), "utf8");
  const found = new RegExp(`\\b${queue}"?: jobs<(\\w+), (\\w+)>`).exec(catalogue);
  if (!found) throw new Error(`catalogue.ts: no jobs<Payload, Result> for ${queue}`);
  return { payload: found[1], result: found[2] };
}

/** The file of `contracts/` that exports a type. */
function fileOf(type) {
  const file = readdirSync(join(sources, "contracts")).find((name) =>
    new RegExp(`export (interface|type) ${type}\\b`).test(
      readFileSync(join(sources, "contracts", name), "utf8"),
    ),
  );
  if (!file) throw new Error(`no file of contracts/ exports ${type}`);
  return `contracts/${file}`;
}

/** A payload's schema as it is checked, with the comments of its type where it has no description itself. */
function withComments(schema, typed, definitions) {
  const type = typed?.$ref ? { ...definitions[typed.$ref.split("/").at(-1)], ...typed } : typed;
  const description = schema.description ?? type?.description;
  return {
    ...schema,
    ...(description && { description }),
    ...(schema.properties && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [
          name,
          withComments(property, type?.properties?.[name], definitions),
        ]),
      ),
    }),
  };
}

function schemas() {
  const typeSchema = typeSchemas(sources);
  const named = (name, title, schema) => [
    `${name}.schema.json`,
    { $schema: DIALECT, $id: `urn:colaml:contracts:${name}`, title, ...schema },
  ];
  const ofQueues = Object.entries(CATALOGUE).flatMap(([queue, { schema }]) => {
    const types = typesOf(queue);
    const { result } = types;
    const typed = typeSchema(fileOf(types.payload), types.payload);
    const checked = withComments(payloadSchema(schema), typed, typed.$defs);
    const payload = named(`${queue}.payload`, `Payload of a ${queue} job`, checked);
    if (result === "never") return [payload];
    return [
      payload,
      named(`${queue}.result`, `Result of a ${queue} job`, typeSchema(fileOf(result), result)),
    ];
  });
  const progress = typeSchema(fileOf("JobProgress"), "JobProgress");
  return Object.fromEntries([...ofQueues, named("progress", "Progress of a running job", progress)]);
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const written = schemas();
const documents = {
  ...written,
  "asyncapi.json": asyncApiDocument(CATALOGUE, new Set(Object.keys(written)), RELEASE),
};
const wanted = Object.fromEntries(Object.entries(documents).map(([name, value]) => [name, json(value)]));

const present = () => readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name) => {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return "";
  }
};

mkdirSync(folder, { recursive: true });
const stale = [...new Set([...present(), ...Object.keys(wanted)])].filter(
  (name) => read(name) !== (wanted[name] ?? ""),
);
if (process.argv.includes("--check")) {
  for (const name of stale)
    console.error(`docs/contracts/${name} differs from the catalogue: run node scripts/contracts.mjs`);
  process.exit(stale.length > 0 ? 1 : 0);
}
for (const name of stale) {
  if (wanted[name] === undefined) rmSync(join(folder, name));
  else writeFileSync(join(folder, name), wanted[name]);
}

import { isUtf8 } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ColaError, messageOf } from "../../errors/cola-error";
import { columnsSchema } from "../../settings/columns-settings";
import { featuresSchema } from "../../settings/features-settings";
import { featureParts, partColumns } from "../text/feature-parts";
import { compileTokenPattern } from "../text/token-pattern";
import { calibrationSchema } from "./calibration";
import { decisionRuleSchema } from "./decision-rule";
import { ensembleFromXgboostJson, ensembleToXgboostJson } from "./ensemble-json";
import { DECISIONS_VERSION, formatVersionOf, type ModelBundle } from "./model-bundle";
import { MODEL_LIMITS } from "./model-limits";

/** Files of a model below `data/`. */
const BUNDLE_FILE = "bundle.json";
const XGBOOST_FILE = "model.xgb.json";
export const MANIFEST_FILE = "manifest.json";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  files: z
    .array(
      z.strictObject({
        path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
        bytes: z.number().int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(MODEL_LIMITS.files)
    .refine((files) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= MODEL_LIMITS.bytes, {
      message: `more than ${MODEL_LIMITS.bytes} bytes in all`,
    }),
  /** HMAC-SHA256 over the list of files, if a key is configured. */
  hmac: z.string().optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

const FORMAT_VERSIONS = [1, 2, DECISIONS_VERSION] as const;
const bundleSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSIONS),
  classes: z.array(z.string()).min(2).max(1000),
  columns: columnsSchema,
  features: featuresSchema,
  terms: z.array(z.string()).min(1).max(MODEL_LIMITS.terms),
  partSizes: z.array(z.number().int().min(1)).optional(),
  idf: z.array(z.number().min(0).max(MODEL_LIMITS.idf)),
  calibration: calibrationSchema.optional(),
  decision: decisionRuleSchema.optional(),
});

/**
 * The files of a model: `bundle.json`, `model.xgb.json`, those of `extra`, and `manifest.json` with the sha256 and
 * length of each. No code among them, and the same bundle gives the same bytes.
 *
 * @param hmacKey signs the manifest if it is not empty
 * @param ensembleBytes the model as `ensembleToXgboostBytes` makes it, if it is there already
 */
export function bundleToFiles(
  bundle: ModelBundle,
  extra: ReadonlyMap<string, Uint8Array> = new Map(),
  hmacKey = "",
  ensembleBytes: Uint8Array = Buffer.from(ensembleToXgboostJson(bundle.ensemble)),
): Map<string, Uint8Array> {
  const { ensemble: _, idf, ...plain } = bundle;
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILE, Buffer.from(`${JSON.stringify({ ...plain, idf: [...idf] })}\n`)],
    [XGBOOST_FILE, ensembleBytes],
    ...extra,
  ]);
  const listed = [...files].map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: sha256(bytes) }));
  const manifest: Manifest = { formatVersion: 1, files: listed };
  if (hmacKey !== "") manifest.hmac = signature(listed, hmacKey);
  files.set(MANIFEST_FILE, Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
  return files;
}

/** Digest of a manifest: what the registry keeps as a tag and a prediction job is pinned to. */
export function manifestDigest(manifest: Uint8Array): string {
  return sha256(manifest);
}

/**
 * Reads a manifest and checks its signature if a key is configured.
 *
 * @throws ColaError MODEL_CORRUPT
 */
export function parseManifest(bytes: Uint8Array, hmacKey = ""): Manifest {
  const parsed = manifestSchema.safeParse(jsonOf(bytes, MANIFEST_FILE));
  if (!parsed.success) throw corrupt(MANIFEST_FILE, issueOf(parsed.error));
  if (hmacKey !== "") {
    const wanted = Buffer.from(signature(parsed.data.files, hmacKey));
    const given = Buffer.from(parsed.data.hmac ?? "");
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) {
      throw corrupt(MANIFEST_FILE, "its signature does not fit COLAML_MODEL_HMAC_KEY");
    }
  }
  return parsed.data;
}

/**
 * The model in files, after every length and sha256 of the manifest was checked.
 *
 * @throws ColaError MODEL_CORRUPT naming the file and what is wrong with it
 */
export function bundleFromFiles(files: ReadonlyMap<string, Uint8Array>, hmacKey = ""): ModelBundle {
  const manifest = parseManifest(fileOf(files, MANIFEST_FILE), hmacKey);
  for (const { path, bytes, sha256: wanted } of manifest.files) {
    const content = fileOf(files, path);
    if (content.length !== bytes)
      throw corrupt(path, `it has ${content.length} bytes, the manifest says ${bytes}`);
    if (sha256(content) !== wanted) throw corrupt(path, "its sha256 is not the manifest's");
  }
  const listed = new Set(manifest.files.map(({ path }) => path));
  for (const path of files.keys()) {
    if (path !== MANIFEST_FILE && !listed.has(path)) throw corrupt(path, "the manifest does not list it");
  }
  for (const path of [BUNDLE_FILE, XGBOOST_FILE]) {
    if (!listed.has(path)) throw corrupt(path, "the manifest does not list it");
  }
  const plain = jsonOf(fileOf(files, BUNDLE_FILE), BUNDLE_FILE);
  const version = (plain as { formatVersion?: unknown } | null)?.formatVersion;
  if (!FORMAT_VERSIONS.some((known) => known === version)) {
    const known = FORMAT_VERSIONS.join(", ");
    throw corrupt(
      BUNDLE_FILE,
      `format version ${JSON.stringify(version)?.slice(0, 40)}: this release reads ${known}`,
    );
  }
  const parsed = bundleSchema.safeParse(plain);
  if (!parsed.success) throw corrupt(BUNDLE_FILE, issueOf(parsed.error));
  const bundle = parsed.data;
  checkPattern(bundle.features.token_pattern);
  const ensemble = ensembleFromXgboostJson(textOf(fileOf(files, XGBOOST_FILE), XGBOOST_FILE));
  if (bundle.formatVersion < formatVersionOf({ features: bundle.features, ensemble }))
    throw corrupt(
      BUNDLE_FILE,
      `format version ${bundle.formatVersion} holds no linear model, characters or stripped accents`,
    );
  const nTerms = bundle.terms.length;
  if (bundle.idf.length !== nTerms)
    throw corrupt(BUNDLE_FILE, `${nTerms} terms but ${bundle.idf.length} idf values`);
  if (ensemble.nFeatures !== nTerms)
    throw corrupt(XGBOOST_FILE, `${ensemble.nFeatures} features for ${nTerms} terms`);
  for (const [from, to] of checkedParts(bundle)) checkOnce("term", bundle.terms.slice(from, to));
  checkOnce("class", bundle.classes);
  const nGroups = bundle.classes.length === 2 ? 1 : bundle.classes.length;
  if (ensemble.nGroups !== nGroups) {
    throw corrupt(XGBOOST_FILE, `${ensemble.nGroups} groups for ${bundle.classes.length} classes`);
  }
  checkDecisions(bundle, nGroups);
  return { ...bundle, idf: Float64Array.from(bundle.idf), ensemble };
}

/** Columns of each part, which must be as many as the analyzers, and all terms together. */
function checkedParts({ features, terms, partSizes }: z.infer<typeof bundleSchema>): [number, number][] {
  const nParts = featureParts(features).length;
  const columns = partColumns(terms.length, partSizes);
  if (columns.length !== nParts)
    throw corrupt(BUNDLE_FILE, `${columns.length} parts of terms for ${nParts} analyzers`);
  if (columns.at(-1)![1] !== terms.length)
    throw corrupt(BUNDLE_FILE, `its parts have ${columns.at(-1)![1]} terms, it has ${terms.length}`);
  return columns;
}

/** Calibration and decision rule must be of the model's classes: one map and threshold if there are two of them. */
function checkDecisions(bundle: z.infer<typeof bundleSchema>, nGroups: number): void {
  const { formatVersion, calibration, decision, classes } = bundle;
  if ((calibration || decision) && formatVersion < DECISIONS_VERSION)
    throw corrupt(BUNDLE_FILE, `format version ${formatVersion} has no calibration and no decision rule`);
  const lengths = { "calibration maps": calibration?.maps.length, thresholds: decision?.thresholds?.length };
  for (const [what, length = nGroups] of Object.entries(lengths)) {
    if (length !== nGroups) throw corrupt(BUNDLE_FILE, `${length} ${what} for ${classes.length} classes`);
  }
  if (decision && classes.includes(decision.abstainWord))
    throw corrupt(
      BUNDLE_FILE,
      `${JSON.stringify(decision.abstainWord)} is a class and the word for abstaining`,
    );
}

/** A pattern that this release does not take would hold, or mislead, whoever scores with the model. */
function checkPattern(pattern: string): void {
  try {
    compileTokenPattern(pattern);
  } catch (error) {
    const hint = "train it again with another token_pattern";
    throw new ColaError("MODEL_CORRUPT", `model file ${BUNDLE_FILE}: ${messageOf(error)}; ${hint}`, {
      cause: error,
      details: { file: BUNDLE_FILE },
    });
  }
}

function checkOnce(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw corrupt(BUNDLE_FILE, `${what} ${JSON.stringify(name)} stands twice`);
    seen.add(name);
  }
}

function signature(files: Manifest["files"], key: string): string {
  const lines = files.map(({ path, bytes, sha256: digest }) => `${path} ${bytes} ${digest}`);
  return createHmac("sha256", key).update(lines.join("\n")).digest("hex");
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw corrupt(path, "it is missing");
  return bytes;
}

function textOf(bytes: Uint8Array, path: string): string {
  if (bytes.length > MODEL_LIMITS.jsonBytes)
    throw corrupt(path, `it has ${bytes.length} bytes, more than ${MODEL_LIMITS.jsonBytes}`);
  // a lost letter would be another term
  if (!isUtf8(bytes)) throw corrupt(path, "it is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function jsonOf(bytes: Uint8Array, path: string): unknown {
  const text = textOf(bytes, path);
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt(path, "it is not JSON");
  }
}

const issueOf = (error: z.ZodError) => `${error.issues[0]!.path.join(".")}: ${error.issues[0]!.message}`;

const corrupt = (path: string, what: string) =>
  new ColaError("MODEL_CORRUPT", `model file ${path} is damaged: ${what}`, { details: { file: path } });

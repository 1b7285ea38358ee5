import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";

/** The properties, each with its share of a long run. */
const SHARES = {
  "written-tables": 0.05,
  "table-dialects": 0.05,
  "table-bytes": 0.15,
  "token-patterns": 0.15,
  "damaged-patterns": 0.05,
  "model-bytes": 0.05,
  "model-json": 0.1,
  "job-payloads": 0.1,
  "state-documents": 0.05,
  settings: 0.05,
  "stored-jobs": 0.05,
  "stored-schedules": 0.05,
  "command-lines": 0.05,
  "host-headers": 0.025,
  "authorization-headers": 0.025,
} as const;
export type PropertyName = keyof typeof SHARES;

/** Of `npm test`: the same cases each time, unless `COLAML_FUZZ_SEED` asks for others. */
const SHORT_SEED = 1;
const given = process.env["COLAML_FUZZ_SEED"];
const shortSeed = given === undefined ? SHORT_SEED : Number(given);
/** More than any run makes: its time ends it. */
const ENDLESS = 2 ** 31 - 1;

/** A case that is run each time: written by hand, or the smallest one of a fault that was found. */
interface CorpusEntry<T> {
  why: string;
  value: T;
}

export interface FuzzOptions {
  /** Cases in `npm test`, beside those of the corpus. */
  runs: number;
}

const minutes = Number(process.env["COLAML_FUZZ_MINUTES"] ?? 0);

/** Whether this is a long run: `npm run test:fuzz`. */
const isLongRun = minutes > 0;

const corpusFile = (name: PropertyName) => join(__dirname, "corpus", `${name}.json`);

function corpusOf<T>(name: PropertyName): CorpusEntry<T>[] {
  const file = corpusFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as CorpusEntry<T>[]) : [];
}

/**
 * Runs a property on every case of its corpus and then on cases that are made up: in `npm test` a few and always the
 * same ones; in `npm run test:fuzz` others each time, for its share of the time. A long run adds the smallest case that
 * fails to the corpus, so that it is run from then on.
 *
 * @param arbitrary cases that JSON can hold
 * @throws Error with the smallest case and the seed
 */
export async function fuzz<T>(
  name: PropertyName,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void> | void,
  { runs }: FuzzOptions,
): Promise<void> {
  const corpus = corpusOf<T>(name);
  const startedAt = performance.now();
  const details = await fc.check<[T]>(
    fc.asyncProperty(arbitrary, async (value) => holds(value)),
    {
      examples: corpus.map(({ value }): [T] => [value]),
      ...(isLongRun ? longRun<T>(SHARES[name]) : { seed: shortSeed, numRuns: runs + corpus.length }),
    },
  );
  if (isLongRun) tell(`${name}: ${details.numRuns} cases in ${seconds(startedAt)} s, seed ${details.seed}`);
  if (!details.failed) return;
  const value = details.counterexample?.[0];
  if (isLongRun && value !== undefined) keep(name, corpus, value);
  throw new Error(
    `${name} fails for ${JSON.stringify(value)}\n${fc.defaultReportMessage(details)}\n${stackOf(details.errorInstance)}`,
  );
}

/**
 * Runs what draws its own cases, of the seed of this run.
 *
 * @throws Error with the seed
 */
export async function withSeed(holds: (seed: number) => Promise<void> | void): Promise<void> {
  try {
    await holds(shortSeed);
  } catch (error) {
    throw new Error(`it fails with COLAML_FUZZ_SEED=${shortSeed}\n${stackOf(error)}`);
  }
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1000);
const tell = (line: string) => void process.stderr.write(`${line}\n`);
const stackOf = (error: unknown) => (error instanceof Error ? error.stack : String(error));

function longRun<T>(share: number): fc.Parameters<[T]> {
  return {
    ...(given !== undefined && { seed: Number(given) }),
    numRuns: ENDLESS,
    interruptAfterTimeLimit: minutes * 60_000 * share,
    markInterruptAsFailure: false,
  };
}

function keep<T>(name: PropertyName, corpus: readonly CorpusEntry<T>[], value: T): void {
  const known = corpus.some((entry) => JSON.stringify(entry.value) === JSON.stringify(value));
  if (known) return;
  const entries = [...corpus, { why: "found by a long run: say what it was", value }];
  writeFileSync(corpusFile(name), `${JSON.stringify(entries, null, 2)}\n`);
  tell(`${corpusFile(name)} now holds it`);
}

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { DriftScore } from "../contracts/monitor";
import { withVersion } from "../files/documents";
import { appendLine, makeFolder, writeDurably } from "../files/durable-file";
import { isNewer, parseDocument } from "../files/state-document";
import { stateFolder } from "../files/state-folder";

/** A statistic of the drift of a check, as a person reads it. */
export type CheckedDrift = Pick<
  DriftScore,
  "statistic" | "level" | "psi" | "psiExpected" | "psiThreshold" | "jensenShannon"
>;

/** One check of a model, as the report's chart over time shows it. */
export interface CheckRecord {
  /** Id of the job: the same one again is the same check. */
  id: string;
  /** Which check of the model it is, from 1; absent in what an older release wrote. */
  number?: number;
  at: string;
  modelVersion: string;
  rows: number;
  n: number;
  accuracy?: number;
  interval?: [number, number];
  estimated?: number;
  driftLevel?: string;
  /** Whether it has a run of its own in MLflow; absent in what an older release wrote: it has. */
  ownRun?: boolean;
  /** Of each statistic that was compared; absent in what an older release wrote, and if nothing was compared. */
  drift?: CheckedDrift[];
  verdict: string;
}

/** Checks that are read back. */
const READ = 200;
/** A file of more lines than the second is cut to the first: the checks are steps of a run in MLflow, too. */
const KEPT = { lines: 1_000, atMost: 2_000 };

/** The checks of each model, oldest first: `<state>/monitor/<model>/history.ndjson`. */
export class CheckHistory {
  readonly #stateDir: string;
  readonly #report: (message: string) => void;

  /** @param report gets a line about a check that a crash cut off */
  constructor(stateDir: string, report: (message: string) => void) {
    this.#stateDir = stateDir;
    this.#report = report;
  }

  /**
   * @returns the number of the check: a job that runs again keeps its own, and one that was cut off counts
   * @throws ColaError OUTPUT_UNWRITABLE, STATE_NEWER if a newer release noted one of the latest checks
   */
  async append(model: string, record: Omit<CheckRecord, "number">): Promise<number> {
    const path = this.#pathOf(model);
    const { checks, lostAtEnd, lines } = await this.#lines(model);
    const same = checks.find(({ id }) => id === record.id);
    const number = same?.number ?? Math.max(0, ...checks.map((check) => check.number ?? 0)) + lostAtEnd + 1;
    await makeFolder(dirname(path));
    if (lines > KEPT.atMost) await cutToNewest(path, KEPT.lines);
    const mended = await appendLine(path, JSON.stringify(withVersion("checkHistory", { ...record, number })));
    if (mended && lostAtEnd > 0)
      this.#report(`${path}: its last check was cut off by a crash and is left out`);
    return number;
  }

  /**
   * The latest checks; a line cut off by a crash is left out, of two with one id the later counts.
   *
   * @throws ColaError STATE_NEWER if a newer release noted one of them
   */
  async read(model: string): Promise<CheckRecord[]> {
    return (await this.#lines(model)).checks;
  }

  async #lines(model: string): Promise<{ checks: CheckRecord[]; lostAtEnd: number; lines: number }> {
    const path = this.#pathOf(model);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const byId = new Map<string, CheckRecord>();
    let lostAtEnd = 0;
    const all = text.split("\n");
    for (const line of all.slice(-READ - 1)) {
      if (line === "") continue;
      const record = parsed(line, path);
      lostAtEnd = record ? 0 : lostAtEnd + 1;
      if (record) byId.set(record.id, record);
    }
    return { checks: [...byId.values()], lostAtEnd, lines: all.length };
  }

  #pathOf(model: string): string {
    return stateFolder(this.#stateDir).checkHistory(model);
  }
}

/** Who appends holds the model's lock: nobody else writes meanwhile. @throws ColaError OUTPUT_UNWRITABLE */
async function cutToNewest(path: string, lines: number): Promise<void> {
  const kept = (await readFile(path, "utf8")).split("\n").slice(-lines - 1);
  await writeDurably(path, [Buffer.from(kept.join("\n"))]);
}

/** What the history itself goes by; the rest of a record is for people. Records of older releases have no number. */
const recordSchema = z.looseObject({
  v: z.number(),
  id: z.string(),
  number: z.number().int().min(1).optional(),
});

function parsed(line: string, path: string): CheckRecord | undefined {
  try {
    const { v: _, ...record } = parseDocument("checkHistory", path, line, recordSchema);
    return record as unknown as CheckRecord;
  } catch (error) {
    if (isNewer(error)) throw error;
    return undefined;
  }
}

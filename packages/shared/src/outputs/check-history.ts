import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { DriftScore } from "../contracts/monitor";
import { withVersion } from "../files/documents";
import { appendLine, makeFolder, writeDurably } from "../files/durable-file";
import { inputError, systemCode } from "../files/file-errors";
import { isNewer, parseDocument, reasonOf, timeText } from "../files/state-document";
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
  /** Lines that were reported. */
  readonly #reported = new Set<string>();

  /** @param report gets a line about a check that a crash cut off, and about a line that is not a check */
  constructor(stateDir: string, report: (message: string) => void) {
    this.#stateDir = stateDir;
    this.#report = report;
  }

  /**
   * @returns the number of the check: a job that runs again keeps its own, and one that was cut off counts
   * @throws ColaError OUTPUT_UNWRITABLE, INPUT_UNREADABLE, STATE_NEWER if a newer release noted one of the latest checks
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
   * The latest checks; a line cut off by a crash is left out, of two with one id the later counts. A line between others
   * that is not a check is left out and reported, each once.
   *
   * @throws ColaError STATE_NEWER if a newer release noted one of them, INPUT_UNREADABLE
   */
  async read(model: string): Promise<CheckRecord[]> {
    return (await this.#lines(model)).checks;
  }

  async #lines(model: string): Promise<{ checks: CheckRecord[]; lostAtEnd: number; lines: number }> {
    const path = this.#pathOf(model);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return Buffer.alloc(0);
      throw inputError(path, error);
    });
    const byId = new Map<string, CheckRecord>();
    let lostAtEnd = 0;
    const all = linesIn(bytes);
    const skipped = Math.max(0, all.length - READ - 1);
    for (const [i, line] of all.slice(skipped).entries()) {
      if (line.length === 0) continue;
      const number = skipped + i + 1;
      const record = this.#parsed(line, path, { number, isLast: number === all.length });
      lostAtEnd = record ? 0 : lostAtEnd + 1;
      if (record) byId.set(record.id, record);
    }
    return { checks: [...byId.values()], lostAtEnd, lines: all.length };
  }

  /** One that is the last was cut off, perhaps: `append` reports it. */
  #parsed(
    line: Uint8Array,
    path: string,
    { number, isLast }: { number: number; isLast: boolean },
  ): CheckRecord | undefined {
    try {
      const { v: _, ...record } = parseDocument("checkHistory", path, line, recordSchema);
      return record as CheckRecord;
    } catch (error) {
      if (isNewer(error)) throw error;
      const report = `${path}: line ${number} is not a check and is left out (${reasonOf(error)})`;
      if (!isLast && !this.#reported.has(report)) this.#report(report);
      this.#reported.add(report);
      return undefined;
    }
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

const count = z.number().int().min(0);
const share = z.number().min(0).max(1);

/** All that charts, tables and the next check are given of a record. Records of older releases have no number. */
const recordSchema = z.looseObject({
  v: z.number(),
  id: z.string(),
  number: z.number().int().min(1).optional(),
  at: timeText,
  modelVersion: z.string(),
  rows: count,
  n: count,
  accuracy: share.optional(),
  interval: z.tuple([share, share]).optional(),
  estimated: share.optional(),
  driftLevel: z.string().optional(),
  ownRun: z.boolean().optional(),
  drift: z
    .array(
      z.looseObject({
        statistic: z.string(),
        level: z.string(),
        psi: z.number(),
        psiExpected: z.number(),
        psiThreshold: z.number(),
        jensenShannon: z.number(),
      }),
    )
    .optional(),
  verdict: z.string(),
});

const LINE_FEED = 10;

/** What stands between the line feeds: the last one is empty, or was cut off. */
function linesIn(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  lines.push(bytes.subarray(start));
  return lines;
}

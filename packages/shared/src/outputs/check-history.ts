import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { appendLine, makeFolder } from "../files/durable-file";
import { stateFolder } from "../files/state-folder";

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
  verdict: string;
}

/** Checks that are read back. */
const KEPT = 200;

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
   * @throws ColaError OUTPUT_UNWRITABLE
   */
  async append(model: string, record: Omit<CheckRecord, "number">): Promise<number> {
    const path = this.#pathOf(model);
    const { checks, lostAtEnd } = await this.#lines(model);
    const same = checks.find(({ id }) => id === record.id);
    const number = same?.number ?? Math.max(0, ...checks.map((check) => check.number ?? 0)) + lostAtEnd + 1;
    await makeFolder(dirname(path));
    const mended = await appendLine(path, JSON.stringify({ ...record, number }));
    if (mended && lostAtEnd > 0)
      this.#report(`${path}: its last check was cut off by a crash and is left out`);
    return number;
  }

  /** The latest checks; a line cut off by a crash is left out, of two with one id the later counts. */
  async read(model: string): Promise<CheckRecord[]> {
    return (await this.#lines(model)).checks;
  }

  async #lines(model: string): Promise<{ checks: CheckRecord[]; lostAtEnd: number }> {
    const text = await readFile(this.#pathOf(model), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const byId = new Map<string, CheckRecord>();
    let lostAtEnd = 0;
    for (const line of text.split("\n").slice(-KEPT - 1)) {
      if (line === "") continue;
      const record = parsed(line);
      lostAtEnd = record ? 0 : lostAtEnd + 1;
      if (record) byId.set(record.id, record);
    }
    return { checks: [...byId.values()], lostAtEnd };
  }

  #pathOf(model: string): string {
    return stateFolder(this.#stateDir).checkHistory(model);
  }
}

/** What the history itself goes by; the rest of a record is for people. Records of older releases have no number. */
const recordSchema = z.looseObject({ id: z.string(), number: z.number().int().min(1).optional() });

function parsed(line: string): CheckRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data as CheckRecord | undefined;
  } catch {
    return undefined;
  }
}

import { isAbsolute, relative } from "node:path";
import type { Messages } from "./english";

/** Members that hold texts, labels or ids of customers: only their number is shown. */
const HIDDEN = new Set(["texts", "labels", "predictions", "inputs", "instances", "examples", "mistakes"]);
/** Characters of a text that are shown. */
const MAX_TEXT = 300;
const MAX_ENTRIES = 20;
const MAX_DEPTH = 8;

/** A payload or a result as pages show it: no texts of customers, long lists and texts cut. */
export function shownData(value: unknown, t: Messages, depth = 0): unknown {
  if (typeof value === "string") return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ENTRIES).map((entry) => shownData(entry, t, depth + 1));
    const left = value.length - MAX_ENTRIES;
    return left > 0 ? [...shown, t.moreEntries(left)] : shown;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      HIDDEN.has(key) && Array.isArray(entry) ? t.hiddenTexts(entry.length) : shownData(entry, t, depth + 1),
    ]),
  );
}

/** A path as a person knows it: below the data folder without that folder. */
export function shownPath(path: string, dataDir: string): string {
  const below = relative(dataDir, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** What a person looks for in a payload and a result, whatever queue they are of; all of it untrusted. */
export interface JobFacts {
  input?: string;
  output?: string;
  receipt?: string;
  report?: string;
  /** The registered model's name. */
  model?: string;
  version?: string;
  runId?: string;
  runUrl?: string;
  /** One line: what came of it. */
  summary?: string;
  /** Only of checks. */
  verdict?: string;
  rows?: number;
  rowsPerSecond?: number;
}

/** @param payload as it was put on the queue */
export function jobFacts(payload: unknown, result: unknown): JobFacts {
  const given = record(payload);
  const came = record(result);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const promotion = text(came["decision"]) && text(came["verdict"]);
  const facts: Record<keyof JobFacts, string | number | undefined> = {
    input:
      text(record(given["input"])["path"]) ??
      text(record(given["dataset"])["path"]) ??
      text(given["predictions"]),
    output: text(came["output"]) ?? text(given["output"]),
    receipt: text(came["receipt"]),
    report: text(came["report"]),
    model: modelOf(text(came["model"]) ?? text(given["model"]) ?? text(given["baseline"])),
    version: text(came["modelVersion"]),
    runId: text(came["bestRunId"]) ?? text(came["runId"]),
    runUrl: text(came["runUrl"]),
    summary: text(came["summary"]) ?? promotion,
    verdict: promotion === undefined ? text(came["verdict"]) : undefined,
    rows: number(came["rows"]),
    rowsPerSecond: number(came["rowsPerSecond"]),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as JobFacts;
}

/** The name in `models:/name@alias` and `models:/name/3`, or the name itself. */
function modelOf(model: string | undefined): string | undefined {
  return model && /^(?:models:\/)?([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?:[@/].*)?$/.exec(model)?.[1];
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LANGUAGES } from "@colaml/producer/page/language";
import type { Reader } from "@colaml/producer/page/reader";
import type { DocumentKind } from "@colaml/shared/files/documents";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { Logger } from "@colaml/shared/logging/logger";

/** The state folder of a test file. */
export const root = mkdtempSync(join(tmpdir(), "colaml-fuzz-state-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
export const state = stateFolder(root);
/** An output with a receipt beside it. */
export const output = join(root, "out.csv");

/** Lines about what cannot be read. */
export const reported: string[] = [];
export const report = (line: string) => void reported.push(line);
export const logger: Logger = {
  error: report,
  warn: report,
  info() {},
  debug() {},
  child: () => logger,
  close: async () => {},
};

export const NOW = new Date("2026-01-01T00:10:00.000Z");
export const sha256 = "0".repeat(64);
export const pinned = { name: "m", version: "3", runId: "r", source: "s", manifestSha256: sha256 };

/** A document of the state folder or beside an output: what is in it, and who reads it. */
export interface Document {
  kind: DocumentKind;
  path: string;
  lines: object[];
  /** What was read of it; undefined if it counts as absent. */
  read(): Promise<unknown>;
  /** What `read` has to be a part of, if that is not the document. */
  truth?(written: unknown): unknown;
  /** Whether what was written is another's, so that reading it as absent is right. */
  isOthers?(written: unknown): boolean;
}

/** A file that is there whatever becomes of the document. */
export function beside(path: string, content: object | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : `${JSON.stringify(content)}\n`);
  return path;
}

const language = "en";
/** Who looks at a page. */
export const READER: Reader = {
  ...{ language, t: LANGUAGES[language], hasSession: false },
  ...{ may: () => false, path: "/" },
};

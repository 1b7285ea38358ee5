import { ColaError } from "../errors/cola-error";
import { STATE_ENTRIES as STATE } from "./state-folder";

/** What every process may know of a kind of document. */
export interface DocumentEntry {
  /** Below the state folder, or beside an output: then it begins with `<output>`. Other `<...>` are names. */
  path: string;
  /** The version that this release writes, from 1. It reads this and every older one. */
  v: number;
}

/**
 * Every document that ColaML keeps on disk and reads again, with its version: the one place that counts them. A document
 * says its version in the field `v`, a file of lines in each line; late labels say it in their name. What was written
 * before documents had one is of version 1. docs/state.md shows this table; a test holds the two together, and another goes
 * over every kind.
 */
export const DOCUMENTS = {
  pinnedModel: { path: `${STATE.models.path}<model>/<version>/.pinned.json`, v: 1 },
  lastKnown: { path: `${STATE.serving.path}<model>@<alias>.json`, v: 1 },
  publication: { path: `${STATE.spool.path}<entry>/publication.json`, v: 1 },
  publishedResult: { path: `${STATE.spool.path}results/<job>.json`, v: 1 },
  // 2: without an experiment, as 1 always had one.
  runEnd: { path: `${STATE.runEnds.path}<runs>.json`, v: 2 },
  refusal: { path: `${STATE.spool.path}refused-<entry>/refusal.json`, v: 1 },
  lateLabels: { path: `${STATE.labels.path}<model>/<number>-<sha256>.ndjson`, v: 1 },
  alertState: { path: STATE.alertState.path, v: 1 },
  checkHistory: { path: STATE.checkHistory.path, v: 1 },
  loopState: { path: STATE.loopState.path, v: 1 },
  incidentAlert: { path: `${STATE.incidents.path}<incident>/firing.json`, v: 1 },
  acknowledgement: { path: `${STATE.incidents.path}<incident>/acknowledged.json`, v: 1 },
  letter: { path: `${STATE.outbox.path}<alert>.json`, v: 1 },
  upRecord: { path: STATE.upRecord.path, v: 1 },
  serversRecord: { path: STATE.serversLock.path, v: 1 },
  serverPorts: { path: STATE.serverPorts.path, v: 1 },
  batchOwner: { path: ".<output>.colaml/owner.json", v: 1 },
  batchRecord: { path: ".<output>.colaml/batch.json", v: 1 },
  checkpoint: { path: ".<output>.colaml/checkpoint.json", v: 1 },
  receipt: { path: "<output>.receipt.json", v: 1 },
} as const satisfies Record<string, DocumentEntry>;

/** A kind of document. */
export type DocumentKind = keyof typeof DOCUMENTS;

/** What a document holds, with the version of its kind in front. */
export const withVersion = (kind: DocumentKind, content: object): object => ({
  v: DOCUMENTS[kind].v,
  ...content,
});

/**
 * What was read of a document, with its version: 1 if it has none. What is not an object is returned as it is.
 *
 * @param path for the message
 * @throws ColaError STATE_NEWER if a newer release wrote it
 */
export function checkVersion(kind: DocumentKind, path: string, read: unknown): unknown {
  if (typeof read !== "object" || read === null || Array.isArray(read)) return read;
  const { v = 1 } = read as { v?: unknown };
  if (typeof v === "number" && v > DOCUMENTS[kind].v) throw newerDocument(kind, path, v);
  return { v, ...read };
}

/** What a document of a newer release is refused with. */
function newerDocument(kind: DocumentKind, path: string, v: number): ColaError {
  const isBesideOutput = DOCUMENTS[kind].path.includes("<output>");
  const other = isBesideOutput ? "another output" : "a state folder of its own (COLAML_STATE_DIR)";
  return new ColaError(
    "STATE_NEWER",
    `${path} is of version ${v}, written by a newer release; this one reads up to ${DOCUMENTS[kind].v}: use the newer release, or ${other}`,
    { details: { path, v } },
  );
}

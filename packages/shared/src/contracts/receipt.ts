import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { ColaError } from "../errors/cola-error";
import { fileDigest } from "../files/digest";
import { isNewer, parseDocument } from "../files/state-document";
import { rejectedByReasonSchema } from "../tables/rejected-by-reason";
import { decisionCountsSchema } from "./decision-counts";
import { withoutKnownWordsSchema } from "./without-known-words";

const count = z.number().int().min(0);
const fileSchema = z.strictObject({ path: z.string(), bytes: count, sha256: z.string() });

const repeatedIdsSchema = z.strictObject({
  /** The id column of the input. */
  column: z.string(),
  /** Rows of the output whose id an earlier row has. */
  rows: count,
  /** A few of those ids, with the first two rows of the output that have each, counted from 1 behind the header. */
  examples: z.array(z.strictObject({ id: z.string(), rows: z.tuple([count, count]) })),
});
/** Ids that occur more than once: allowed, and reported. Rows written twice are another thing: there are none. */
export type RepeatedIds = z.infer<typeof repeatedIdsSchema>;

/** One chunk of a batch, in a receipt and in a checkpoint. */
export const chunkEntrySchema = z.strictObject({
  index: count,
  /** Bytes of the (inflated) input. */
  start: count,
  end: count,
  rows: count,
  rejected: count,
  /** Of the part; absent for a chunk on the dead-letter queue, and for a record too long to be scored. */
  sha256: z.string().optional(),
});

/** A chunk that kept failing: the `predict-dead` queue holds it. */
export const setAsideChunkSchema = z.strictObject({
  /** Of its `predict-dead` job: `cola jobs retry` with it runs only this chunk again. */
  id: z.string(),
  index: count,
  start: count,
  end: count,
  firstLine: z.number().int().min(1),
  records: count,
  reason: z.string(),
});

/** What a finished `predict` job leaves beside its output: the proof that no row was lost or doubled. */
export const receiptSchema = z.strictObject({
  v: z.literal(1),
  jobId: z.string(),
  model: z.strictObject({ name: z.string(), version: z.string(), manifestSha256: z.string() }),
  /** As it lies on the disk (compressed stays so). */
  input: fileSchema,
  output: fileSchema,
  /** Lines left out and why; absent if none was. */
  rejectedFile: fileSchema.optional(),
  /** in = out + rejected; of a chunk on the dead-letter queue all rows are rejected. Duplicates: rows written twice. */
  rows: z.strictObject({ in: count, out: count, rejected: count, setAside: count, duplicates: z.literal(0) }),
  /** Absent from receipts of earlier releases, as `withoutKnownWords` is. */
  rejectedByReason: rejectedByReasonSchema.optional(),
  /** Absent if row numbers are the ids. */
  repeatedIds: repeatedIdsSchema.optional(),
  /** Rows whose text held bytes that are no UTF-8, read as U+FFFD. */
  invalidUtf8: count,
  withoutKnownWords: withoutKnownWordsSchema.optional(),
  /** Absent if the model has no decision rule. */
  decisions: decisionCountsSchema.optional(),
  /** Contiguous byte ranges of the (inflated) input, in order. */
  chunks: z.array(chunkEntrySchema),
  setAside: z.array(setAsideChunkSchema),
  settings: z.record(z.string(), z.unknown()),
  startedAt: z.string(),
  finishedAt: z.string(),
  seconds: z.number(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** Where the receipt of an output lies. */
export function receiptPath(output: string): string {
  return `${output}.receipt.json`;
}

/** Where the lines left out of an output are named. */
export function rejectedPath(output: string): string {
  return `${output}.rejected.csv`;
}

/** Where a batch keeps what it needs until its output is complete: a folder beside the output. */
export function batchFolderPath(output: string): string {
  return join(dirname(output), `.${basename(output)}.colaml`);
}

/** What `verifyReceipt` found: it balances when `problems` is empty. */
export interface Verification {
  receipt: Receipt;
  /** One line each, for a person. */
  problems: string[];
}

/**
 * The receipt of an output, or undefined if there is none or it is not one of ours.
 *
 * @throws ColaError STATE_NEWER if a newer release wrote it
 */
export async function readReceipt(output: string): Promise<Receipt | undefined> {
  const path = receiptPath(output);
  try {
    return parseDocument("receipt", path, await readFile(path), receiptSchema);
  } catch (error) {
    if (isNewer(error)) throw error;
    return undefined;
  }
}

/** What a file has: bytes and their sha256. */
export interface FileFacts {
  bytes: number;
  sha256: string;
}

/**
 * Checks an output against its receipt: the files are those it names, byte for byte, its rows add up, and its
 * chunks cover the input without a gap.
 *
 * @param input what the input is known to be, if it is no longer at the path that the job found it at
 * @throws ColaError INPUT_NOT_FOUND if there is no output, RECEIPT_MISMATCH if there is no readable receipt, STATE_NEWER
 */
export async function verifyReceipt(output: string, input?: FileFacts): Promise<Verification> {
  const there = await stat(output).catch(() => undefined);
  if (!there) throw new ColaError("INPUT_NOT_FOUND", `no such file: ${output}`);
  const receipt = await readReceipt(output);
  if (!receipt) {
    throw new ColaError("RECEIPT_MISMATCH", `${receiptPath(output)} is missing or is not a receipt`);
  }
  const problems = [...sumProblems(receipt), ...gapProblems(receipt)];
  problems.push(...(await fileProblems("output", { ...receipt.output, path: output })));
  const inputIsThere = input ? compared("input", input, receipt.input) : fileProblems("input", receipt.input);
  problems.push(...(await inputIsThere));
  if (receipt.rejectedFile) {
    const rejected = { ...receipt.rejectedFile, path: rejectedPath(output) };
    problems.push(...(await fileProblems("rejected file", rejected)));
  }
  return { receipt, problems };
}

function sumProblems(receipt: Receipt): string[] {
  const { rows, chunks, setAside, rejectedByReason, withoutKnownWords, decisions } = receipt;
  const problems: string[] = [];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const out = sum(chunks.map((chunk) => chunk.rows));
  const rejected = sum(chunks.map((chunk) => chunk.rejected));
  const aside = sum(setAside.map((chunk) => chunk.records));
  if (rows.in !== rows.out + rows.rejected) {
    problems.push(`${rows.in} rows in, but ${rows.out} out and ${rows.rejected} rejected`);
  }
  if (out !== rows.out) problems.push(`the chunks hold ${out} rows, the receipt says ${rows.out}`);
  if (rejected !== rows.rejected) {
    problems.push(`the chunks rejected ${rejected} rows, the receipt says ${rows.rejected}`);
  }
  if (aside !== rows.setAside) {
    problems.push(`the chunks set aside hold ${aside} rows, the receipt says ${rows.setAside}`);
  }
  const reasons = rejectedByReason && sum(Object.values(rejectedByReason));
  if (reasons !== undefined && reasons !== rows.rejected) {
    problems.push(`the reasons count ${reasons} rejected rows, the receipt says ${rows.rejected}`);
  }
  if (withoutKnownWords && withoutKnownWords.rows > rows.out) {
    problems.push(`${withoutKnownWords.rows} rows without a known word, but ${rows.out} rows out`);
  }
  const decided = decisions && sum([...decisions.byClass, decisions.abstained].map((each) => each.rows));
  if (decided !== undefined && decided !== rows.out) {
    problems.push(`${decided} rows decided or abstained on, but ${rows.out} rows out`);
  }
  return problems;
}

function gapProblems({ chunks }: Receipt): string[] {
  const broken = chunks.find((chunk, i) => i > 0 && chunk.start !== chunks[i - 1]!.end);
  return broken ? [`chunk ${broken.index} does not begin where the one before it ends`] : [];
}

async function fileProblems(what: string, file: Receipt["output"]): Promise<string[]> {
  const there = await stat(file.path).catch(() => undefined);
  if (!there) return [`the ${what} is missing: ${file.path}`];
  // a file of another size need not be read
  const sha256 = there.size === file.bytes ? await fileDigest(file.path) : "";
  return compared(what, { bytes: there.size, sha256 }, file);
}

function compared(what: string, { bytes, sha256 }: FileFacts, said: FileFacts): string[] {
  if (bytes !== said.bytes) return [`the ${what} has ${bytes} bytes, the receipt says ${said.bytes}`];
  return sha256 === said.sha256 ? [] : [`the ${what} was changed: its sha256 is ${sha256}`];
}

/** Ids that occur more than once in a few words for a person; undefined if there are none. */
export function describeRepeatedIds(repeated: RepeatedIds | undefined): string | undefined {
  if (!repeated || repeated.rows === 0) return undefined;
  const { rows, column, examples } = repeated;
  const named = examples.map(({ id, rows: [first, second] }) => `${id} in rows ${first} and ${second}`);
  const verb = rows === 1 ? "row has" : "rows have";
  return `${rows.toLocaleString("en-US")} ${verb} an id of column "${column}" that an earlier row has (allowed): ${named.join("; ")}`;
}

/** Chunks on the dead-letter queue in a few words for a person, with the command that runs the first one again. */
export function describeSetAside({ setAside, rows }: Pick<Receipt, "setAside" | "rows">): string | undefined {
  const [first] = setAside;
  if (first === undefined) return undefined;
  const chunks = setAside.length === 1 ? "a chunk that kept" : `${setAside.length} chunks that kept`;
  const which = setAside.length === 1 ? "" : ", the first one of them";
  return `${rows.setAside.toLocaleString("en-US")} rows are in ${chunks} failing (${first.reason}): \`cola jobs retry ${first.id}\` runs only this chunk again${which}`;
}

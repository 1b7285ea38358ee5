import { type FileHandle, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeFolder, writeTemporary } from "../../files/durable-file";
import { outputError } from "../../files/file-errors";
import { compressorFor } from "../../tables/compression";
import { formatCell } from "../../tables/written-cell";
import { MersenneTwister } from "./mersenne-twister";
import { AGENT, COMPANIES, CUSTOMER, EITHER, FILLINGS } from "./synthetic-phrases";

const HEADER = ",tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n";
/** Monday 2 October 2017, noon, in ms. */
const FIRST_TWEET = 1_506_945_600_000;
const ROWS_A_WRITE = 4096;
/** Shares in 1024. */
const EITHER_SIDE = 260;
const NO_TEXT = 5;
const LONGER = 700;
const LINK = 200;
const LINE_BREAK = 40;
const SIGNED = 300;

const CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LABELS = {
  true: ["True", "True", "True", "TRUE", "true"],
  false: ["False", "False", "False", "FALSE"],
};

/** A tweet text as pieces: fixed words and, between them, names of fillings. */
type Sentence = readonly { words: string; filling: readonly string[] | undefined }[];

function parse(sentence: string): Sentence {
  return sentence.split("}").map((part) => {
    const [words, filling] = part.split("{");
    return { words: words!, filling: filling === undefined ? undefined : FILLINGS[filling] };
  });
}

const SENTENCES = { customer: CUSTOMER.map(parse), agent: AGENT.map(parse), either: EITHER.map(parse) };

class TweetWriter {
  readonly #random: MersenneTwister;
  #id = 1;

  constructor(seed: number) {
    this.#random = new MersenneTwister(seed);
  }

  row(index: number): string {
    this.#id += 1 + this.#below(3);
    const inbound = this.#below(100) < 55;
    const company = this.#pick(COMPANIES);
    const author = inbound ? String(115_000 + this.#below(90_000)) : company;
    const text = this.#chance(NO_TEXT) ? "" : this.#text(inbound, company);
    const label = this.#pick(inbound ? LABELS.true : LABELS.false);
    const created = new Date(FIRST_TWEET + index * 7_000).toUTCString();
    const when = `${created.slice(0, 3)} ${created.slice(8, 11)} ${created.slice(5, 7)} ${created.slice(17, 25)} +0000 2017`;
    const answer = this.#chance(500) ? `${this.#id + 1}` : "";
    const question = inbound && this.#chance(400) ? "" : `${this.#id - 1}.0`;
    return `${index},${this.#id},${author},${label},${when},${formatCell(text, "csv")},${answer},${question}\n`;
  }

  #text(inbound: boolean, company: string): string {
    const own = inbound ? SENTENCES.customer : SENTENCES.agent;
    const sentences = this.#chance(EITHER_SIDE) ? SENTENCES.either : own;
    const number = `@${115_000 + this.#below(90_000)}`;
    // Handles of companies give customers away: as in real tweets, only some are spelled out.
    const handle = inbound && this.#chance(200) ? `@${company}` : number;
    let text = `${handle} ${this.#fill(this.#pick(sentences))}`;
    text += this.#chance(LINE_BREAK) ? "\n" : " ";
    text += this.#fill(this.#pick(this.#chance(EITHER_SIDE) ? SENTENCES.either : sentences));
    if (this.#chance(LONGER)) text += ` ${this.#fill(this.#pick(SENTENCES.either))}`;
    if (this.#chance(LINK)) text += ` https://t.co/${this.#code(10)}`;
    if (!inbound && this.#chance(SIGNED)) text += ` ^${this.#code(2).toUpperCase()}`;
    return text;
  }

  #fill(sentence: Sentence): string {
    let text = "";
    for (const { words, filling } of sentence) text += filling ? words + this.#pick(filling) : words;
    return text;
  }

  #code(length: number): string {
    let code = "";
    for (let i = 0; i < length; i++) code += CODE[this.#below(CODE.length)];
    return code;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #chance(in1024: number): boolean {
    return this.#below(1024) < in1024;
  }

  #below(n: number): number {
    return Math.floor((this.#random.nextUint32() / 4_294_967_296) * n);
  }
}

function* pieces(rows: number, seed: number): Generator<Buffer, void, undefined> {
  const writer = new TweetWriter(seed);
  let text = HEADER;
  for (let row = 0; row < rows; row++) {
    text += writer.row(row);
    if (row % ROWS_A_WRITE < ROWS_A_WRITE - 1) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/**
 * Writes invented customer-support tweets as CSV under the reference task's columns, an unnamed index first:
 * both sides of a dozen companies, emoji, accents, links, quoted and multi-line texts, several spellings of the
 * label, and half a percent of missing texts. The same rows and seed give the same bytes. About 200 bytes per row.
 *
 * @param path replaced when the file is complete; compressed if it ends with `.gz` or `.zst`
 */
export async function writeSyntheticTweets(path: string, rows: number, seed = 42): Promise<void> {
  await makeFolder(dirname(path));
  const source = Readable.from(pieces(rows, seed), { objectMode: false, highWaterMark: 1 << 20 });
  const compressor = compressorFor(path);
  const fill = async (file: FileHandle) => {
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await file.writeFile(chunk);
    };
    await (compressor ? pipeline(source, compressor, write) : pipeline(source, write));
  };
  try {
    await rename(await writeTemporary(dirname(path), fill), path);
  } catch (error) {
    throw outputError(path, error);
  }
}

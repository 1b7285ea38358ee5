import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { fileDigest } from "@colaml/shared/files/digest";
import { FILE_MODE } from "@colaml/shared/files/durable-file";
import { outputError, systemCode } from "@colaml/shared/files/file-errors";
import { freeBytes } from "@colaml/shared/files/free-room";
import type { UploadPart } from "./byte-range";
import type { DataFolder } from "./data-folder";
import { entityTag } from "./entity-tag";
import { type Pace, UPLOAD_PACE, writeBody } from "./paced-body";
import { UnfinishedUploads } from "./unfinished-uploads";
import { checkTarget, placeUpload, type Target } from "./upload-target";

/** Uploads that one server takes at a time: each costs a connection and disk, not memory. */
const MOST_AT_ONCE = 16;
/** The disk is full, in one of its ways. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export interface UploadRequest extends Target {
  body: AsyncIterable<Uint8Array>;
  /** Bytes that the body will have, if the sender says so. */
  length?: number | undefined;
  /** Absent: the body is the whole file. */
  part?: UploadPart | undefined;
  /** sha-256 of the whole file, hex; a part needs it. */
  wholeDigest?: string | undefined;
  /** sha-256 of this body, hex. */
  bodyDigest?: string | undefined;
}

export type UploadOutcome =
  | { state: "stored"; created: boolean; bytes: number; sha256: string; etag: string }
  | { state: "unfinished"; offset: number; total: number };

export interface UploadOptions {
  /** Most bytes of a file. */
  maxBytes: number;
  pace?: Pace;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

/** Takes files into the data folder. */
export class Uploads {
  readonly #folder: DataFolder;
  readonly #options: UploadOptions;
  readonly #unfinished: UnfinishedUploads;
  /** Unfinished files that a request writes right now. */
  readonly #inHand = new Set<string>();
  #placing: Promise<unknown> = Promise.resolve();

  constructor(folder: DataFolder, options: UploadOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#unfinished = new UnfinishedUploads(folder.root, options.clock ?? Date.now);
  }

  /**
   * Stores a file, or a part of one.
   *
   * @throws ColaError PATH_NOT_ALLOWED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, OUTPUT_BUSY, PRECONDITION_FAILED, INPUT_TOO_LARGE,
   *   INPUT_CHANGED (another digest than was announced), RANGE_INVALID, REQUEST_TIMEOUT, RATE_LIMITED, STORAGE_FULL; the
   *   error of a connection that broke off
   */
  async receive(request: UploadRequest): Promise<UploadOutcome> {
    const known = await this.#alreadyThere(request);
    if (known) return known;
    const total = request.part?.total ?? request.length ?? 0;
    if (total > this.#options.maxBytes) throw tooLarge(total, this.#options.maxBytes);
    if (this.#inHand.size >= MOST_AT_ONCE)
      throw new ColaError("RATE_LIMITED", `${MOST_AT_ONCE} uploads are under way: try again in a moment`);
    await this.#unfinished.sweep();
    try {
      return await (request.part ? this.#receivePart(request, request.part) : this.#receiveWhole(request));
    } catch (error) {
      throw FULL.has(codeOf(error)) ? storageFull(request.path, codeOf(error)) : error;
    }
  }

  /** The same content again, as after an answer that was lost, is not a conflict. */
  async #alreadyThere(request: UploadRequest): Promise<UploadOutcome | undefined> {
    const digest = request.wholeDigest ?? (request.part ? undefined : request.bodyDigest);
    const length = request.part?.total ?? request.length;
    try {
      await checkTarget(this.#folder, request);
      return undefined;
    } catch (error) {
      if (!(error instanceof ColaError) || error.code !== "OUTPUT_EXISTS" || digest === undefined)
        throw error;
      const full = join(await realpath(this.#folder.root), request.path);
      const stat = await lstat(full, { bigint: true });
      if (Number(stat.size) !== length || (await fileDigest(full)) !== digest) throw error;
      return { state: "stored", created: false, bytes: length, sha256: digest, etag: entityTag(stat) };
    }
  }

  async #receiveWhole(request: UploadRequest): Promise<UploadOutcome> {
    await this.#checkDisk(request.path, request.length ?? 0);
    const from = await this.#unfinished.newWhole();
    return this.#holding(from, async () => {
      try {
        const hash = createHash("sha256");
        const file = await openNew(from);
        const bytes = await closing(file, async () => {
          const written = await this.#write(file, request, 0, this.#options.maxBytes, hash);
          await file.sync();
          return written;
        });
        const sha256 = hash.digest("hex");
        for (const announced of [request.bodyDigest, request.wholeDigest]) checkDigest(announced, sha256);
        return await this.#place(request, from, { bytes, sha256 });
      } finally {
        await rm(from, { force: true });
      }
    });
  }

  async #receivePart(request: UploadRequest, { bytes, total }: UploadPart): Promise<UploadOutcome> {
    const digest = request.wholeDigest;
    if (digest === undefined)
      throw new ColaError("USAGE", "a part needs Repr-Digest: sha-256=:BASE64: of the whole file");
    const from = await this.#unfinished.ofParts(request.path, total, digest);
    return this.#holding(from, async () => {
      const offset = await this.#append(request, from, { bytes, total }).catch(async (error: unknown) => {
        // room for others
        if (FULL.has(codeOf(error))) await rm(from, { force: true });
        throw error;
      });
      if (offset < total) return { state: "unfinished", offset, total };
      if ((await fileDigest(from)) === digest) {
        const placed = await this.#place(request, from, { bytes: total, sha256: digest });
        await rm(from, { force: true });
        return placed;
      }
      await rm(from, { force: true });
      throw new ColaError(
        "INPUT_CHANGED",
        "the parts together have another sha-256 than Repr-Digest: begin again",
      );
    });
  }

  /** @returns bytes that are there now; what came before a connection broke off stays */
  async #append(request: UploadRequest, from: string, { bytes, total }: UploadPart): Promise<number> {
    // what is there already needs no more room
    await this.#checkDisk(request.path, bytes === undefined ? 0 : total - bytes.first);
    const file = await open(from, PART_FLAGS, FILE_MODE);
    return closing(file, async () => {
      const offset = (await file.stat()).size;
      if (bytes === undefined) return offset;
      if (bytes.first !== offset) throw goesOnAt(offset);
      const length = bytes.last - bytes.first + 1;
      const hash = createHash("sha256");
      const written = await this.#write(file, request, offset, length, hash).finally(() => file.sync());
      const isWhole = written === length && isDigest(request.bodyDigest, hash.digest("hex"));
      if (isWhole) return offset + length;
      await file.truncate(offset);
      throw new ColaError(
        "INPUT_CHANGED",
        "the part is shorter than Content-Range says, or differs from Content-Digest",
      );
    });
  }

  #write(
    file: FileHandle,
    { body }: UploadRequest,
    at: number,
    most: number,
    hash: ReturnType<typeof createHash>,
  ) {
    return writeBody(file, body, { at, most, pace: this.#options.pace ?? UPLOAD_PACE }, hash);
  }

  async #place(
    request: UploadRequest,
    from: string,
    { bytes, sha256 }: { bytes: number; sha256: string },
  ): Promise<UploadOutcome> {
    // one after another: between looking at what stands there and replacing it, nobody else does
    const placing = this.#placing.then(() => placeUpload(this.#folder, request, from));
    this.#placing = placing.catch(() => {});
    const { stat, created } = await placing;
    return { state: "stored", created, bytes, sha256, etag: entityTag(stat) };
  }

  async #holding<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#inHand.has(name))
      throw new ColaError("OUTPUT_BUSY", "another request sends the same file right now");
    this.#inHand.add(name);
    try {
      return await work();
    } finally {
      this.#inHand.delete(name);
    }
  }

  /** What can be known before: renaming works on one disk only, and a disk without room need not be filled first. */
  async #checkDisk(path: string, bytes: number): Promise<void> {
    const root = await realpath(this.#folder.root);
    if (bytes > (await freeBytes(root))) throw storageFull(path, "ENOSPC");
    const folder = await lstat(dirname(join(root, path))).catch(() => undefined);
    if (folder !== undefined && folder.dev !== (await lstat(root)).dev)
      throw outputError(path, Object.assign(new Error("another disk"), { code: "EXDEV" }));
  }
}

/** A part begins elsewhere than the one before ended. */
const goesOnAt = (offset: number) =>
  new ColaError("RANGE_INVALID", `the upload has ${offset} bytes: the next part begins there`, {
    details: { offset },
  });

const PART_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

const openNew = (path: string) => open(path, "wx", FILE_MODE);

async function closing<T>(file: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

const isDigest = (announced: string | undefined, sha256: string) =>
  announced === undefined || announced === sha256;

/** @throws ColaError INPUT_CHANGED */
function checkDigest(announced: string | undefined, sha256: string): void {
  if (isDigest(announced, sha256)) return;
  throw new ColaError(
    "INPUT_CHANGED",
    `the body has sha-256 ${sha256}, ${announced} was announced: send it again`,
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof ColaError)) return systemCode(error);
  const { systemCode: code } = (error.details ?? {}) as { systemCode?: string };
  return code ?? "";
}

const storageFull = (path: string, code: string) =>
  new ColaError(
    "STORAGE_FULL",
    `cannot store ${JSON.stringify(path)}: the disk of the data folder is full (${code})`,
    { details: { systemCode: code } },
  );

const tooLarge = (bytes: number, most: number) =>
  new ColaError(
    "INPUT_TOO_LARGE",
    `${bytes} bytes: a file may have at most ${most} (COLAML_MAX_UPLOAD_BYTES)`,
  );

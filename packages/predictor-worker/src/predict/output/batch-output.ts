import type { RepeatedIds } from "@colaml/shared/contracts/receipt";
import { outputHeader } from "../../scoring/output-columns";
import { REJECTED_HEADER } from "../../scoring/rejected-lines";
import { compressPart } from "../../transport/part-compression";
import type { BegunBatch } from "../batch";
import { RepeatedIdFinder } from "../ids/repeated-ids";
import { GrowingFile } from "./growing-file";

/** Bytes of both files so far. */
export interface OutputSizes {
  outputBytes: number;
  rejectedBytes: number;
}

/** What a batch writes as it goes, in its folder: the output, the rejected file, and a look at the ids of the output. */
export class BatchOutput {
  readonly #output: GrowingFile;
  readonly #rejected: GrowingFile;
  /** Absent if row numbers are the ids. */
  readonly #repeatedIds: RepeatedIdFinder | undefined;

  private constructor(output: GrowingFile, rejected: GrowingFile, repeatedIds: RepeatedIdFinder | undefined) {
    this.#output = output;
    this.#rejected = rejected;
    this.#repeatedIds = repeatedIds;
  }

  /**
   * Both files as far as the checkpoint covers them; with their headers if it covers no chunk.
   * @throws ColaError OUTPUT_UNWRITABLE
   */
  static async open(
    { folder, record: { plan }, options }: BegunBatch,
    from: OutputSizes & { nextChunk: number },
  ): Promise<BatchOutput> {
    const output = await GrowingFile.open(folder.outputFile, from.outputBytes);
    const rejected = await GrowingFile.open(folder.rejectedFile, from.rejectedBytes);
    const repeatedIds = plan.input.id && new RepeatedIdFinder(plan, folder.path);
    const files = new BatchOutput(output, rejected, repeatedIds);
    if (from.nextChunk > 0) await repeatedIds?.addFile(output.path, output.size);
    else {
      const { bundle } = await options.models.load(plan.model);
      const answer = { classes: bundle.classes, decides: bundle.decision !== undefined };
      const header = Buffer.from(outputHeader(plan.output, answer));
      await files.append(Buffer.from(await compressPart(header, plan.output.compression)));
      await files.appendRejected(Buffer.from(REJECTED_HEADER));
    }
    return files;
  }

  get sizes(): OutputSizes {
    return { outputBytes: this.#output.size, rejectedBytes: this.#rejected.size };
  }

  /** Lines of the output, compressed as the output is. */
  async append(lines: Buffer): Promise<void> {
    await this.#output.append(lines);
    await this.#repeatedIds?.add(lines);
  }

  async appendRejected(lines: Buffer): Promise<void> {
    await this.#rejected.append(lines);
  }

  /** Makes what was appended last. */
  async sync(): Promise<void> {
    await this.#output.sync();
    await this.#rejected.sync();
  }

  /** Makes both files last as they are to be read: nothing is behind their last byte. */
  async finish(): Promise<{ sha256: string; repeatedIds: RepeatedIds | undefined }> {
    const output = this.#output;
    const sha256 = await output.finish();
    await this.#rejected.finish();
    return { sha256, repeatedIds: await this.#repeatedIds?.finish(output.path, output.size) };
  }

  async close(): Promise<void> {
    await this.#output.close();
    await this.#rejected.close();
    this.#repeatedIds?.close();
  }
}

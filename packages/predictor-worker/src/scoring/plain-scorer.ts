import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { Classifier } from "@colaml/shared/learning/model/classifier";
import type { Explain } from "@colaml/shared/learning/model/explain";
import type { ChunkScorer, RangeOrigin, ScoredRange } from "./chunk-scorer";
import { PlainRecord } from "./plain-record";
import { RejectedLines } from "./rejected-lines";

/** Scores one record after the other by way of strings. The byte scorer has to write the same bytes. */
export class PlainScorer implements ChunkScorer {
  readonly #record: PlainRecord;
  readonly #rejected = new RejectedLines();
  /** What a model with a decision rule may decide. */
  readonly #decisions: number | undefined;

  constructor(plan: ChunkPlan, classifier: Classifier, explain?: Explain) {
    this.#record = new PlainRecord(plan, classifier, explain);
    this.#decisions = classifier.decider?.names.length;
  }

  score(range: Buffer, origin: RangeOrigin): ScoredRange {
    const { scanner } = this.#record;
    const lines: Buffer[] = [];
    let number = origin.firstRow;
    let invalidUtf8 = 0;
    let withoutKnownWords = 0;
    const decisions = this.#decisions === undefined ? undefined : new Array<number>(this.#decisions).fill(0);
    scanner.open(range);
    for (let status = scanner.next(); status !== "end"; status = scanner.next()) {
      const scored = this.#record.score(range, status, ++number);
      if ("reason" in scored) this.#rejected.add(origin.firstLine + scanner.line, scored.reason);
      else {
        lines.push(scored.line);
        if (scored.invalidUtf8) invalidUtf8++;
        if (scored.withoutKnownWords) withoutKnownWords++;
        if (decisions && scored.decision !== undefined) decisions[scored.decision]!++;
      }
    }
    return {
      output: Buffer.concat(lines),
      ...this.#rejected.take(),
      rows: lines.length,
      invalidUtf8,
      withoutKnownWords,
      ...(decisions && { decisions }),
    };
  }
}

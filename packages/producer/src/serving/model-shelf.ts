import { type ColaError, messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";
import type { LastKnown } from "./last-known";
import { type ModelReference, modelReference } from "./model-reference";
import { pinKey, type ServableModel } from "./servable-model";

/** Names that MLflow does not know are remembered, so that each request for one does not ask again. */
const MAX_REFUSALS = 1_000;

/** Where versions come from. */
export interface VersionSource {
  /** @throws ColaError MODEL_NOT_FOUND, MLFLOW_UNREACHABLE */
  resolve(uri: string): Promise<PinnedModel>;
  /** @throws ColaError MODEL_CORRUPT, MLFLOW_UNREACHABLE */
  load(pinned: PinnedModel): Promise<ServableModel>;
}

export interface ShelfOptions {
  source: VersionSource;
  lastKnown: LastKnown;
  /** References in memory at most. */
  capacity: number;
  /** How long an answer "no such model" is believed. */
  refusalMs: number;
  /** The model that is never dropped. */
  home: ModelReference;
  log: { info(message: string, fields: Record<string, unknown>): void; warn(message: string): void };
  /** Milliseconds since 1970. */
  clock: () => number;
}

/** A reference in memory. */
export interface Shelved {
  reference: ModelReference;
  model: ServableModel;
  /** When MLflow last confirmed what the reference stands for; absent: not since this process began. */
  confirmedAtMs?: number;
}

/**
 * The models in memory, by reference: name with alias or version. What is used goes to the end of the map, and what was
 * used least recently is dropped from its front. A request keeps the model it got: what is swapped or dropped
 * finishes what it began.
 */
export class ModelShelf {
  readonly #options: ShelfOptions;
  readonly #shelved = new Map<string, Shelved>();
  readonly #opening = new Map<string, Promise<ServableModel>>();
  readonly #refusals = new Map<string, { error: ColaError; atMs: number }>();
  #look: Promise<void> | undefined;
  #nextLook: Promise<void> | undefined;

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** What is in memory, the least recently used first. */
  shelved(): readonly Shelved[] {
    return [...this.#shelved.values()];
  }

  /** The model of a URI, if it is in memory: the way of nearly every request. */
  inMemory(uri: string): ServableModel | undefined {
    const found = this.#shelved.get(uri);
    if (found === undefined) return undefined;
    if (this.#shelved.size > 1) {
      this.#shelved.delete(uri);
      this.#shelved.set(uri, found);
    }
    return found.model;
  }

  /**
   * The model of a URI, fetched if it is not in memory: from MLflow, else as it was last known, from the disk.
   *
   * @throws ColaError USAGE, MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE
   */
  open(uri: string): Promise<ServableModel> {
    const opening = this.#opening.get(uri) ?? this.#open(uri).finally(() => this.#opening.delete(uri));
    this.#opening.set(uri, opening);
    return opening;
  }

  /**
   * Asks MLflow what each alias in memory stands for now, and swaps models that moved. One look at a time: all who ask
   * while one is under way, which may have seen what was before, share the next. Rejects for nothing.
   */
  refresh(): Promise<void> {
    if (this.#look === undefined) {
      this.#look = this.#lookAtAll().finally(() => {
        this.#look = undefined;
      });
      return this.#look;
    }
    this.#nextLook ??= this.#look.then(() => {
      this.#nextLook = undefined;
      return this.refresh();
    });
    return this.#nextLook;
  }

  /** Resolves when the looks that are under way have ended. */
  async looked(): Promise<void> {
    await (this.#nextLook ?? this.#look);
  }

  async #lookAtAll(): Promise<void> {
    const followed = this.shelved().filter(({ reference }) => reference.follows !== undefined);
    await Promise.all(followed.map((one) => this.#refreshOne(one)));
  }

  async #open(uri: string): Promise<ServableModel> {
    const { clock, refusalMs } = this.#options;
    const refusal = this.#refusals.get(uri);
    const age = refusal ? clock() - refusal.atMs : 0;
    // Below 0 the clock was put back: how old it is, nobody knows.
    if (refusal && age >= 0 && age < refusalMs) throw refusal.error;
    this.#refusals.delete(uri);
    try {
      const reference = modelReference(uri);
      const { pinned, confirmed } = await this.#pin(reference);
      const model = await this.#load(pinned);
      this.#put({ reference, model, ...(confirmed && { confirmedAtMs: clock() }) });
      if (confirmed) await this.#remember(reference, pinned);
      return model;
    } catch (error) {
      const known = toColaError(error);
      if (known.code === "MODEL_NOT_FOUND") this.#refuse(uri, known);
      throw known;
    }
  }

  /** What MLflow says now, or, if it cannot say, what it said last. */
  async #pin(reference: ModelReference): Promise<{ pinned: PinnedModel; confirmed: boolean }> {
    const { source, lastKnown, log } = this.#options;
    try {
      return { pinned: await source.resolve(reference.uri), confirmed: true };
    } catch (error) {
      if (reference.follows === undefined) throw error;
      if (toColaError(error).code === "MODEL_NOT_FOUND") {
        await lastKnown.forget(reference);
        throw error;
      }
      const pinned = await lastKnown.read(reference);
      if (pinned === undefined) throw error;
      log.warn(
        `MLflow cannot say what ${reference.uri} is: answering with version ${pinned.version}, the last known (${messageOf(error)})`,
      );
      return { pinned, confirmed: false };
    }
  }

  /** A version that another reference has in memory is not loaded again. */
  async #load(pinned: PinnedModel): Promise<ServableModel> {
    const key = pinKey(pinned);
    const shared = this.shelved().find(({ model }) => pinKey(model.pinned) === key);
    return shared?.model ?? this.#options.source.load(pinned);
  }

  #put(entry: Shelved): void {
    const { capacity, home } = this.#options;
    this.#shelved.delete(entry.reference.uri);
    this.#shelved.set(entry.reference.uri, entry);
    for (const uri of this.#shelved.keys()) {
      if (this.#shelved.size <= capacity) break;
      if (uri !== home.uri) this.#shelved.delete(uri);
    }
  }

  #refuse(uri: string, error: ColaError): void {
    this.#refusals.set(uri, { error, atMs: this.#options.clock() });
    if (this.#refusals.size > MAX_REFUSALS) this.#refusals.delete(this.#refusals.keys().next().value!);
  }

  async #refreshOne(entry: Shelved): Promise<void> {
    const { source, lastKnown, log, clock } = this.#options;
    const { reference } = entry;
    try {
      const pinned = await source.resolve(reference.uri);
      const { pinned: before } = entry.model;
      const moved = pinKey(pinned) !== pinKey(before);
      // a version that cannot be loaded neither replaces one that can, nor is it remembered
      if (moved) {
        entry.model = await this.#load(pinned);
        log.info("model swapped", { model: reference.uri, from: before.version, to: pinned.version });
      }
      if (moved || entry.confirmedAtMs === undefined) await this.#remember(reference, pinned);
      entry.confirmedAtMs = clock();
    } catch (error) {
      const known = toColaError(error);
      if (known.code === "MODEL_NOT_FOUND") {
        this.#shelved.delete(reference.uri);
        await lastKnown.forget(reference).catch(() => undefined);
        log.warn(`${reference.uri} is not served any more: ${known.message}`);
        return;
      }
      log.warn(
        `${reference.uri} is still answered with version ${entry.model.pinned.version}: ${known.message}`,
      );
    }
  }

  /** A disk that cannot be written costs only the next start without MLflow. */
  async #remember(reference: ModelReference, pinned: PinnedModel): Promise<void> {
    if (reference.follows === undefined) return;
    await this.#options.lastKnown
      .write(reference, pinned)
      .catch((error: unknown) => this.#options.log.warn(`last known version not kept: ${messageOf(error)}`));
  }
}

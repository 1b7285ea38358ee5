// What the soak test allows. Change a limit here, and in docs/operations.md.

/** Samples of this share of the run are left out, at most this many minutes: caches fill, compilers compile. */
export const WARM_UP = { share: 1 / 3, maxMinutes: 10 };

/** Seconds between two samples. */
export const SAMPLE_SECONDS = 5;

/**
 * Growth that is allowed, by the name of a series. A series fails if its slope per hour is surely above `perHour` (the
 * lower end of its 95% interval) and it rose by more than `least` after the warm-up: in a short run a collection of
 * garbage more or less is a slope, too. A series without a limit is only drawn.
 *
 * The resident memory of our processes has none: V8 fills tens of MB with garbage before it collects, so that a limit
 * that always holds would let a leak of 2 MB a minute pass. What V8's heap holds after a full collection, and what is
 * resident beside its heap, swing by a few MB. Both fail within 30 minutes at a leak of 1 MB a minute.
 *
 * MLflow keeps what is trained, so its limits are what the load makes: 100 trainings an hour of about 0.4 MB, a step
 * of 10 KB for each of about 1,000 checks, and a run of 120 KB for each that somebody asked for or that says something new.
 */
const GROWTH = [
  { of: / heap after collection$/, perHour: 15, least: 6 },
  { of: / outside the heap$/, perHour: 20, least: 12 },
  { of: /^Redis RSS$/, perHour: 20, least: 5 },
  { of: /^MLflow RSS$/, perHour: 150, least: 50 },
  { of: / descriptors$/, perHour: 12, least: 6 },
  // Alerts that nobody takes are kept up to 1,000, which a run does not reach.
  { of: /^Redis keys$/, perHour: 1_000, least: 200 },
  { of: /^Redis memory$/, perHour: 10, least: 3 },
  { of: /^Redis log$/, perHour: 40, least: 8 },
  { of: /^state folder$/, perHour: 10, least: 2 },
  { of: /^files of the state folder$/, perHour: 400, least: 50 },
  // Eight files of at most twice 1 MB: a run does not fill them all, and writes 8 MB an hour into them.
  { of: /^logs$/, perHour: 20, least: 2 },
  { of: /^data folder$/, perHour: 5, least: 1 },
  { of: /^MLflow artifacts$/, perHour: 100, least: 5 },
  { of: /^MLflow database$/, perHour: 60, least: 5 },
];

/**
 * Settings of the run that keep less than the defaults: what the defaults bring to its limit in days must reach it
 * within the warm-up.
 */
export const SETTINGS = {
  COLAML_JOBS_KEPT_MB: "0.1",
  COLAML_FILES_KEPT: "20",
  COLAML_LOG_MAX_MB: "1",
  COLAML_CHECK_RUN_MINUTES: "5",
};

/** Goes through a door that may fail: a busy machine lets MLflow answer late. */
export const FAILED_SHARE = 0.05;

/** Redis writes its log anew at this size, as at 256 MB by default. */
export const REDIS_LOG_MIN_SIZE = "8mb";

/** The limit of a series; undefined if it has none. */
export const limitOf = (name) => GROWTH.find(({ of }) => of.test(name));

/** Series of a process of ours whose memory was not measured: nothing grew there as far as one knows, so the run fails. */
export function unmeasuredOf(series) {
  const points = new Map(series.map(({ name, points }) => [name, points.length]));
  const ours = [...points.keys()].filter((name) => /^(server|trainer|predictor|monitor).* RSS$/.test(name));
  return ours
    .flatMap((name) =>
      ["heap after collection", "outside the heap"].map((part) => [
        name.replace("RSS", part),
        points.get(name),
      ]),
    )
    .filter(([name, samples]) => (points.get(name) ?? 0) < samples / 2)
    .map(([name]) => name);
}

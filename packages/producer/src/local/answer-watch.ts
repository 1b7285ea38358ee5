/** How long a child may give no answer. MLflow under load answers within seconds; nothing waits longer than this for it. */
const SILENT_MS = 120_000;
/** Looks in that time: a child is silent if none of them is answered. */
const LOOKS = 12;
/** Of the time between two looks: each ends before the next one. */
const LONGEST_LOOK = 0.9;

export interface AnswerWatchOptions {
  /** Whether the child answers within `timeoutMs`, after which it settles. A rejection counts as no answer. */
  answers: (timeoutMs: number) => Promise<boolean>;
  /** Default 120,000. */
  silentMs?: number | undefined;
  /** The child was waited for until it answered. Else it is watched from its first answer on: it may start slowly. */
  isReady?: boolean;
}

export interface AnswerWatch {
  /** Settles when the child has given no answer for `silentMs`; never after `stop`. */
  silent: Promise<void>;
  silentMs: number;
  stop(): void;
}

/**
 * Looks again and again whether a child that runs still answers: one that hangs does not end by itself.
 *
 * Looks in a row are counted, not the time between: after a sleep of the machine, or of this process, the child has to
 * miss all of them anew.
 */
export function watchAnswers(options: AnswerWatchOptions): AnswerWatch {
  const { answers, silentMs = SILENT_MS, isReady = false } = options;
  const lookMs = silentMs / LOOKS;
  let hasAnswered = isReady;
  let missed = 0;
  let looking = false;
  let settle: () => void;
  const silent = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const look = async () => {
    if (looking) return;
    looking = true;
    const answered = await answers(LONGEST_LOOK * lookMs).catch(() => false);
    looking = false;
    hasAnswered ||= answered;
    missed = answered || !hasAnswered ? 0 : missed + 1;
    if (missed >= LOOKS) settle();
  };
  const timer = setInterval(() => void look(), lookMs).unref();
  return {
    silent,
    silentMs,
    stop: () => {
      clearInterval(timer);
      settle = () => {};
    },
  };
}

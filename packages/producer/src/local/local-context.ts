import type { ColaConfig } from "@colaml/shared/settings/schema";

/** What starting things on this machine needs of a command: any command's context will do. */
export interface LocalContext {
  config: ColaConfig;
  /** Says to a person what is started and what is wrong. */
  terminal: {
    say(line: string): void;
    warn(line: string): void;
  };
  /** Aborted at Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

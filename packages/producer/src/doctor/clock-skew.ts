import { type Finding, ok, problem, warning } from "./finding";

/** Delayed retries, schedules and locks are off by this much; MLflow's header has whole seconds. */
const SEEN_S = 5;
const HARMFUL_S = 60;

/**
 * How far a server's clock is from this machine's.
 *
 * @param server such as `Redis`
 * @param theirsMs the server's clock, and `oursMs` this machine's at that moment, in milliseconds since 1970
 */
export function checkClockSkew(server: string, theirsMs: number, oursMs: number): Finding {
  const check = `${server.toLowerCase()} clock`;
  const seconds = (theirsMs - oursMs) / 1000;
  const size = Math.abs(seconds);
  if (size < SEEN_S) return ok(check, `within ${SEEN_S} s of this machine's`);
  const message = `${server}'s clock is ${size.toFixed(0)} s ${seconds > 0 ? "ahead of" : "behind"} this machine's: schedules, retries and times of runs are off`;
  const mend = "let both machines keep time by NTP: timedatectl set-ntp true";
  return size < HARMFUL_S ? warning(check, message, mend) : problem(check, message, mend);
}

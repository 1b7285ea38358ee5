import { messageOf } from "@colaml/shared/errors/cola-error";
import { redactText } from "@colaml/shared/logging/redaction";
import { type Finding, problem } from "./finding";

/** No check takes longer: a server that hangs must not hold the others up. */
export const CHECK_MS = 5_000;

/**
 * What a check found; one that throws or does not end in time is a problem with its reason.
 *
 * @param mend for a check that threw
 */
export async function inTime(
  check: string,
  mend: string,
  look: () => Promise<Finding>,
  limitMs = CHECK_MS,
): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    return problem(check, redactText(messageOf(error)), mend);
  } finally {
    clearTimeout(timer);
  }
}

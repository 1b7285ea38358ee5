import { trainJobSchema } from "@colaml/shared/contracts/train";
import { BoostingTime } from "@colaml/trainer-worker/training/boosting-time";

/** Boosting that takes 10 s until its first iteration is there and then 6 s for each, by a clock of its own. */
function timeOf(boosting: object, max_minutes: number, nClasses = 200) {
  const job = trainJobSchema.parse({ dataset: { path: "x.csv" }, boosting, max_minutes });
  let now = 0;
  const time = new BoostingTime(job, nClasses, () => now);
  const after = (number: number) => {
    now = 10_000 + (number - 1) * 6_000;
    return time.after(number, job.boosting.iterations);
  };
  return { after, afterTwo: () => after(1) ?? after(2) };
}

describe("the time of boosting", () => {
  it("is reported from the second iteration on, while there is much of it", () => {
    const time = timeOf({ iterations: 101 }, 0);
    expect(time.after(1)).toBeUndefined();
    // 99 iterations of 6 s
    expect(time.after(2)).toBe("about 10 min left");
    expect(time.after(71)).toBe("about 3 min left");
    // 12 of 6 s
    expect(time.after(89)).toBeUndefined();
  });

  it("is refused if it is longer than allowed, with what would fit", () => {
    const time = timeOf({ iterations: 300 }, 5);
    expect(time.after(1)).toBeUndefined();
    // 10 s and 299 x 6 s are 30.1 min; 5 min hold 50 iterations
    expect(() => time.after(2)).toThrow(
      expect.objectContaining({
        code: "INPUT_TOO_LARGE",
        message: expect.stringMatching(
          /^training would take about 30 min \(300 iterations of 200 classes, 6\.0 s each\), allowed are 5 min \(--max-minutes\): --iterations 50 would fit, fewer classes .*--preset best is faster$/,
        ),
      }),
    );
  });

  it("is not refused if it fits, if there is no limit, or if early stopping may end it", () => {
    expect(timeOf({ iterations: 300 }, 31).afterTwo()).toBe("about 30 min left");
    expect(timeOf({ iterations: 300 }, 0).afterTwo()).toBe("about 30 min left");
    expect(timeOf({ iterations: 300, early_stopping_rounds: 5 }, 5).afterTwo()).toBe("about 30 min left");
  });
});

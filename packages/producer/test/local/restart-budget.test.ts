import { RestartBudget } from "@colaml/producer/local/restart-budget";

it("allows five starts in five minutes, and one more whenever one of them is five minutes old", () => {
  let now = 0;
  const budget = new RestartBudget(() => now);
  const minute = 60_000;
  const allowed = [0, 1, 2, 3, 4, 4.5, 4.9, 5, 5.5, 6, 20].map((at) => {
    now = at * minute;
    return budget.take();
  });
  expect(allowed).toEqual([true, true, true, true, true, false, false, true, false, true, true]);
});

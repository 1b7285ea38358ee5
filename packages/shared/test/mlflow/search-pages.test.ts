import { searchPages } from "@colaml/shared/mlflow/search-pages";

/** A server with seven results; the tokens are positions. */
const asked: object[] = [];
async function ask(page: { max_results: number; page_token?: string }) {
  asked.push(page);
  const start = Number(page.page_token ?? 0);
  const end = start + page.max_results;
  const found = [1, 2, 3, 4, 5, 6, 7].slice(start, end);
  return { found, next: end < 7 ? String(end) : undefined };
}
beforeEach(() => {
  asked.length = 0;
});

describe("a search of MLflow", () => {
  it("goes over every page", async () => {
    expect(await searchPages({ page: 3, all: Number.POSITIVE_INFINITY }, ask)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(asked).toEqual([
      { max_results: 3 },
      { max_results: 3, page_token: "3" },
      { max_results: 3, page_token: "6" },
    ]);
  });

  it("asks for no more than is wanted", async () => {
    expect(await searchPages({ page: 3, all: 4 }, ask)).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([{ max_results: 3 }, { max_results: 1, page_token: "3" }]);
  });

  it("ends at an empty token, as it ends at none", async () => {
    const last = async () => ({ found: ["only"], next: "" });
    expect(await searchPages({ page: 3, all: 9 }, last)).toEqual(["only"]);
  });
});

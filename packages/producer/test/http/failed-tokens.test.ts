import { createFailedTokens } from "@colaml/producer/http/failed-tokens";

it("an address that sent a wrong token is not locked out because the clock was put back", () => {
  const today = Date.now();
  const clock = jest.spyOn(Date, "now").mockImplementation(() => today);
  const failed = createFailedTokens();
  failed.note("192.0.2.7");
  clock.mockImplementation(() => today - 3_600_000);
  const check = () => failed.check("192.0.2.7");
  expect(check).not.toThrow();
  for (let i = 0; i < 20; i++) failed.note("192.0.2.7");
  expect(check).toThrow(/too many wrong tokens/);
  clock.mockRestore();
});

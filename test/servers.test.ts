describe("the servers of a test run", () => {
  it("answer on the addresses that tests are given", async () => {
    const answer = await fetch(`${process.env["TEST_MLFLOW_URI"]}/health`);
    expect([answer.status, await answer.text()]).toEqual([200, "OK"]);
    expect(process.env["TEST_REDIS_URL"]).toMatch(/^redis:\/\//);
  });
});

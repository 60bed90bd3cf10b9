// Waits for a condition; fails with what it last said.
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what = 'it',
  ms = 10_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

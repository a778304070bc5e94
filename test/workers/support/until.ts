/** Waits for a state to be reached; the deadline only bounds a failing test. */
export const until = async (what: string, reached: () => Promise<boolean>, deadlineMs = 50_000): Promise<void> => {
  const deadline = Date.now() + deadlineMs;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`not reached: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

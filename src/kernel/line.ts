/** Reporting lines of the house; approvals ask for them because the line that benefits never has the last word. */
export const LINES = ['SALES', 'RISK', 'FINANCE', 'AUDIT', 'IT'] as const;
export type Line = (typeof LINES)[number];

export const isLine = (value: string): value is Line => (LINES as readonly string[]).includes(value);

/** The roles of people and services. What a role may do stands in identity/domain/permissions.ts. */
export const ROLES = [
  'SALES_MAKER',
  'RISK_ANALYST',
  'RISK_APPROVER',
  'FINANCE_APPROVER',
  'CHIEF_RISK_OFFICER',
  'MODEL_VALIDATOR',
  'AUDITOR',
  'POLICY_ADMIN',
  'SYSTEM_ADMIN',
  'SECURITY_ADMIN',
  'SERVICE',
] as const;
export type Role = (typeof ROLES)[number];

export const isRole = (value: string): value is Role => (ROLES as readonly string[]).includes(value);

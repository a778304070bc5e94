/**
 * Which duties never lie in one hand, and who never decides: as rules that a report is made by. What the rules forbid is refused
 * beforehand; the report shows that nothing got past, whoever wrote it.
 */
import type { Line } from '../../kernel/line';
import type { Role } from '../../kernel/role';

export const DUTY_RULES = {
  ROLE_CONFLICT: 'Two roles of which one forbids what the other is for.',
  LINE_BENEFITS: 'A deciding role in the line that benefits.',
  MAKER_DECIDED: 'A vote by who made the request or had a hand in it, also through a delegate.',
  INTERESTED_DECIDED: 'A vote by whom the change benefits, also through a delegate.',
  COUNTED_TWICE: 'Two standing votes of one person on one request.',
  OWN_GRANT: 'A role granted by who holds it.',
  MANDATE_OF_MAKER: 'Acts now for somebody whose own request he is asked to decide.',
} as const;
export type DutyRule = keyof typeof DUTY_RULES;

export interface DutyConflict {
  readonly rule: DutyRule;
  readonly userId: string;
  readonly userName: string;
  readonly detail: string;
}

export interface PersonOnDuty {
  readonly userId: string;
  readonly userName: string;
  readonly line: Line;
  readonly roles: readonly Role[];
}

/** Conflicts that lie in the roles of one person. */
export const conflictsOfRoles = (
  person: PersonOnDuty,
  conflicts: (a: Role, b: Role) => boolean,
  decides: (role: Role) => boolean,
): DutyConflict[] => {
  const { userId, userName, roles, line } = person;
  const found: DutyConflict[] = [];
  for (const [i, role] of roles.entries()) {
    for (const other of roles.slice(0, i)) {
      if (conflicts(role, other))
        found.push({ rule: 'ROLE_CONFLICT', userId, userName, detail: `${other} and ${role}` });
    }
    if (line === 'SALES' && decides(role))
      found.push({ rule: 'LINE_BENEFITS', userId, userName, detail: `${role} in ${line}` });
  }
  return found;
};

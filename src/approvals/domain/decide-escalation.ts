/**
 * What happens when a level is silent for too long: first it is reminded, then one after another of the roles that the policy
 * names may act in its place, and so on until somebody does. The quorum stays what it is.
 */
import type { Role } from '../../kernel/role';
import { askedParts, type ChangeRequest } from './change-request';

export type Alarm = { readonly act: 'REMIND' } | { readonly act: 'ESCALATE'; readonly role: Role };

/** The first time a reminder; later the next target that was not asked yet, and reminders of all when there is none left. */
export const decideAlarm = (
  request: Pick<ChangeRequest, 'votes' | 'digest' | 'levels' | 'currentLevel' | 'handovers' | 'alarms'>,
): Alarm => {
  if (request.alarms === 0) return { act: 'REMIND' };
  const targets = [...new Set(askedParts(request).flatMap(({ escalateTo }) => escalateTo))];
  const asked = new Set(
    request.handovers.flatMap((step) =>
      step.verb === 'ESCALATE' && step.level === request.currentLevel ? [step.role] : [],
    ),
  );
  const next = targets.find((role) => !asked.has(role));
  return next === undefined ? { act: 'REMIND' } : { act: 'ESCALATE', role: next };
};

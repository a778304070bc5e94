/** Everything that can be done about a request, for its timeline. */
export const STEP_VERBS = [
  'SUBMIT',
  'RESUBMIT',
  'REVISE',
  'APPROVE',
  'REJECT',
  'RETURN',
  'WITHDRAW',
  'REASSIGN',
  'ADD_APPROVER',
  'TAKE_BACK',
  'COPY',
  'REMIND',
  'COMMENT',
  'ATTACH_EVIDENCE',
  'ESCALATE',
  'BREAK_GLASS',
  'SCHEDULE',
  'APPLY',
  'FAIL',
  'RETRY',
  'FIND_STALE',
  'EXPIRE',
] as const;

/** What is put down as a step; votes have a table of their own. */
export type StepVerb = Exclude<(typeof STEP_VERBS)[number], 'APPROVE' | 'REJECT'>;

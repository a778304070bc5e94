/** The policies that a new installation starts with. Later versions are published by request and never edit these. */
import type { PolicyContent, PolicyKind } from './policy';

export const DEFAULT_POLICIES: { readonly [K in PolicyKind]: PolicyContent<K> } = {
  APPROVAL_MATRIX: {
    rows: [
      {
        id: 'override-down-1-2',
        when: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: { min: 1, max: 2 } },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'override-down-3-8',
        when: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: { min: 3, max: 8 } },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'override-up-1',
        when: { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: { min: 1, max: 1 } },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'override-up-2-8',
        when: { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: { min: 2, max: 8 } },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'limit-raise-small',
        when: { kind: 'CREDIT_LIMIT', direction: 'UP', amountUpTo: '5000000', relativeChangeUpTo: '0.5' },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'limit-raise-large',
        when: { kind: 'CREDIT_LIMIT', direction: 'UP' },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
    ],
    highest: [
      { role: 'RISK_APPROVER', quorum: 2 },
      { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
    ],
  },
  OVERRIDE: {
    reasons: [
      { code: 'MATERIAL_EVENT', nameZh: '重大事件', nameEn: 'Material event' },
      { code: 'OUTDATED_FINANCIALS', nameZh: '财务数据滞后', nameEn: 'Financial figures out of date' },
      { code: 'GROUP_SUPPORT', nameZh: '集团支持', nameEn: 'Support by the group' },
      { code: 'MANAGEMENT_CHANGE', nameZh: '管理层变动', nameEn: 'Change of management' },
      { code: 'SECURED_EXPOSURE', nameZh: '担保增信', nameEn: 'Collateral or guarantee' },
      { code: 'INDUSTRY_OUTLOOK', nameZh: '行业前景变化', nameEn: 'Change of industry outlook' },
    ],
    notchCap: { up: 2, down: 8 },
    longestValidityDays: 365,
    justificationMinChars: 10,
    evidenceFor: ['UP'],
    decideWithinDays: 30,
  },
  LIMIT: {
    currency: 'CNY',
    grades: {
      AAA: { turnoverShare: '0.50', paymentTermDays: 90, newBusinessAllowed: true },
      AA: { turnoverShare: '0.40', paymentTermDays: 75, newBusinessAllowed: true },
      A: { turnoverShare: '0.30', paymentTermDays: 60, newBusinessAllowed: true },
      BBB: { turnoverShare: '0.22', paymentTermDays: 45, newBusinessAllowed: true },
      BB: { turnoverShare: '0.15', paymentTermDays: 30, newBusinessAllowed: true },
      B: { turnoverShare: '0.10', paymentTermDays: 30, newBusinessAllowed: true },
      CCC: { turnoverShare: '0.05', paymentTermDays: 15, newBusinessAllowed: true },
      CC: { turnoverShare: '0.02', paymentTermDays: 0, newBusinessAllowed: true },
      C: { turnoverShare: '0', paymentTermDays: 0, newBusinessAllowed: false },
    },
    decideWithinDays: 30,
  },
};

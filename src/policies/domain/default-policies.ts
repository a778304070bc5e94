/** The policies that a new installation starts with. Later versions are published by request and never edit these. */
import { CHINA_CALENDAR_THROUGH, CHINA_HOLIDAYS, CHINA_WORKDAYS } from './china-holidays';
import { DEFAULT_RISK_EVENTS } from './default-risk-events';
import type { PolicyContent, PolicyKind, PolicyTestCase } from './policy';

/** Exposure, in CNY, above which an override is large whatever its direction: finance and the chief risk officer agree as well. */
const LARGE_EXPOSURE = '10000000';

export const DEFAULT_POLICIES: { readonly [K in PolicyKind]: PolicyContent<K> } = {
  APPROVAL_MATRIX: {
    rows: [
      {
        id: 'override-down-1-2',
        when: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: { min: 1, max: 2 }, amountUpTo: LARGE_EXPOSURE },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'override-down-3-8',
        when: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: { min: 3, max: 8 }, amountUpTo: LARGE_EXPOSURE },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'override-up-1',
        when: { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: { min: 1, max: 1 }, amountUpTo: LARGE_EXPOSURE },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'override-up-2-8',
        when: { kind: 'GRADE_OVERRIDE', direction: 'UP', notches: { min: 2, max: 8 }, amountUpTo: LARGE_EXPOSURE },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'override-large',
        when: { kind: 'GRADE_OVERRIDE', amountAbove: LARGE_EXPOSURE },
        levels: [
          {
            groups: [
              { role: 'RISK_APPROVER', quorum: 1 },
              { role: 'FINANCE_APPROVER', quorum: 1 },
            ],
            slaHours: 8,
          },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'input-override',
        when: { kind: 'INPUT_OVERRIDE' },
        levels: [
          { role: 'RISK_APPROVER', quorum: 2 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'model-upgrade',
        when: { kind: 'GRADE_UPGRADE' },
        levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
      },
      {
        id: 'unusual-run',
        when: { kind: 'RATING_RUN' },
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
      {
        id: 'limit-unfreeze',
        when: { kind: 'LIMIT_UNFREEZE' },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'erasure',
        when: { kind: 'ERASURE' },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'scorecard-version',
        when: { kind: 'SCORECARD_VERSION' },
        levels: [
          { role: 'MODEL_VALIDATOR', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'policy-version',
        when: { kind: 'POLICY_VERSION' },
        levels: [
          { role: 'RISK_APPROVER', quorum: 1 },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      {
        id: 'role-grant',
        when: { kind: 'ROLE_GRANT' },
        levels: [{ role: 'CHIEF_RISK_OFFICER', quorum: 1 }],
      },
      {
        id: 'long-delegation',
        when: { kind: 'DELEGATION' },
        levels: [{ role: 'CHIEF_RISK_OFFICER', quorum: 1 }],
      },
      {
        id: 'attestation',
        when: { kind: 'ATTESTATION' },
        levels: [{ role: 'CHIEF_RISK_OFFICER', quorum: 1 }],
      },
      {
        id: 'break-glass-review',
        when: { kind: 'BREAK_GLASS_REVIEW' },
        levels: [{ role: 'RISK_APPROVER', quorum: 2, slaHours: 4, escalateTo: ['CHIEF_RISK_OFFICER'] }],
      },
    ],
    highest: [
      { role: 'RISK_APPROVER', quorum: 2 },
      { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
    ],
  },
  APPROVAL_RULES: {
    remindEveryHours: 4,
    delegationDaysUpTo: 14,
    breakGlass: { ratifyWithinHours: 24, kinds: ['GRADE_OVERRIDE'] },
    decideWithinDays: 14,
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
  RATING_RUN: {
    shareMovedUpTo: '0.35',
    meanNotchShiftUpTo: '0.75',
    fewestCompared: 100,
    decideWithinDays: 14,
    simulation: { validDays: 30, shareChangedUpTo: '0.05' },
  },
  SOURCE_PRECEDENCE: {
    sources: {
      erp: 'INTERNAL',
      crm: 'INTERNAL',
      'finance-department': 'INTERNAL',
      books: 'INTERNAL',
      bureau: 'BUREAU',
      court: 'BUREAU',
      association: 'INDUSTRY',
      statistics: 'MACRO',
    },
    order: ['BUREAU', 'INTERNAL', 'INDUSTRY', 'MACRO', 'EXPERT', 'OTHER', 'DERIVED'],
    ownKindFirst: true,
    indicators: {},
    tolerance: { general: '0.05', indicators: {} },
  },
  TIER_MATRIX: {
    bandsFrom: { TOP: '90', HIGH: '65', MEDIUM: '35' },
    riskByGrade: {
      AAA: 'LOW',
      AA: 'LOW',
      A: 'LOW',
      BBB: 'MEDIUM',
      BB: 'MEDIUM',
      B: 'MEDIUM',
      CCC: 'HIGH',
      CC: 'HIGH',
      C: 'HIGH',
    },
    riskByWarning: { RED: 'HIGH', YELLOW: 'MEDIUM' },
    cells: {
      TOP: { LOW: 'DIAMOND', MEDIUM: 'GOLD', HIGH: 'WATCH' },
      HIGH: { LOW: 'GOLD', MEDIUM: 'SILVER', HIGH: 'WATCH' },
      MEDIUM: { LOW: 'SILVER', MEDIUM: 'STANDARD', HIGH: 'WATCH' },
      LOW: { LOW: 'STANDARD', MEDIUM: 'STANDARD', HIGH: 'WATCH' },
    },
  },
  TREATMENT_PLAN: {
    plans: {
      DIAMOND: {
        serviceLevel: 'DEDICATED',
        contactEveryDays: 7,
        manager: 'DEDICATED',
        productAccess: 'ALL',
        collateral: 'NONE',
        prepaymentShare: '0',
        tasks: [
          {
            code: 'ASSIGN_MANAGER',
            on: ['FIRST', 'UP'],
            dueInDays: 5,
            nameZh: '配备专属客户经理',
            nameEn: 'Name a dedicated manager',
          },
          {
            code: 'AGREE_YEARLY_PLAN',
            on: ['FIRST', 'UP'],
            dueInDays: 30,
            nameZh: '商定年度合作计划与优先供货',
            nameEn: 'Agree a plan for the year and priority in supply',
          },
        ],
      },
      GOLD: {
        serviceLevel: 'PRIORITY',
        contactEveryDays: 14,
        manager: 'DEDICATED',
        productAccess: 'ALL',
        collateral: 'NONE',
        prepaymentShare: '0',
        tasks: [
          {
            code: 'INTRODUCE_BENEFITS',
            on: ['FIRST', 'UP'],
            dueInDays: 14,
            nameZh: '介绍账期与服务权益',
            nameEn: 'Introduce terms and services of the tier',
          },
          {
            code: 'TALK_RETENTION',
            on: ['DOWN'],
            dueInDays: 5,
            nameZh: '高层拜访，了解流失风险',
            nameEn: 'Visit the management and learn what they miss',
          },
        ],
      },
      SILVER: {
        serviceLevel: 'REGULAR',
        contactEveryDays: 30,
        manager: 'SHARED',
        productAccess: 'ALL',
        collateral: 'ON_REQUEST',
        prepaymentShare: '0',
        tasks: [
          {
            code: 'PLAN_GROWTH',
            on: ['UP'],
            dueInDays: 30,
            nameZh: '列入培育池，制定联合营销方案',
            nameEn: 'Take into the cultivation pool and plan joint marketing',
          },
          {
            code: 'TALK_RETENTION',
            on: ['DOWN'],
            dueInDays: 10,
            nameZh: '客户经理回访，了解下滑原因',
            nameEn: 'Call and learn why the customer has weakened',
          },
        ],
      },
      STANDARD: {
        serviceLevel: 'BASIC',
        contactEveryDays: 90,
        manager: 'POOL',
        productAccess: 'SELECTED',
        collateral: 'ON_REQUEST',
        prepaymentShare: '0.1',
        tasks: [
          {
            code: 'REVIEW_TERMS',
            on: ['DOWN'],
            dueInDays: 10,
            nameZh: '复核账期与价格条件',
            nameEn: 'Review payment terms and prices',
          },
        ],
      },
      WATCH: {
        serviceLevel: 'RESTRICTED',
        contactEveryDays: 30,
        manager: 'RISK',
        productAccess: 'RESTRICTED',
        collateral: 'REQUIRED',
        prepaymentShare: '0.3',
        tasks: [
          {
            code: 'REVIEW_EXPOSURE',
            on: ['FIRST', 'DOWN'],
            dueInDays: 3,
            nameZh: '复核授信敞口，提出压降方案',
            nameEn: 'Review the exposure and propose how to cut it',
          },
          {
            code: 'ASK_FOR_COLLATERAL',
            on: ['FIRST', 'DOWN'],
            dueInDays: 10,
            nameZh: '要求追加担保',
            nameEn: 'Ask for collateral or a guarantee',
          },
          {
            code: 'AGREE_PREPAYMENT',
            on: ['DOWN'],
            dueInDays: 10,
            nameZh: '与客户约定预付款比例',
            nameEn: 'Agree the share to be paid beforehand',
          },
        ],
      },
    },
  },
  VALUE_SCORE: {
    weights: { FREQUENCY: '15', AVERAGE_ORDER: '15', MARGIN: '30', LIFETIME_VALUE: '25', PARETO: '15' },
    lifetime: { discountRate: '0.10', horizonYears: 5, retentionIfUnknown: '0.50' },
    pareto: { coreShare: '0.80', middleShare: '0.95' },
    computeEveryDays: 30,
  },
  RERATING_CALENDAR: {
    monthsByGrade: { AAA: 12, AA: 12, A: 12, BBB: 6, BB: 6, B: 6, CCC: 3, CC: 3, C: 3 },
    monthsByTier: { WATCH: 3 },
    utcOffset: '+08:00',
    holidays: CHINA_HOLIDAYS,
    workdays: CHINA_WORKDAYS,
    holidaysKnownThrough: CHINA_CALENDAR_THROUGH,
    coolDownDays: 90,
    campaignTargets: [
      { months: 6, share: '0.70' },
      { months: 9, share: '0.95' },
      { months: 12, share: '1' },
    ],
  },
  RISK_EVENT: DEFAULT_RISK_EVENTS,
  LIFE_CYCLE: {
    rules: [
      {
        id: 'lost',
        nameZh: '一年以上未下单',
        nameEn: 'No order for a year',
        stage: 'EXITED',
        when: [{ measure: 'daysSinceLastOrder', atLeast: '365' }],
      },
      {
        id: 'unrated',
        nameZh: '尚未评级',
        nameEn: 'Not rated yet',
        stage: 'ACQUISITION',
        when: [{ measure: 'rated', below: '1' }],
      },
      {
        id: 'dormant',
        nameZh: '半年以上未下单',
        nameEn: 'No order for half a year',
        stage: 'DECLINE',
        when: [{ measure: 'daysSinceLastOrder', atLeast: '180' }],
      },
      {
        id: 'shrinking',
        nameZh: '交易额同比下降 20% 以上',
        nameEn: 'Turnover with us down by more than 20 %',
        stage: 'DECLINE',
        when: [{ measure: 'turnoverGrowthWithUs', below: '-0.2' }],
      },
      {
        id: 'new',
        nameZh: '合作不足一年',
        nameEn: 'Less than a year with us',
        stage: 'ACQUISITION',
        when: [{ measure: 'cooperationYears', below: '1' }],
      },
      {
        id: 'growing',
        nameZh: '交易额同比增长 15% 以上',
        nameEn: 'Turnover with us up by 15 % or more',
        stage: 'GROWTH',
        when: [{ measure: 'turnoverGrowthWithUs', atLeast: '0.15' }],
      },
      {
        id: 'young',
        nameZh: '合作不足三年',
        nameEn: 'Less than three years with us',
        stage: 'GROWTH',
        when: [{ measure: 'cooperationYears', below: '3' }],
      },
      { id: 'settled', nameZh: '稳定合作', nameEn: 'Steady', stage: 'MATURITY', when: [] },
    ],
  },
  ATTESTATION: {
    dueMonths: 3,
    remindEveryDays: 14,
    decideWithinDays: 30,
    statements: [
      {
        code: 'VALIDATED',
        nameZh: '在用评分卡版本均由非开发人员验证',
        nameEn: 'Every scorecard version in use was validated by people who did not develop it',
      },
      {
        code: 'RERATED',
        nameZh: '评级均在等级要求的期限内重评，重大事件均在时限内应对',
        nameEn: 'No rating is older than its grade allows, and material events were answered within their deadlines',
      },
      {
        code: 'OVERRIDES',
        nameZh: '推翻均有理由、权限、范围与期限，推翻报告已经复核',
        nameEn: 'Every override has its grounds, authority, range and end, and the override report was looked through',
      },
      {
        code: 'POWER',
        nameZh: '模型等级与生效等级的区分能力均已评估',
        nameEn: 'How well model grades and grades in force separate was measured',
      },
      {
        code: 'DUTIES',
        nameZh: '发起、审批与认定相互分离，职责冲突已经处理',
        nameEn: 'Those who ask, review and recognise are separate, and conflicts of duties were dealt with',
      },
      {
        code: 'LOG',
        nameZh: '审计日志完整，与业务数据一致',
        nameEn: 'The audit log is complete and agrees with the rows',
      },
    ],
  },
};

const override = (name: string, direction: string, notches: number, amount: string, row: string): PolicyTestCase => ({
  name,
  table: 'GRADE_OVERRIDE',
  input: { direction, notches, amount },
  expect: { row },
});

/** Cases that the first versions come with, for those that follow to answer as well. */
export const DEFAULT_TEST_CASES: { readonly [K in PolicyKind]?: readonly PolicyTestCase[] } = {
  APPROVAL_MATRIX: [
    override('AA to BBB up to the exposure bound', 'DOWN', 2, LARGE_EXPOSURE, 'override-down-1-2'),
    override('AA to BBB above the exposure bound', 'DOWN', 2, `${LARGE_EXPOSURE}.01`, 'override-large'),
    override('BBB to A above the exposure bound', 'UP', 1, `${LARGE_EXPOSURE}.01`, 'override-large'),
    override('BBB to AA without exposure', 'UP', 2, '0', 'override-up-2-8'),
  ],
};

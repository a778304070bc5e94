/** What follows from risk events in a new installation. */
import type { RiskEventPolicy } from './risk-event-policy';

const AT_ONCE = { debounceSeconds: 0, deadlineMinutes: 60 };
/** News come in swarms. */
const SOON = { debounceSeconds: 300, deadlineMinutes: 24 * 60 };

export const DEFAULT_RISK_EVENTS: RiskEventPolicy = {
  events: {
    DEFAULT: {
      nameZh: '违约',
      nameEn: 'Default',
      severity: 'RED',
      indicator: { code: 'defaultsIn3Years', change: 'ADD', value: '1' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 2,
    },
    BANKRUPTCY: {
      nameZh: '破产申请',
      nameEn: 'Bankruptcy filed',
      severity: 'RED',
      indicator: { code: 'bankruptcyFiled', change: 'SET', value: '1' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 1,
    },
    LAWSUIT: {
      nameZh: '被诉',
      nameEn: 'Lawsuit as defendant',
      severity: 'RED',
      indicator: { code: 'openLawsuits', change: 'ADD', value: '1' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 3,
    },
    LAWSUIT_CLOSED: {
      nameZh: '诉讼终结',
      nameEn: 'Lawsuit closed',
      severity: 'GREEN',
      indicator: { code: 'openLawsuits', change: 'ADD', value: '-1' },
      rerate: SOON,
      reviewLimit: false,
      decideWithinBusinessDays: 20,
    },
    BLACKLIST: {
      nameZh: '列入黑名单',
      nameEn: 'Put on an industry blacklist',
      severity: 'RED',
      indicator: { code: 'blacklistHit', change: 'SET', value: '1' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 2,
    },
    OVERDUE: {
      nameZh: '逾期',
      nameEn: 'Payment overdue; the value is days',
      severity: 'YELLOW',
      indicator: { code: 'daysPastDue', change: 'GIVEN' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 5,
    },
    EQUITY_CHANGE: {
      nameZh: '股权变更',
      nameEn: 'Change of shareholders',
      severity: 'YELLOW',
      indicator: { code: 'ownershipChangesIn1Year', change: 'ADD', value: '1' },
      rerate: SOON,
      reviewLimit: false,
      decideWithinBusinessDays: 10,
    },
    BAD_NEWS: {
      nameZh: '负面舆情',
      nameEn: 'Bad news',
      severity: 'YELLOW',
      indicator: { code: 'negativeNewsIn90Days', change: 'ADD', value: '1' },
      rerate: SOON,
      reviewLimit: false,
      decideWithinBusinessDays: 5,
    },
    DEBT_JUMP: {
      nameZh: '负债率骤升',
      nameEn: 'Jump of debt; the value is debt to assets',
      severity: 'RED',
      indicator: { code: 'debtToAssetsRatio', change: 'GIVEN' },
      rerate: AT_ONCE,
      reviewLimit: true,
      decideWithinBusinessDays: 5,
    },
    OTHER: {
      nameZh: '客户经理报告',
      nameEn: 'Reported by hand',
      severity: 'YELLOW',
      indicator: null,
      rerate: null,
      reviewLimit: false,
      decideWithinBusinessDays: 10,
    },
  },
  ownerRole: 'RISK_ANALYST',
};

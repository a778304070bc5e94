/** The people of the sample house: one for every role that takes part in a change, and two who can check each other. */
import type { NewOrgUnit, NewUser } from './user';

export const SAMPLE_ORG_UNITS: readonly NewOrgUnit[] = [
  { code: 'SALES-EAST', nameZh: '华东销售部', nameEn: 'Sales, East China', line: 'SALES' },
  { code: 'RISK', nameZh: '风险管理部', nameEn: 'Risk Management', line: 'RISK' },
  { code: 'VALIDATION', nameZh: '模型验证部', nameEn: 'Model Validation', line: 'RISK' },
  { code: 'FINANCE', nameZh: '财务部', nameEn: 'Finance', line: 'FINANCE' },
  { code: 'AUDIT', nameZh: '内部审计部', nameEn: 'Internal Audit', line: 'AUDIT' },
  { code: 'IT', nameZh: '信息技术部', nameEn: 'Information Technology', line: 'IT' },
];

/** `subject` is the handle that people sign in with at the local token issuer. */
export const SAMPLE_USERS = [
  { subject: 'maker', displayName: '王芳 Wang Fang', orgUnitCode: 'SALES-EAST', roles: ['SALES_MAKER'] },
  { subject: 'analyst', displayName: '李强 Li Qiang', orgUnitCode: 'RISK', roles: ['RISK_ANALYST'] },
  { subject: 'approver', displayName: '陈静 Chen Jing', orgUnitCode: 'RISK', roles: ['RISK_APPROVER'] },
  { subject: 'approver2', displayName: '刘洋 Liu Yang', orgUnitCode: 'RISK', roles: ['RISK_APPROVER'] },
  { subject: 'finance', displayName: '何琳 He Lin', orgUnitCode: 'FINANCE', roles: ['FINANCE_APPROVER'] },
  { subject: 'cro', displayName: '周敏 Zhou Min', orgUnitCode: 'RISK', roles: ['CHIEF_RISK_OFFICER'] },
  { subject: 'validator', displayName: '黄海 Huang Hai', orgUnitCode: 'VALIDATION', roles: ['MODEL_VALIDATOR'] },
  { subject: 'auditor', displayName: '赵磊 Zhao Lei', orgUnitCode: 'AUDIT', roles: ['AUDITOR'] },
  { subject: 'policy', displayName: '孙丽 Sun Li', orgUnitCode: 'RISK', roles: ['POLICY_ADMIN'] },
  { subject: 'system', displayName: '吴刚 Wu Gang', orgUnitCode: 'IT', roles: ['SYSTEM_ADMIN'] },
  { subject: 'security', displayName: '郑洁 Zheng Jie', orgUnitCode: 'IT', roles: ['SECURITY_ADMIN'] },
] as const satisfies readonly NewUser[];

/**
 * Industries 「行业」 that the register starts with (domain rule D5). Others may be added by imports; scorecards name
 * industries by code.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export interface IndustryEntry {
  /** SCREAMING_SNAKE, never changed. */
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
}

export const INDUSTRIES = [
  { code: 'MANUFACTURING', nameZh: '制造业', nameEn: 'Manufacturing' },
  { code: 'SERVICES', nameZh: '服务业', nameEn: 'Services' },
  { code: 'RETAIL', nameZh: '零售业', nameEn: 'Retail' },
  { code: 'WHOLESALE', nameZh: '批发业', nameEn: 'Wholesale' },
  { code: 'FINANCE', nameZh: '金融业', nameEn: 'Finance' },
  { code: 'NEW_ENERGY', nameZh: '新能源', nameEn: 'New energy' },
  { code: 'LOGISTICS', nameZh: '物流业', nameEn: 'Logistics' },
  { code: 'TECHNOLOGY', nameZh: '信息技术', nameEn: 'Information technology' },
  { code: 'CONSTRUCTION', nameZh: '建筑业', nameEn: 'Construction' },
  { code: 'REAL_ESTATE', nameZh: '房地产业', nameEn: 'Real estate' },
  { code: 'HEALTHCARE', nameZh: '医药健康', nameEn: 'Healthcare' },
  { code: 'AGRICULTURE', nameZh: '农业', nameEn: 'Agriculture' },
] as const satisfies readonly IndustryEntry[];

const CODE_SHAPE = /^[A-Z][A-Z0-9_]{1,39}$/;

/** Refusals: INVALID/SHAPE for the code, REQUIRED for a missing name. */
export const checkIndustry = (entry: IndustryEntry): Result<IndustryEntry> => {
  if (!CODE_SHAPE.test(entry.code)) {
    return refuse('INVALID', 'An industry code is 2–40 capitals, digits and underscores.', {
      reason: 'SHAPE',
      field: ['code'],
    });
  }
  for (const field of ['nameZh', 'nameEn'] as const) {
    if (entry[field].trim() === '')
      return refuse('REQUIRED', 'An industry has a name in both languages.', { field: [field] });
  }
  return ok({ code: entry.code, nameZh: entry.nameZh.trim(), nameEn: entry.nameEn.trim() });
};

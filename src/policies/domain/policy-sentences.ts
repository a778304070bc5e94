/** How the rows of a policy read, in English and Chinese, for people who agree to it. */
import type { Json } from '../../kernel/canonical-json';
import { groupsOf, HIGHEST_ROW, type ApprovalLevel } from './approval-matrix';
import { isInterval, type Condition } from './decision-table';
import type { PolicyContent, PolicyKind } from './policy';
import { policyTables } from './policy-tables';

export interface PolicySentence {
  readonly table: string;
  readonly row: string;
  readonly en: string;
  readonly zh: string;
}

/** In the order of tables and rows; empty for kinds that are no tables. */
export const policySentences = <K extends PolicyKind>(
  kind: K,
  content: PolicyContent<K>,
  changeKinds: readonly string[],
): PolicySentence[] => [
  ...policyTables(kind, content, changeKinds).flatMap((table) =>
    table.rows.map(({ id, when, outcome }) => {
      const [conditions, answer] = [Object.entries(when), outcomeText(outcome)];
      const en = conditions.map(([name, condition]) => conditionText(name, condition).en).join(' and ');
      const zh = conditions.map(([name, condition]) => conditionText(name, condition).zh).join('，且');
      return {
        table: table.name,
        row: id,
        en: `${table.name}: ${en === '' ? 'always' : `if ${en}`}: ${answer.en}.`,
        zh: `${table.name}：${zh === '' ? '一律' : `若${zh}`}：${answer.zh}。`,
      };
    }),
  ),
  ...(kind === 'APPROVAL_MATRIX' ? [highestSentence(content as PolicyContent<'APPROVAL_MATRIX'>)] : []),
];

const highestSentence = ({ highest }: PolicyContent<'APPROVAL_MATRIX'>): PolicySentence => {
  const { en, zh } = levelsText(highest);
  return {
    table: HIGHEST_ROW,
    row: HIGHEST_ROW,
    en: `Where no row fits or something is not known: ${en}.`,
    zh: `无对应行或条件无法判断时：${zh}。`,
  };
};

interface Text {
  readonly en: string;
  readonly zh: string;
}

const NAMES: Readonly<Record<string, Text>> = {
  direction: { en: 'the direction', zh: '方向' },
  notches: { en: 'the size in notches', zh: '调整级数' },
  amount: { en: 'the amount after it', zh: '调整后金额' },
  relativeChange: { en: 'the relative change', zh: '相对变动' },
  policy: { en: 'the policy', zh: '制度' },
  grade: { en: 'the grade', zh: '等级' },
  score: { en: 'the value score', zh: '价值分' },
  warning: { en: 'the worst open warning', zh: '最重的未处置预警' },
  valueBand: { en: 'the value band', zh: '价值档' },
  riskClass: { en: 'the risk class', zh: '风险档' },
  event: { en: 'the event', zh: '事件' },
};

const conditionText = (name: string, condition: Condition): Text => {
  const { en, zh } = NAMES[name] ?? { en: name, zh: name };
  if (!isInterval(condition)) {
    const values = typeof condition === 'boolean' ? [String(condition)] : condition;
    return { en: `${en} is ${values.join(' or ')}`, zh: `${zh}为${values.join('或')}` };
  }
  const { from, fromExcluded, to, toExcluded } = condition;
  if (from !== undefined && from === to) return { en: `${en} is ${from}`, zh: `${zh}为${from}` };
  const english = [
    ...(from === undefined ? [] : [`${fromExcluded === true ? 'above' : 'at least'} ${from}`]),
    ...(to === undefined ? [] : [`${toExcluded === true ? 'below' : 'at most'} ${to}`]),
  ];
  const chinese = [
    ...(from === undefined ? [] : [`${fromExcluded === true ? '大于' : '不低于'}${from}`]),
    ...(to === undefined ? [] : [`${toExcluded === true ? '低于' : '不超过'}${to}`]),
  ];
  if (english.length === 0) return { en: `${en} is known`, zh: `${zh}已知` };
  return { en: `${en} is ${english.join(' and ')}`, zh: `${zh}${chinese.join('且')}` };
};

const outcomeText = (outcome: Json): Text => {
  const parts = outcome as Readonly<Record<string, Json>>;
  if (parts['levels'] !== undefined) return levelsText(parts['levels'] as unknown as readonly ApprovalLevel[]);
  const text = Object.entries(parts)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return { en: text, zh: text };
};

const levelsText = (levels: readonly ApprovalLevel[]): Text => {
  const named = levels.map((level) =>
    groupsOf(level).map(({ role, line, quorum }) => ({ who: [role, line].filter(Boolean).join('/'), quorum })),
  );
  return {
    en: named
      .map((groups) => groups.map(({ who, quorum }) => `${quorum === 'ALL' ? 'all' : quorum} of ${who}`).join(' and '))
      .join(', then '),
    zh: named
      .map((groups) =>
        groups.map(({ who, quorum }) => `${who} ${quorum === 'ALL' ? '全体' : `${quorum} 人`}`).join(' 与 '),
      )
      .join('，然后 '),
  };
};

/**
 * The grade report as pages to print (domain rule D22), Chinese or English: the grade, what the dimensions added, what speaks
 * for and against the customer, what would lift the grade, what may be done. It draws what the queries say, and reads nothing.
 */
import { indicatorOf } from '../indicators';
import { GRADES, type Grade } from '../kernel/grade';
import type { PdfDocument } from '../platform/pdf';
import type { CalculationLog, GradeReportView } from './rating.queries';

export const REPORT_LANGUAGES = ['zh', 'en'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

export interface ReportedRating {
  readonly customer: { readonly number: string; readonly nameZh: string | null; readonly nameEn: string | null };
  readonly industry: string | null;
  readonly score: string;
  readonly modelGrade: Grade;
  readonly uncappedGrade: Grade;
  readonly asOf: string;
  readonly ratedAt: Date;
  readonly scorecard: { readonly nameZh: string; readonly nameEn: string; readonly number: number };
  readonly log: CalculationLog;
  readonly report: GradeReportView;
}

// One idea a line reads better than one word a line.
// prettier-ignore
const WORDS = {
  zh: {
    title: '客户评级报告', customer: '客户', number: '客户编号', industry: '行业', asOf: '数据截至', ratedAt: '评级时间',
    scorecard: '评分卡', version: '第 {} 版', score: '总分', of100: '满分 100', grade: '模型等级', before: '封顶前',
    dimensions: '各维度得分', dimension: '维度', points: '得分', most: '满分', peers: '同业平均',
    CREDIT: '信用', OPERATION: '经营', COOPERATION: '合作', POTENTIAL: '潜力',
    rules: '等级调整', CAP: '封顶', FLOOR: '保底', GROUP: '集团调整',
    strengths: '主要优势', risks: '主要风险', indicator: '指标', value: '数值', median: '同业中位数', tenth: '得分点',
    effect: '对总分影响', lift: '提升一级所需', liftTo: '升至 {} 还差 {} 分', liftCaps: '须先解除封顶：', target: '目标值',
    gain: '可增分', noLift: '仅靠单项改进无法达到下一等级。', atTop: '已为最高等级。', suggestions: '建议', notes: '提示', missing: '缺失',
    log: '指标计算明细', weight: '权重 %', contribution: '贡献', masked: '无权查看', notApplicable: '不适用',
    none: '无', page: '第 {} 页，共 {} 页', pd: '违约概率', base: '基准分',
  },
  en: {
    title: 'Customer grade report', customer: 'Customer', number: 'Customer number', industry: 'Industry', asOf: 'Values as of',
    ratedAt: 'Rated at', scorecard: 'Scorecard', version: 'version {}', score: 'Score', of100: 'of 100', grade: 'Model grade',
    before: 'before caps', dimensions: 'Dimensions', dimension: 'Dimension', points: 'Points', most: 'At most', peers: 'Peers',
    CREDIT: 'Credit', OPERATION: 'Operation', COOPERATION: 'Cooperation', POTENTIAL: 'Potential',
    rules: 'Apart from points', CAP: 'Cap', FLOOR: 'Floor', GROUP: 'Group',
    strengths: 'What speaks for the customer', risks: 'What speaks against', indicator: 'Indicator', value: 'Value',
    median: 'Median of peers', tenth: 'Points', effect: 'Effect on score', lift: 'One grade better',
    liftTo: '{}: {} points of score are missing', liftCaps: 'Caps to be lifted first: ', target: 'Target', gain: 'Gain',
    noLift: 'No improvement of what can be followed brings enough.', atTop: 'This is the best grade.', suggestions: 'Suggestions', notes: 'Notes',
    missing: 'missing', log: 'Calculation log', weight: 'Weight %', contribution: 'Contribution', masked: 'not for you',
    notApplicable: 'not applicable', none: 'None', page: 'Page {} of {}', pd: 'Probability of default', base: 'Base',
  },
} as const;

const INK = '#1f2937';
const QUIET = '#6b7280';
const LINE = '#d1d5db';
const FAINT = '#f3f4f6';
const GOOD = '#0f766e';
const BAD = '#b91c1c';
const MAIN = '#0958d9';

type Node = Readonly<Record<string, unknown>> | string;

const filled = (template: string, ...values: readonly (string | number)[]): string =>
  values.reduce<string>((text, value) => text.replace('{}', String(value)), template);

const heading = (text: string): Node => ({
  text,
  bold: true,
  fontSize: 12,
  color: INK,
  margin: [0, 14, 0, 5],
  headlineLevel: 1,
});

const TABLE = {
  hLineWidth: (row: number, node: { table: { body: unknown[] } }) =>
    row <= 1 || row === node.table.body.length ? 0.8 : 0.4,
  vLineWidth: () => 0,
  hLineColor: () => LINE,
  paddingTop: () => 2.5,
  paddingBottom: () => 2.5,
  paddingLeft: () => 4,
  paddingRight: () => 4,
};

const head = (text: string, alignment = 'left'): Node => ({ text, bold: true, color: QUIET, fontSize: 8, alignment });
const right = (text: string, color = INK): Node => ({ text, alignment: 'right', color });

const table = (widths: readonly (string | number)[], body: readonly (readonly Node[])[]): Node => ({
  table: { headerRows: 1, widths, body, dontBreakRows: true },
  layout: TABLE,
});

/** A value as people write it: shares in per cent, the rest with at most two decimals. */
const shown = (indicator: string, value: string | null, language: ReportLanguage): string => {
  if (value === null) return '–';
  const { unit } = indicatorOf(indicator);
  const number = Number(value);
  const style = (digits: number) => number.toLocaleString('en-US', { maximumFractionDigits: digits });
  if (unit === 'RATIO') return `${(number * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
  if (unit === 'CNY') return `¥ ${style(0)}`;
  const suffix = {
    TIMES: ['倍', 'x'],
    DAYS: ['天', 'days'],
    MONTHS: ['个月', 'months'],
    YEARS: ['年', 'years'],
  } as const;
  const said = unit in suffix ? suffix[unit as keyof typeof suffix] : null;
  return `${style(2)}${said === null ? '' : ` ${said[language === 'zh' ? 0 : 1]}`}`;
};

const nameOf = (indicator: string, language: ReportLanguage): string => {
  const { nameZh, nameEn } = indicatorOf(indicator);
  return language === 'zh' ? nameZh : nameEn;
};

const signed = (decimal: string): string => `${Number(decimal) > 0 ? '+' : ''}${Number(decimal).toFixed(2)}`;

export const gradeReportPage = (rating: ReportedRating, language: ReportLanguage): PdfDocument => {
  const words = WORDS[language];
  const { customer, scorecard, report, log } = rating;
  const name = (language === 'zh' ? customer.nameZh : customer.nameEn) ?? customer.nameZh ?? customer.nameEn ?? '';
  return {
    pageSize: 'A4',
    pageMargins: [40, 46, 40, 46],
    info: { title: `${words.title} ${customer.number}` },
    footer: (page: number, pages: number) => ({
      columns: [
        { text: `${customer.number}  ${name}`, color: QUIET, fontSize: 7.5 },
        { text: filled(words.page, page, pages), alignment: 'right', color: QUIET, fontSize: 7.5 },
      ],
      margin: [40, 14, 40, 0],
    }),
    // A heading never stands alone at the foot of a page.
    pageBreakBefore: (node: { headlineLevel?: number }, ahead: { getFollowingNodesOnPage(): unknown[] }) =>
      node.headlineLevel === 1 && ahead.getFollowingNodesOnPage().length < 3,
    content: [
      { text: words.title, fontSize: 18, bold: true, color: INK },
      { text: name, fontSize: 12, color: INK, margin: [0, 2, 0, 8] },
      {
        columns: [
          facts([
            [words.number, customer.number],
            [words.industry, rating.industry ?? '–'],
            [
              words.scorecard,
              `${language === 'zh' ? scorecard.nameZh : scorecard.nameEn}, ${filled(words.version, scorecard.number)}`,
            ],
            [words.asOf, rating.asOf],
            [words.ratedAt, rating.ratedAt.toISOString().slice(0, 16).replace('T', ' ') + ' UTC'],
          ]),
          gradeBox(rating, language),
        ],
        columnGap: 20,
      },
      gradeStrip(rating.modelGrade),
      ...(report.dimensions.length === 0 ? [] : [heading(words.dimensions), dimensionChart(rating, language)]),
      ...(log.rules.length === 0
        ? []
        : [
            heading(words.rules),
            {
              ul: log.rules.map((rule) => ({
                text: [
                  {
                    text: `${words[rule.kind]} ${rule.grade ?? signed(String(rule.notches ?? 0))}: `,
                    bold: true,
                    color: BAD,
                  },
                  language === 'zh' ? rule.reasonZh : rule.reasonEn,
                ],
              })),
            },
          ]),
      heading(words.strengths),
      distances(report.reasonsFor, GOOD, language),
      heading(words.risks),
      distances(report.reasonsAgainst, BAD, language),
      {
        unbreakable: true,
        stack: [
          heading(words.lift),
          ...(report.lift === null && rating.modelGrade !== 'AAA'
            ? [{ text: words.none, color: QUIET }]
            : liftOf(report.lift, language)),
        ],
      },
      heading(words.suggestions),
      report.suggestions.length === 0
        ? { text: words.none, color: QUIET }
        : table(
            ['*', 150, 75, 75],
            [
              [head(words.suggestions), head(words.indicator), head(words.value, 'right'), head(words.median, 'right')],
              ...report.suggestions.map((row) => [
                { text: language === 'zh' ? row.textZh : row.textEn, color: row.side === 'FOR' ? GOOD : INK },
                nameOf(row.indicator, language),
                right(shown(row.indicator, row.input, language)),
                right(shown(row.indicator, row.peerMedian, language)),
              ]),
            ],
          ),
      ...(log.notes.length === 0
        ? []
        : [
            heading(words.notes),
            { ul: log.notes.map((note) => (language === 'zh' ? note.textZh : note.textEn)), color: INK },
          ]),
      heading(words.log),
      logTable(rating, language),
    ],
  };
};

const facts = (rows: readonly (readonly [string, string])[]): Node => ({
  width: '*',
  table: {
    widths: [90, '*'],
    body: rows.map(([label, value]) => [
      { text: label, color: QUIET },
      { text: value, color: INK },
    ]),
  },
  layout: { ...TABLE, hLineWidth: () => 0, paddingLeft: () => 0 },
});

const gradeBox = ({ score, modelGrade, uncappedGrade, log }: ReportedRating, language: ReportLanguage): Node => {
  const words = WORDS[language];
  const capped = uncappedGrade === modelGrade ? '' : `${words.before}: ${uncappedGrade}`;
  const pd = log.pd === null ? '' : `${words.pd}: ${(Number(log.pd) * 100).toFixed(2)} %`;
  return {
    width: 190,
    table: {
      widths: ['*', '*'],
      body: [
        [
          { text: words.grade, color: QUIET, alignment: 'center', margin: [0, 4, 0, 0] },
          { text: words.score, color: QUIET, alignment: 'center', margin: [0, 4, 0, 0] },
        ],
        [
          { text: modelGrade, fontSize: 26, bold: true, color: MAIN, alignment: 'center', lineHeight: 1 },
          { text: Number(score).toFixed(2), fontSize: 26, bold: true, color: INK, alignment: 'center', lineHeight: 1 },
        ],
        [
          { text: capped || pd || ' ', fontSize: 7.5, color: BAD, alignment: 'center', margin: [0, 0, 0, 4] },
          { text: words.of100, fontSize: 7.5, color: QUIET, alignment: 'center', margin: [0, 0, 0, 4] },
        ],
      ],
    },
    layout: { hLineWidth: () => 0, vLineWidth: () => 0, fillColor: () => FAINT },
  };
};

/** All nine grades, the one that was given filled. */
const gradeStrip = (given: Grade): Node => ({
  margin: [0, 10, 0, 0],
  table: {
    widths: GRADES.map(() => '*'),
    body: [
      GRADES.map((grade) => ({
        text: grade,
        alignment: 'center',
        bold: grade === given,
        color: grade === given ? '#ffffff' : QUIET,
        fillColor: grade === given ? MAIN : FAINT,
      })),
    ],
  },
  layout: {
    hLineWidth: () => 0,
    vLineWidth: (i: number) => (i === 0 || i === GRADES.length ? 0 : 2),
    vLineColor: () => '#ffffff',
  },
});

const BAR = 250;

/** A bar for each dimension, of what it could have added; a line where the peers stand. */
const dimensionChart = ({ report }: ReportedRating, language: ReportLanguage): Node => {
  const words = WORDS[language];
  const longest = Math.max(...report.dimensions.map(({ most }) => Number(most)), 1);
  const at = (points: string): number => (Number(points) / longest) * BAR;
  return table(
    [80, BAR + 2, 50, 50, '*'],
    [
      [
        head(words.dimension),
        head(''),
        head(words.points, 'right'),
        head(words.most, 'right'),
        head(words.peers, 'right'),
      ],
      ...report.dimensions.map((row) => [
        words[row.dimension],
        {
          canvas: [
            { type: 'rect', x: 0, y: 2, w: Math.max(at(row.most), 0.1), h: 9, color: FAINT },
            { type: 'rect', x: 0, y: 2, w: Math.max(at(row.contribution), 0.1), h: 9, color: MAIN },
            { type: 'line', x1: at(row.peers), y1: 0, x2: at(row.peers), y2: 13, lineWidth: 1.2, lineColor: INK },
          ],
        },
        right(Number(row.contribution).toFixed(2)),
        right(Number(row.most).toFixed(2), QUIET),
        right(Number(row.peers).toFixed(2), QUIET),
      ]),
    ],
  );
};

const EFFECT_BAR = 70;

const distances = (rows: GradeReportView['reasonsFor'], color: string, language: ReportLanguage): Node => {
  const words = WORDS[language];
  if (rows.length === 0) return { text: words.none, color: QUIET };
  const largest = Math.max(...rows.map(({ effect }) => Math.abs(Number(effect))));
  return table(
    ['*', 70, 70, 80, EFFECT_BAR + 2, 40],
    [
      [
        head(words.indicator),
        head(words.value, 'right'),
        head(words.median, 'right'),
        head(`${words.tenth} / ${words.peers}`, 'right'),
        head(words.effect),
        head(''),
      ],
      ...rows.map((row) => [
        nameOf(row.indicator, language),
        right(shown(row.indicator, row.input, language)),
        right(shown(row.indicator, row.peerMedian, language), QUIET),
        right(`${Number(row.points).toFixed(1)} / ${Number(row.peerPoints).toFixed(1)}`),
        {
          canvas: [
            {
              type: 'rect',
              x: 0,
              y: 3,
              w: Math.max((Math.abs(Number(row.effect)) / largest) * EFFECT_BAR, 0.5),
              h: 8,
              color,
            },
          ],
        },
        right(signed(row.effect), color),
      ]),
    ],
  );
};

const liftOf = (lift: GradeReportView['lift'], language: ReportLanguage): readonly Node[] => {
  const words = WORDS[language];
  if (lift === null) return [{ text: words.atTop, color: QUIET }];
  const caps = lift.caps.length === 0 ? [] : [{ text: `${words.liftCaps}${lift.caps.join(', ')}`, color: BAD }];
  const missing = Number(lift.missing);
  const need =
    missing === 0 ? [] : [{ text: filled(words.liftTo, lift.toGrade, missing.toFixed(2)), margin: [0, 0, 0, 4] }];
  if (missing > 0 && lift.steps.length === 0) return [...caps, ...need, { text: words.noLift, color: QUIET }];
  if (lift.steps.length === 0) return caps;
  return [
    ...caps,
    ...need,
    table(
      ['*', 100, 100, 70],
      [
        [head(words.indicator), head(words.value, 'right'), head(words.target, 'right'), head(words.gain, 'right')],
        ...lift.steps.map((step) => [
          nameOf(step.indicator, language),
          right(shown(step.indicator, step.input, language)),
          right(shown(step.indicator, step.target, language)),
          right(signed(step.gain), GOOD),
        ]),
      ],
    ),
  ];
};

const logTable = ({ log }: ReportedRating, language: ReportLanguage): Node => {
  const words = WORDS[language];
  const base = Number(log.base) === 0 ? [] : [[words.base, '', '', '', right(Number(log.base).toFixed(2))]];
  return {
    fontSize: 8,
    ...(table(
      ['*', 105, 50, 50, 60],
      [
        [
          head(words.indicator),
          head(words.value, 'right'),
          head(words.tenth, 'right'),
          head(words.weight, 'right'),
          head(words.contribution, 'right'),
        ],
        ...base,
        ...log.rows.map((row) => {
          const value = row.masked
            ? words.masked
            : row.state === 'NOT_APPLICABLE'
              ? words.notApplicable
              : row.state === 'MISSING'
                ? words.missing
                : shown(row.indicator, row.input, language);
          return [
            nameOf(row.indicator, language),
            right(value, row.state === 'SCORED' && !row.masked ? INK : QUIET),
            right(row.points === null ? '–' : Number(row.points).toFixed(2)),
            right(Number(row.effectiveWeight).toFixed(2), QUIET),
            right(row.contribution === null ? '–' : Number(row.contribution).toFixed(2)),
          ];
        }),
      ],
    ) as object),
  };
};

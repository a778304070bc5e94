/**
 * The rules that turn the text of a complaint into its severity, one line per rule. A rule counts once however often its
 * terms occur. Whoever changes a rule raises the version, which stands beside every complaint that was rated by it.
 */
export interface ComplaintRule {
  readonly id: string;
  /** What it adds to the severity. */
  readonly weight: number;
  /** Han terms are found anywhere, others as whole words. */
  readonly terms: readonly string[];
}

export const COMPLAINT_RULES_VERSION = 1;

// One rule a line reads better as a table than broken up.
// prettier-ignore
export const COMPLAINT_RULES: readonly ComplaintRule[] = [
  { id: 'SAFETY', weight: 5, terms: ['安全事故', '受伤', '伤亡', '起火', '爆炸', '中毒', 'injury', 'injured', 'accident', 'explosion', 'caught fire', 'poisoned', 'unsafe'] },
  { id: 'FRAUD', weight: 5, terms: ['欺诈', '诈骗', '造假', '假货', '伪造', '贿赂', 'fraud', 'forged', 'counterfeit', 'fake', 'bribe'] },
  { id: 'LEGAL', weight: 4, terms: ['起诉', '诉讼', '仲裁', '律师', '法院', '监管部门', '举报', '曝光', 'lawsuit', 'sue', 'court', 'lawyer', 'arbitration', 'legal action', 'regulator'] },
  { id: 'TERMINATION', weight: 4, terms: ['终止合作', '解除合同', '取消合同', '不再合作', '更换供应商', 'terminate', 'termination', 'cancel the contract', 'stop working with', 'switch supplier'] },
  { id: 'DAMAGES', weight: 3, terms: ['赔偿', '索赔', '损失', '停产', '停工', 'damages', 'compensation', 'losses', 'line stoppage', 'production stopped'] },
  { id: 'QUALITY', weight: 2, terms: ['质量问题', '不合格', '次品', '缺陷', '损坏', '故障', 'defect', 'defective', 'faulty', 'broken', 'damaged', 'poor quality'] },
  { id: 'RETURN', weight: 2, terms: ['退货', '退款', '拒收', 'refund', 'return the goods', 'rejected the goods'] },
  { id: 'DELAY', weight: 2, terms: ['延误', '延迟', '迟到', '拖延', '逾期', '没有按时', '未按时', 'late', 'delay', 'delayed', 'overdue', 'missed the deadline'] },
  { id: 'REPEATED', weight: 2, terms: ['多次', '再次', '反复', '屡次', '第二次', '第三次', 'again', 'repeatedly', 'second time', 'third time'] },
  { id: 'BILLING', weight: 1, terms: ['发票', '账单', '多收', '对账', '重复扣款', 'invoice', 'overcharged', 'billing', 'charged twice'] },
  { id: 'SERVICE', weight: 1, terms: ['态度', '没人理', '无人答复', '不回复', '推诿', 'rude', 'no reply', 'ignored', 'unresponsive'] },
  { id: 'ANGER', weight: 1, terms: ['愤怒', '无法接受', '忍无可忍', '极其失望', '非常不满', 'unacceptable', 'outrageous', 'furious', 'disgusted'] },
];

/** A term does not count behind one of these: in Chinese with at most two characters between, in English with at most one word. */
export const NEGATIONS = {
  han: ['没有', '没', '未', '无', '并非', '不是', '不存在', '从未'],
  latin: ['no', 'not', 'never', 'without', "isn't", "wasn't", "didn't", "don't"],
} as const;

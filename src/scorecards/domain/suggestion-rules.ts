/**
 * What may be done about a weak or a strong point of a customer (domain rule D22): one row per indicator and side. Every
 * suggestion is shown with the number behind it, so texts hold none; what they propose is for people to decide.
 */
import type { IndicatorCode } from '../../indicators/domain/dictionary';
import type { Bilingual } from './scorecard-definition';

export interface SuggestionRule {
  readonly id: string;
  readonly indicator: IndicatorCode;
  /** AGAINST: clearly fewer points than the peers; FOR: clearly more. */
  readonly side: 'AGAINST' | 'FOR';
  readonly text: Bilingual;
}

const row = (
  id: string,
  indicator: IndicatorCode,
  side: SuggestionRule['side'],
  en: string,
  zh: string,
): SuggestionRule => ({ id, indicator, side, text: { zh, en } });

// One rule a line reads better as a table than broken up.
// prettier-ignore
export const SUGGESTION_RULES: readonly SuggestionRule[] = [
  row('shortenTerm', 'receivablesTurnover', 'AGAINST', 'Shorten the payment term to 30 days', '建议将账期缩短至30天'),
  row('collectOverdue', 'daysPastDue', 'AGAINST', 'Collect what is overdue before new deliveries', '建议先催收逾期款项，再安排发货'),
  row('prepayment', 'paidOnTimeRate', 'AGAINST', 'Ask for a prepayment of 30 %', '建议要求预付30%货款'),
  row('askBureau', 'bureauOverdueAmount', 'AGAINST', 'Ask for the reasons behind the credit report, and review the limit', '建议核实征信逾期原因并复核授信额度'),
  row('reviewDefaults', 'defaultsIn3Years', 'AGAINST', 'Deliver against guarantees only', '建议仅凭担保发货'),
  row('countGuarantees', 'guaranteesToNetWorth', 'AGAINST', 'Count guarantees given for others against the limit', '建议将对外担保计入授信敞口'),
  row('askCollateral', 'debtToAssetsRatio', 'AGAINST', 'Ask for collateral when the limit is reviewed', '建议在额度复审时要求抵押或质押'),
  row('watchInterest', 'interestCover', 'AGAINST', 'Look at interest cover every quarter', '建议按季监测利息保障倍数'),
  row('watchLiquidity', 'quickRatio', 'AGAINST', 'Deliver in smaller lots with shorter terms', '建议小批量发货并缩短账期'),
  row('watchCash', 'cashFlowToLiabilities', 'AGAINST', 'Ask for a cash-flow forecast of the next two quarters', '建议索取未来两个季度现金流预测'),
  row('settleDisputes', 'contractDisputeRate', 'AGAINST', 'Settle open disputes before the contract is renewed', '建议在续约前解决合同纠纷'),
  row('renewEarly', 'remainingContractMonths', 'AGAINST', 'Begin talks about renewal now', '建议尽早启动续约谈判'),
  row('visitCustomer', 'satisfactionScore', 'AGAINST', 'Visit the customer and agree on improvements', '建议安排客户拜访并制定改进措施'),
  row('endComplaints', 'complaintSeverity', 'AGAINST', 'Give complaints to a named owner with a deadline', '建议指定专人限期解决投诉'),
  row('crossSell', 'crossPurchaseRate', 'AGAINST', 'Offer further product lines', '建议推荐其他产品线，提升交叉购买'),
  row('growTogether', 'revenueGrowth2Years', 'FOR', 'Propose a framework contract for the growth ahead', '建议签订框架协议，把握增长机会'),
  row('deepen', 'grossMarginContribution', 'FOR', 'Name a dedicated manager and secure supply', '建议配备专属客户经理并优先保障供货'),
  row('developJointly', 'researchIntensity', 'FOR', 'Look for joint development', '建议探讨联合研发合作'),
  row('reward', 'renewalRate', 'FOR', 'Offer terms for long commitment', '建议提供长期合作优惠条款'),
  row('buildStrategy', 'strategicFit', 'FOR', 'Plan the account for the next three years', '建议制定未来三年战略合作计划'),
];

/** Life-cycle stages 「生命周期阶段」 of a party (domain rule D4): 获取, 成长, 成熟, 衰退, 流失. */
export const STAGES = ['ACQUISITION', 'GROWTH', 'MATURITY', 'DECLINE', 'EXITED'] as const;
export type Stage = (typeof STAGES)[number];

/** Every migration, in order. A migration that has been released is never edited. */
import { Platform1767225600001 } from './0001-platform';
import { Outbox1767225600002 } from './0002-outbox';
import { Identity1767225600003 } from './0003-identity';
import { Audit1767225600004 } from './0004-audit';
import { Policies1767225600005 } from './0005-policies';
import { Approvals1767225600006 } from './0006-approvals';
import { Customers1767225600007 } from './0007-customers';
import { Indicators1767225600008 } from './0008-indicators';
import { Scorecards1767225600009 } from './0009-scorecards';
import { Ratings1767225600010 } from './0010-ratings';
import { Overrides1767225600011 } from './0011-overrides';
import { Limits1767225600012 } from './0012-limits';
import { Validation1767225600013 } from './0013-validation';
import { RateLimit1767225600014 } from './0014-rate-limit';
import { IdempotencyKeys1767225600015 } from './0015-idempotency-keys';
import { LookingBack1767225600016 } from './0016-looking-back';
import { Signals1767225600017 } from './0017-signals';
import { TraceContext1767225600018 } from './0018-trace-context';
import { Lists1767225600019 } from './0019-lists';
import { ScorecardLife1767225600020 } from './0020-scorecard-life';
import { ShownAnswers1767225600021 } from './0021-shown-answers';
import { CustomerSearch1767225600022 } from './0022-customer-search';
import { RunTables1767225600030 } from './0030-run-tables';
import { ModelFiles1767225600031 } from './0031-model-files';
import { AuditLog1767225600040 } from './0040-audit-log';
import { RowTrail1767225600041 } from './0041-row-trail';
import { SourcePrecedence1767225600050 } from './0050-source-precedence';
import { DerivedIndicators1767225600051 } from './0051-derived-indicators';
import { Complaints1767225600052 } from './0052-complaints';
import { SourceArrivals1767225600053 } from './0053-source-arrivals';
import { IndicatorTrail1767225600054 } from './0054-indicator-trail';
import { RatingDue1767225600055 } from './0055-rating-due';
import { Reratings1767225600056 } from './0056-reratings';
import { Warnings1767225600057 } from './0057-warnings';
import { RatingCampaigns1767225600058 } from './0058-rating-campaigns';
import { Tiers1767225600063 } from './0063-tiers';
import { TierFollowUps1767225600080 } from './0080-tier-follow-ups';
import { LifeCycle1767225600081 } from './0081-life-cycle';
import { RankInline1767225600082 } from './0082-rank-inline';
import { WhatIf1767225600067 } from './0067-what-if';
import { ApprovalRounds1767225600070 } from './0070-approval-rounds';
import { Duties1767225600071 } from './0071-duties';
import { Evidence1767225600090 } from './0090-evidence';
import { SignedVotes1767225600091 } from './0091-signed-votes';
import { InputOverrides1767225600092 } from './0092-input-overrides';
import { Orders1767225600093 } from './0093-orders';
import { Exposure1767225600072 } from './0072-exposure';
import { LimitMoves1767225600073 } from './0073-limit-moves';
import { Persons1767225600042 } from './0042-persons';
import { Looks1767225600043 } from './0043-looks';
import { UserTrail1767225600044 } from './0044-user-trail';
import { WhatIfTiers1767225600068 } from './0068-what-if-tiers';
import { WhatIfMovers1767225600069 } from './0069-what-if-movers';
import { LighterTrail1767225600076 } from './0076-lighter-trail';
import { PolicyRequests1767225600077 } from './0077-policy-requests';
import { Sequencing1767225600100 } from './0100-sequencing';
import { LighterRuns1767225600120 } from './0120-lighter-runs';
import { QuickerPublication1767225600150 } from './0150-quicker-publication';
import { TrailByTable1767225600110 } from './0110-trail-by-table';
import { ReserveAtOnce1767225600111 } from './0111-reserve-at-once';
import { OverUseList1767225600112 } from './0112-over-use-list';
import { PolicyFollowThrough1767225600140 } from './0140-policy-follow-through';
import { Validators1767225600141 } from './0141-validators';
import { Attestations1767225600142 } from './0142-attestations';
import { LighterVotes1767225600130 } from './0130-lighter-votes';
import { PostingsKeepToIndexes1767225600160 } from './0160-postings-keep-to-indexes';

export const MIGRATIONS = [
  Platform1767225600001,
  Outbox1767225600002,
  Identity1767225600003,
  Audit1767225600004,
  Policies1767225600005,
  Approvals1767225600006,
  Customers1767225600007,
  Indicators1767225600008,
  Scorecards1767225600009,
  Ratings1767225600010,
  Overrides1767225600011,
  Limits1767225600012,
  Validation1767225600013,
  RateLimit1767225600014,
  IdempotencyKeys1767225600015,
  LookingBack1767225600016,
  Signals1767225600017,
  TraceContext1767225600018,
  Lists1767225600019,
  ScorecardLife1767225600020,
  ShownAnswers1767225600021,
  CustomerSearch1767225600022,
  RunTables1767225600030,
  ModelFiles1767225600031,
  AuditLog1767225600040,
  RowTrail1767225600041,
  SourcePrecedence1767225600050,
  DerivedIndicators1767225600051,
  Complaints1767225600052,
  SourceArrivals1767225600053,
  IndicatorTrail1767225600054,
  RatingDue1767225600055,
  Reratings1767225600056,
  Warnings1767225600057,
  RatingCampaigns1767225600058,
  Tiers1767225600063,
  WhatIf1767225600067,
  ApprovalRounds1767225600070,
  Duties1767225600071,
  Persons1767225600042,
  Looks1767225600043,
  UserTrail1767225600044,
  WhatIfTiers1767225600068,
  WhatIfMovers1767225600069,
  LighterTrail1767225600076,
  TierFollowUps1767225600080,
  Evidence1767225600090,
  SignedVotes1767225600091,
  InputOverrides1767225600092,
  LifeCycle1767225600081,
  RankInline1767225600082,
  Exposure1767225600072,
  LimitMoves1767225600073,
  PolicyRequests1767225600077,
  Sequencing1767225600100,
  Orders1767225600093,
  LighterRuns1767225600120,
  TrailByTable1767225600110,
  ReserveAtOnce1767225600111,
  OverUseList1767225600112,
  QuickerPublication1767225600150,
  PolicyFollowThrough1767225600140,
  Validators1767225600141,
  Attestations1767225600142,
  LighterVotes1767225600130,
  PostingsKeepToIndexes1767225600160,
];

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
];

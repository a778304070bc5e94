-- The schema that the migrations make; written by `npm run goldens`, edits here are overwritten.

CREATE TYPE grade AS ENUM ('C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA');

CREATE TABLE app_user (
  id uuid NOT NULL,
  subject text NOT NULL,
  display_name text NOT NULL,
  org_unit_id uuid NOT NULL,
  active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT app_user_display_name_check CHECK ((display_name <> ''::text)),
  CONSTRAINT app_user_subject_check CHECK ((subject <> ''::text)),
  CONSTRAINT app_user_version_check CHECK ((version > 0)),
  CONSTRAINT app_user_org_unit_id_fkey FOREIGN KEY (org_unit_id) REFERENCES org_unit(id),
  CONSTRAINT app_user_pkey PRIMARY KEY (id),
  CONSTRAINT app_user_subject_key UNIQUE (subject)
);
CREATE INDEX app_user_name ON public.app_user USING btree (display_name, id);
CREATE TRIGGER app_user_actor BEFORE INSERT OR DELETE OR UPDATE ON public.app_user FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON app_user TO tierwarden_app;
GRANT SELECT ON app_user TO tierwarden_reader;
GRANT UPDATE (display_name, org_unit_id, active, version) ON app_user TO tierwarden_app;

CREATE TABLE audit_event (
  id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  actor_id text NOT NULL,
  on_behalf_of text,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  customer_id uuid,
  request_id text NOT NULL,
  bytes bytea NOT NULL,
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT audit_event_actor_id_check CHECK ((actor_id <> ''::text)),
  CONSTRAINT audit_event_bytes_check CHECK (((octet_length(bytes) >= 2) AND (octet_length(bytes) <= 65535))),
  CONSTRAINT audit_event_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_event_action ON public.audit_event USING btree (action, occurred_at, id);
CREATE INDEX audit_event_actor ON public.audit_event USING btree (actor_id, occurred_at, id);
CREATE INDEX audit_event_customer ON public.audit_event USING btree (customer_id, occurred_at, id) WHERE (customer_id IS NOT NULL);
CREATE INDEX audit_event_object ON public.audit_event USING btree (object_type, object_id, occurred_at, id);
CREATE INDEX audit_event_request ON public.audit_event USING btree (request_id, occurred_at, id);
CREATE INDEX audit_event_time ON public.audit_event USING btree (occurred_at, id);
CREATE INDEX audit_event_xact ON public.audit_event USING btree (xact, id);
CREATE TRIGGER audit_event_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER audit_event_guard BEFORE INSERT ON public.audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_guard();
GRANT INSERT (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id, request_id, bytes) ON audit_event TO tierwarden_app;
GRANT SELECT ON audit_event TO tierwarden_app;
GRANT SELECT ON audit_event TO tierwarden_reader;

CREATE TABLE change_request (
  id uuid NOT NULL,
  serial bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  payload jsonb NOT NULL,
  base jsonb NOT NULL,
  impact jsonb NOT NULL,
  policy_version_id uuid NOT NULL,
  routing_row text NOT NULL,
  digest text NOT NULL,
  state text NOT NULL,
  current_level smallint NOT NULL,
  maker_id text NOT NULL,
  submitted_at timestamp with time zone NOT NULL,
  decide_by timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT change_request_check CHECK (((state = 'IN_REVIEW'::text) = (closed_at IS NULL))),
  CONSTRAINT change_request_maker_id_check CHECK ((maker_id <> ''::text)),
  CONSTRAINT change_request_state_check CHECK ((state = ANY (ARRAY['IN_REVIEW'::text, 'APPLIED'::text, 'REJECTED'::text, 'WITHDRAWN'::text, 'EXPIRED'::text, 'STALE'::text]))),
  CONSTRAINT change_request_updated_after CHECK ((updated_at >= submitted_at)),
  CONSTRAINT change_request_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT change_request_pkey PRIMARY KEY (id),
  CONSTRAINT change_request_serial_key UNIQUE (serial)
);
CREATE INDEX change_request_due ON public.change_request USING btree (decide_by) WHERE (state = 'IN_REVIEW'::text);
CREATE INDEX change_request_kind ON public.change_request USING btree (kind, submitted_at DESC, id DESC);
CREATE INDEX change_request_maker ON public.change_request USING btree (maker_id, submitted_at DESC, id DESC);
CREATE INDEX change_request_state ON public.change_request USING btree (state, submitted_at DESC, id DESC);
CREATE INDEX change_request_subject ON public.change_request USING btree (subject_type, subject_id, submitted_at DESC, id DESC);
CREATE INDEX change_request_submitted ON public.change_request USING btree (submitted_at DESC, id DESC);
CREATE INDEX change_request_updated ON public.change_request USING btree (updated_at);
CREATE UNIQUE INDEX change_request_one_open ON public.change_request USING btree (kind, subject_type, subject_id) WHERE (state = 'IN_REVIEW'::text);
CREATE TRIGGER change_request_actor BEFORE INSERT OR DELETE OR UPDATE ON public.change_request FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_entry_guard BEFORE INSERT ON public.change_request FOR EACH ROW EXECUTE FUNCTION change_request_entry_guard();
CREATE TRIGGER change_request_guard BEFORE UPDATE ON public.change_request FOR EACH ROW EXECUTE FUNCTION change_request_guard();
CREATE CONSTRAINT TRIGGER change_request_has_levels AFTER INSERT ON public.change_request DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_has_levels();
CREATE TRIGGER change_request_keep BEFORE DELETE OR TRUNCATE ON public.change_request FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON change_request TO tierwarden_app;
GRANT SELECT ON change_request TO tierwarden_reader;
GRANT UPDATE (state, current_level, closed_at, version, updated_at) ON change_request TO tierwarden_app;

CREATE TABLE change_request_level (
  request_id uuid NOT NULL,
  ordinal smallint NOT NULL,
  role text NOT NULL,
  quorum smallint NOT NULL,
  CONSTRAINT change_request_level_ordinal_check CHECK ((ordinal > 0)),
  CONSTRAINT change_request_level_quorum_check CHECK ((quorum > 0)),
  CONSTRAINT change_request_level_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT change_request_level_pkey PRIMARY KEY (request_id, ordinal)
);
CREATE TRIGGER change_request_level_actor BEFORE INSERT ON public.change_request_level FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_level_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_level FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_level_guard BEFORE INSERT ON public.change_request_level FOR EACH ROW EXECUTE FUNCTION change_request_level_guard();
GRANT INSERT, SELECT ON change_request_level TO tierwarden_app;
GRANT SELECT ON change_request_level TO tierwarden_reader;

CREATE TABLE change_request_vote (
  id uuid NOT NULL,
  request_id uuid NOT NULL,
  level_ordinal smallint NOT NULL,
  voter_id uuid NOT NULL,
  verdict text NOT NULL,
  comment text,
  digest text NOT NULL,
  cast_at timestamp with time zone NOT NULL,
  CONSTRAINT change_request_vote_check CHECK (((verdict = 'APPROVE'::text) OR (comment IS NOT NULL))),
  CONSTRAINT change_request_vote_comment_check CHECK ((comment <> ''::text)),
  CONSTRAINT change_request_vote_verdict_check CHECK ((verdict = ANY (ARRAY['APPROVE'::text, 'REJECT'::text]))),
  CONSTRAINT change_request_vote_request_id_level_ordinal_fkey FOREIGN KEY (request_id, level_ordinal) REFERENCES change_request_level(request_id, ordinal),
  CONSTRAINT change_request_vote_voter_id_fkey FOREIGN KEY (voter_id) REFERENCES app_user(id),
  CONSTRAINT change_request_vote_pkey PRIMARY KEY (id),
  CONSTRAINT change_request_vote_request_id_voter_id_key UNIQUE (request_id, voter_id)
);
CREATE INDEX change_request_vote_voter ON public.change_request_vote USING btree (voter_id, cast_at DESC);
CREATE TRIGGER change_request_vote_actor BEFORE INSERT ON public.change_request_vote FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_vote_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_vote FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_vote_guard BEFORE INSERT ON public.change_request_vote FOR EACH ROW EXECUTE FUNCTION change_request_vote_guard();
GRANT INSERT, SELECT ON change_request_vote TO tierwarden_app;
GRANT SELECT ON change_request_vote TO tierwarden_reader;

CREATE TABLE credit_limit (
  customer_id uuid NOT NULL,
  amount numeric(20,2) NOT NULL,
  currency text NOT NULL,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT credit_limit_amount_check CHECK (((amount >= (0)::numeric) AND (amount <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT credit_limit_version_check CHECK ((version > 0)),
  CONSTRAINT credit_limit_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT credit_limit_pkey PRIMARY KEY (customer_id)
);
CREATE TRIGGER credit_limit_actor BEFORE INSERT OR DELETE OR UPDATE ON public.credit_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_limit_keep BEFORE DELETE OR TRUNCATE ON public.credit_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT SELECT ON credit_limit TO tierwarden_app;
GRANT SELECT ON credit_limit TO tierwarden_reader;
GRANT UPDATE (updated_at) ON credit_limit TO tierwarden_app;

CREATE TABLE credit_limit_entry (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  before numeric(20,2) NOT NULL,
  after numeric(20,2) NOT NULL,
  currency text NOT NULL,
  cause_id text NOT NULL,
  booked_at timestamp with time zone NOT NULL,
  booked_by text NOT NULL,
  CONSTRAINT credit_limit_entry_after_check CHECK (((after >= (0)::numeric) AND (after <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_entry_before_check CHECK (((before >= (0)::numeric) AND (before <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_entry_check CHECK (
CASE kind
    WHEN 'OPENING'::text THEN (before = (0)::numeric)
    WHEN 'POLICY_CUT'::text THEN (after < before)
    ELSE (after > before)
END),
  CONSTRAINT credit_limit_entry_kind_check CHECK ((kind = ANY (ARRAY['OPENING'::text, 'POLICY_CUT'::text, 'RAISE'::text]))),
  CONSTRAINT credit_limit_entry_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT credit_limit_entry_pkey PRIMARY KEY (id)
);
CREATE INDEX credit_limit_entry_customer ON public.credit_limit_entry USING btree (customer_id, booked_at DESC, id DESC);
CREATE UNIQUE INDEX credit_limit_entry_opening ON public.credit_limit_entry USING btree (customer_id) WHERE (kind = 'OPENING'::text);
CREATE UNIQUE INDEX credit_limit_entry_raise ON public.credit_limit_entry USING btree (cause_id) WHERE (kind = 'RAISE'::text);
CREATE TRIGGER credit_limit_book AFTER INSERT ON public.credit_limit_entry FOR EACH ROW EXECUTE FUNCTION credit_limit_book();
CREATE TRIGGER credit_limit_entry_actor BEFORE INSERT ON public.credit_limit_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_limit_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.credit_limit_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER credit_limit_raise_needs_request AFTER INSERT ON public.credit_limit_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.kind = 'RAISE'::text)) EXECUTE FUNCTION credit_limit_raise_needs_request();
GRANT INSERT, SELECT ON credit_limit_entry TO tierwarden_app;
GRANT SELECT ON credit_limit_entry TO tierwarden_reader;

CREATE TABLE customer (
  id uuid NOT NULL,
  number text NOT NULL,
  kind text NOT NULL,
  name_zh text,
  name_en text,
  short_name text,
  credit_code text,
  lei text,
  industry_code text,
  region text,
  size text,
  stage text NOT NULL,
  owner_user_id uuid,
  org_unit_id uuid,
  version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  display_name text NOT NULL GENERATED ALWAYS AS (COALESCE(name_zh, name_en)) STORED,
  bucket smallint NOT NULL GENERATED ALWAYS AS (((((('x'::text || substr(md5((id)::text), 1, 4)))::bit(16))::integer & 1023))::smallint) STORED,
  search_text text NOT NULL GENERATED ALWAYS AS (lower(((((((((((number || chr(10)) || COALESCE(name_zh, ''::text)) || chr(10)) || COALESCE(name_en, ''::text)) || chr(10)) || COALESCE(short_name, ''::text)) || chr(10)) || COALESCE(credit_code, ''::text)) || chr(10)) || COALESCE(lei, ''::text)))) STORED,
  CONSTRAINT customer_check CHECK (((name_zh IS NOT NULL) OR (name_en IS NOT NULL))),
  CONSTRAINT customer_credit_code_check CHECK ((length(credit_code) = 18)),
  CONSTRAINT customer_kind_check CHECK ((kind = ANY (ARRAY['CUSTOMER'::text, 'SUPPLIER'::text]))),
  CONSTRAINT customer_lei_check CHECK ((length(lei) = 20)),
  CONSTRAINT customer_name_en_check CHECK ((name_en <> ''::text)),
  CONSTRAINT customer_name_zh_check CHECK ((name_zh <> ''::text)),
  CONSTRAINT customer_number_check CHECK ((number <> ''::text)),
  CONSTRAINT customer_region_check CHECK ((region <> ''::text)),
  CONSTRAINT customer_short_name_check CHECK ((short_name <> ''::text)),
  CONSTRAINT customer_size_check CHECK ((size = ANY (ARRAY['LARGE'::text, 'MEDIUM'::text, 'SMALL'::text, 'MICRO'::text]))),
  CONSTRAINT customer_stage_check CHECK ((stage = ANY (ARRAY['ACQUISITION'::text, 'GROWTH'::text, 'MATURITY'::text, 'DECLINE'::text, 'EXITED'::text]))),
  CONSTRAINT customer_version_check CHECK ((version > 0)),
  CONSTRAINT customer_industry_code_fkey FOREIGN KEY (industry_code) REFERENCES industry(code),
  CONSTRAINT customer_org_unit_id_fkey FOREIGN KEY (org_unit_id) REFERENCES org_unit(id),
  CONSTRAINT customer_owner_user_id_fkey FOREIGN KEY (owner_user_id) REFERENCES app_user(id),
  CONSTRAINT customer_pkey PRIMARY KEY (id),
  CONSTRAINT customer_credit_code_key UNIQUE (credit_code),
  CONSTRAINT customer_lei_key UNIQUE (lei),
  CONSTRAINT customer_number_key UNIQUE (number)
);
CREATE INDEX customer_bucket ON public.customer USING btree (bucket, id);
CREATE INDEX customer_created ON public.customer USING btree (created_at, id);
CREATE INDEX customer_industry ON public.customer USING btree (industry_code, number);
CREATE INDEX customer_kind ON public.customer USING btree (kind, number);
CREATE INDEX customer_name ON public.customer USING btree (display_name, id);
CREATE INDEX customer_owner ON public.customer USING btree (owner_user_id, id);
CREATE INDEX customer_region ON public.customer USING btree (region, number);
CREATE INDEX customer_size ON public.customer USING btree (size, number);
CREATE INDEX customer_stage ON public.customer USING btree (stage, number);
CREATE TRIGGER customer_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON customer TO tierwarden_app;
GRANT SELECT ON customer TO tierwarden_reader;
GRANT UPDATE (number, kind, name_zh, name_en, short_name, credit_code, lei, industry_code, region, size, stage, owner_user_id, org_unit_id, version, updated_at) ON customer TO tierwarden_app;

CREATE TABLE customer_grade (
  customer_id uuid NOT NULL,
  model_grade grade NOT NULL,
  grade grade NOT NULL,
  basis text NOT NULL,
  override_id uuid,
  rating_id uuid NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  last_rated_at timestamp with time zone NOT NULL,
  version integer NOT NULL,
  CONSTRAINT customer_grade_basis_check CHECK ((basis = ANY (ARRAY['MODEL'::text, 'OVERRIDE'::text]))),
  CONSTRAINT customer_grade_check CHECK (((basis = 'OVERRIDE'::text) = (override_id IS NOT NULL))),
  CONSTRAINT customer_grade_check1 CHECK (((basis = 'OVERRIDE'::text) OR (grade = model_grade))),
  CONSTRAINT customer_grade_version_check CHECK ((version > 0)),
  CONSTRAINT customer_grade_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT customer_grade_override FOREIGN KEY (override_id) REFERENCES grade_override(id),
  CONSTRAINT customer_grade_rating_id_fkey FOREIGN KEY (rating_id) REFERENCES rating(id),
  CONSTRAINT customer_grade_pkey PRIMARY KEY (customer_id)
);
CREATE INDEX customer_grade_grade ON public.customer_grade USING btree (grade, customer_id);
CREATE TRIGGER customer_grade_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_grade FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_grade_keep BEFORE DELETE OR TRUNCATE ON public.customer_grade FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER customer_grade_needs_override AFTER INSERT OR UPDATE ON public.customer_grade DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.basis = 'OVERRIDE'::text)) EXECUTE FUNCTION customer_grade_needs_override();
GRANT INSERT, SELECT, UPDATE ON customer_grade TO tierwarden_app;
GRANT SELECT ON customer_grade TO tierwarden_reader;

CREATE TABLE customer_relation (
  id uuid NOT NULL,
  from_id uuid NOT NULL,
  to_id uuid NOT NULL,
  kind text NOT NULL,
  share numeric(7,6),
  created_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT customer_relation_check CHECK ((from_id <> to_id)),
  CONSTRAINT customer_relation_check1 CHECK (((kind = 'SHAREHOLDER'::text) = (share IS NOT NULL))),
  CONSTRAINT customer_relation_check2 CHECK (((kind <> 'SAME_CONTROLLER'::text) OR (from_id < to_id))),
  CONSTRAINT customer_relation_kind_check CHECK ((kind = ANY (ARRAY['PARENT'::text, 'SHAREHOLDER'::text, 'SAME_CONTROLLER'::text, 'GUARANTOR'::text, 'SUPPLY_CHAIN'::text]))),
  CONSTRAINT customer_relation_share_check CHECK (((share > (0)::numeric) AND (share <= (1)::numeric))),
  CONSTRAINT customer_relation_from_id_fkey FOREIGN KEY (from_id) REFERENCES customer(id),
  CONSTRAINT customer_relation_to_id_fkey FOREIGN KEY (to_id) REFERENCES customer(id),
  CONSTRAINT customer_relation_pkey PRIMARY KEY (id)
);
CREATE INDEX customer_relation_from ON public.customer_relation USING btree (from_id, kind);
CREATE INDEX customer_relation_to ON public.customer_relation USING btree (to_id, kind);
CREATE UNIQUE INDEX customer_relation_live ON public.customer_relation USING btree (from_id, to_id, kind) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX customer_relation_one_parent ON public.customer_relation USING btree (to_id) WHERE ((kind = 'PARENT'::text) AND (ended_at IS NULL));
CREATE TRIGGER customer_relation_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_relation FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON customer_relation TO tierwarden_app;
GRANT SELECT ON customer_relation TO tierwarden_reader;
GRANT UPDATE (ended_at) ON customer_relation TO tierwarden_app;

CREATE TABLE customer_version (
  customer_id uuid NOT NULL,
  version integer NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  recorded_by text NOT NULL,
  fields jsonb NOT NULL,
  CONSTRAINT customer_version_recorded_by_check CHECK ((recorded_by <> ''::text)),
  CONSTRAINT customer_version_version_check CHECK ((version > 0)),
  CONSTRAINT customer_version_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT customer_version_pkey PRIMARY KEY (customer_id, version)
);
CREATE INDEX customer_version_number ON public.customer_version USING btree (((fields ->> 'number'::text)));
CREATE TRIGGER customer_version_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_version FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.customer_version FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON customer_version TO tierwarden_app;
GRANT SELECT ON customer_version TO tierwarden_reader;

CREATE TABLE cut_point_set (
  id uuid NOT NULL,
  version_id uuid NOT NULL,
  segment text NOT NULL,
  reference_size integer NOT NULL,
  content jsonb NOT NULL,
  digest text NOT NULL,
  frozen_by text NOT NULL,
  frozen_at timestamp with time zone NOT NULL,
  CONSTRAINT cut_point_set_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT cut_point_set_frozen_by_check CHECK ((frozen_by <> ''::text)),
  CONSTRAINT cut_point_set_reference_size_check CHECK ((reference_size > 0)),
  CONSTRAINT cut_point_set_segment_check CHECK ((segment <> ''::text)),
  CONSTRAINT cut_point_set_version_id_fkey FOREIGN KEY (version_id) REFERENCES scorecard_version(id),
  CONSTRAINT cut_point_set_pkey PRIMARY KEY (id),
  CONSTRAINT cut_point_set_version_id_segment_key UNIQUE (version_id, segment)
);
CREATE TRIGGER cut_point_set_actor BEFORE INSERT OR DELETE OR UPDATE ON public.cut_point_set FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER cut_point_set_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.cut_point_set FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON cut_point_set TO tierwarden_app;
GRANT SELECT ON cut_point_set TO tierwarden_reader;

CREATE TABLE grade_history (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  cause text NOT NULL,
  cause_id uuid NOT NULL,
  model_grade_before grade,
  grade_before grade,
  model_grade_after grade NOT NULL,
  grade_after grade NOT NULL,
  basis_after text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  changed_by text NOT NULL,
  CONSTRAINT grade_history_cause_check CHECK ((cause = ANY (ARRAY['RATING'::text, 'OVERRIDE_APPLIED'::text, 'OVERRIDE_EXPIRED'::text]))),
  CONSTRAINT grade_history_changed_by_check CHECK ((changed_by <> ''::text)),
  CONSTRAINT grade_history_check CHECK (((model_grade_before IS NULL) = (grade_before IS NULL))),
  CONSTRAINT grade_history_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT grade_history_pkey PRIMARY KEY (id)
);
CREATE INDEX grade_history_customer ON public.grade_history USING btree (customer_id, changed_at DESC, id DESC);
CREATE TRIGGER grade_history_actor BEFORE INSERT ON public.grade_history FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER grade_history_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.grade_history FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON grade_history TO tierwarden_app;
GRANT SELECT ON grade_history TO tierwarden_reader;

CREATE TABLE grade_override (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  request_id uuid NOT NULL,
  model_grade grade NOT NULL,
  from_grade grade NOT NULL,
  to_grade grade NOT NULL,
  reason_code text NOT NULL,
  justification text NOT NULL,
  evidence jsonb NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  valid_until timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_cause text,
  CONSTRAINT grade_override_check CHECK ((valid_until > effective_from)),
  CONSTRAINT grade_override_check1 CHECK (((ended_at IS NULL) = (end_cause IS NULL))),
  CONSTRAINT grade_override_end_cause_check CHECK ((end_cause = ANY (ARRAY['EXPIRED'::text, 'SUPERSEDED'::text]))),
  CONSTRAINT grade_override_justification_check CHECK ((justification <> ''::text)),
  CONSTRAINT grade_override_reason_code_check CHECK ((reason_code <> ''::text)),
  CONSTRAINT grade_override_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT grade_override_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT grade_override_pkey PRIMARY KEY (id),
  CONSTRAINT grade_override_request_id_key UNIQUE (request_id)
);
CREATE INDEX grade_override_customer ON public.grade_override USING btree (customer_id, effective_from DESC);
CREATE INDEX grade_override_due ON public.grade_override USING btree (valid_until) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX grade_override_one_live ON public.grade_override USING btree (customer_id) WHERE (ended_at IS NULL);
CREATE TRIGGER grade_override_actor BEFORE INSERT OR DELETE OR UPDATE ON public.grade_override FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE CONSTRAINT TRIGGER grade_override_end AFTER UPDATE ON public.grade_override DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.ended_at IS NOT NULL)) EXECUTE FUNCTION customer_grade_needs_override();
CREATE TRIGGER grade_override_ended BEFORE UPDATE ON public.grade_override FOR EACH ROW WHEN ((old.ended_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER grade_override_keep BEFORE DELETE OR TRUNCATE ON public.grade_override FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER grade_override_needs_request AFTER INSERT ON public.grade_override DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grade_override_needs_request();
GRANT INSERT, SELECT ON grade_override TO tierwarden_app;
GRANT SELECT ON grade_override TO tierwarden_reader;
GRANT UPDATE (ended_at, end_cause) ON grade_override TO tierwarden_app;

CREATE TABLE idempotency_key (
  actor_id text NOT NULL,
  key text NOT NULL,
  body_digest text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  answer json,
  CONSTRAINT idempotency_key_actor_id_check CHECK ((actor_id <> ''::text)),
  CONSTRAINT idempotency_key_body_digest_check CHECK ((body_digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  CONSTRAINT idempotency_key_pkey PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created_at);
CREATE TRIGGER idempotency_key_actor BEFORE INSERT ON public.idempotency_key FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER idempotency_key_answered BEFORE UPDATE ON public.idempotency_key FOR EACH ROW WHEN ((old.answer IS NOT NULL)) EXECUTE FUNCTION tw_refuse_change();
GRANT DELETE, INSERT, SELECT ON idempotency_key TO tierwarden_app;
GRANT UPDATE (answer) ON idempotency_key TO tierwarden_app;

CREATE TABLE import_batch (
  id uuid NOT NULL,
  kind text NOT NULL,
  file_name text NOT NULL,
  file_sha256 text NOT NULL,
  map_digest text NOT NULL,
  source text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  started_by text NOT NULL,
  finished_at timestamp with time zone,
  counts jsonb,
  CONSTRAINT import_batch_check CHECK (((finished_at IS NULL) = (counts IS NULL))),
  CONSTRAINT import_batch_file_sha256_check CHECK ((file_sha256 ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT import_batch_kind_check CHECK ((kind = ANY (ARRAY['CUSTOMERS'::text, 'INDICATORS'::text]))),
  CONSTRAINT import_batch_map_digest_check CHECK ((map_digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT import_batch_source_check CHECK ((source <> ''::text)),
  CONSTRAINT import_batch_started_by_check CHECK ((started_by <> ''::text)),
  CONSTRAINT import_batch_pkey PRIMARY KEY (id)
);
CREATE INDEX import_batch_started ON public.import_batch USING btree (started_at, id);
CREATE TRIGGER import_batch_actor BEFORE INSERT OR DELETE OR UPDATE ON public.import_batch FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON import_batch TO tierwarden_app;
GRANT SELECT ON import_batch TO tierwarden_reader;
GRANT UPDATE (finished_at, counts) ON import_batch TO tierwarden_app;

CREATE TABLE indicator_current (
  customer_id uuid NOT NULL,
  values double precision[] NOT NULL,
  as_of date[] NOT NULL,
  recorded_at timestamp with time zone[] NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT indicator_current_check CHECK (((cardinality(as_of) = cardinality("values")) AND (cardinality(recorded_at) = cardinality("values")))),
  CONSTRAINT indicator_current_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT indicator_current_pkey PRIMARY KEY (customer_id)
);
CREATE TRIGGER indicator_current_actor BEFORE INSERT OR DELETE OR UPDATE ON public.indicator_current FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT, UPDATE ON indicator_current TO tierwarden_app;
GRANT SELECT ON indicator_current TO tierwarden_reader;

CREATE TABLE indicator_snapshot (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  as_of date NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  source text NOT NULL,
  quality text NOT NULL,
  values jsonb NOT NULL,
  content_digest text NOT NULL,
  batch_id uuid,
  CONSTRAINT indicator_snapshot_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT indicator_snapshot_quality_check CHECK ((quality = ANY (ARRAY['VERIFIED'::text, 'REPORTED'::text, 'ESTIMATED'::text, 'SCALED'::text]))),
  CONSTRAINT indicator_snapshot_source_check CHECK ((source <> ''::text)),
  CONSTRAINT indicator_snapshot_values_check CHECK (((jsonb_typeof("values") = 'object'::text) AND ("values" <> '{}'::jsonb))),
  CONSTRAINT indicator_snapshot_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES import_batch(id),
  CONSTRAINT indicator_snapshot_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT indicator_snapshot_pkey PRIMARY KEY (id)
);
CREATE INDEX indicator_snapshot_batch ON public.indicator_snapshot USING btree (batch_id);
CREATE INDEX indicator_snapshot_newest ON public.indicator_snapshot USING btree (customer_id, as_of, source, recorded_at, id);
CREATE INDEX indicator_snapshot_recorded ON public.indicator_snapshot USING btree (recorded_at);
CREATE TRIGGER indicator_snapshot_actor BEFORE INSERT OR DELETE OR UPDATE ON public.indicator_snapshot FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER indicator_snapshot_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.indicator_snapshot FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON indicator_snapshot TO tierwarden_app;
GRANT SELECT ON indicator_snapshot TO tierwarden_reader;

CREATE TABLE industry (
  code text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  CONSTRAINT industry_code_check CHECK ((code ~ '^[A-Z][A-Z0-9_]*$'::text)),
  CONSTRAINT industry_name_en_check CHECK ((name_en <> ''::text)),
  CONSTRAINT industry_name_zh_check CHECK ((name_zh <> ''::text)),
  CONSTRAINT industry_pkey PRIMARY KEY (code)
);
CREATE TRIGGER industry_actor BEFORE INSERT OR DELETE OR UPDATE ON public.industry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON industry TO tierwarden_app;
GRANT SELECT ON industry TO tierwarden_reader;

CREATE TABLE installation (
  id uuid NOT NULL,
  only_one boolean NOT NULL DEFAULT true,
  CONSTRAINT installation_only_one_check CHECK (only_one),
  CONSTRAINT installation_pkey PRIMARY KEY (id),
  CONSTRAINT installation_only_one_key UNIQUE (only_one)
);
GRANT SELECT ON installation TO tierwarden_app;
GRANT SELECT ON installation TO tierwarden_reader;

CREATE TABLE migration (
  id integer NOT NULL DEFAULT nextval('migration_id_seq'::regclass),
  timestamp bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT PK_3043fc6b8af7c99b8b98830094f PRIMARY KEY (id)
);
GRANT SELECT ON migration TO tierwarden_app;
GRANT SELECT ON migration TO tierwarden_reader;

CREATE TABLE org_unit (
  id uuid NOT NULL,
  code text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  parent_id uuid,
  line text NOT NULL,
  CONSTRAINT org_unit_check CHECK ((parent_id <> id)),
  CONSTRAINT org_unit_code_check CHECK ((code <> ''::text)),
  CONSTRAINT org_unit_line_check CHECK ((line = ANY (ARRAY['SALES'::text, 'RISK'::text, 'FINANCE'::text, 'AUDIT'::text, 'IT'::text]))),
  CONSTRAINT org_unit_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES org_unit(id),
  CONSTRAINT org_unit_pkey PRIMARY KEY (id),
  CONSTRAINT org_unit_code_key UNIQUE (code)
);
CREATE TRIGGER org_unit_actor BEFORE INSERT OR DELETE OR UPDATE ON public.org_unit FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT ON org_unit TO tierwarden_app;
GRANT SELECT ON org_unit TO tierwarden_reader;

CREATE TABLE outbox (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  job_key text NOT NULL,
  payload jsonb NOT NULL,
  request_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  trace_parent text,
  CONSTRAINT outbox_trace_parent_check CHECK ((trace_parent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text)),
  CONSTRAINT outbox_pkey PRIMARY KEY (id)
);
CREATE TRIGGER outbox_actor BEFORE INSERT ON public.outbox FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO tierwarden_app;
GRANT SELECT ON outbox TO tierwarden_reader;

CREATE TABLE outcome (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  event text NOT NULL,
  bad boolean NOT NULL,
  observed_on date NOT NULL,
  source text NOT NULL,
  batch_id uuid NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  CONSTRAINT outcome_event_check CHECK ((event = ANY (ARRAY['BANKRUPTCY'::text, 'DEFAULT'::text]))),
  CONSTRAINT outcome_source_check CHECK ((source <> ''::text)),
  CONSTRAINT outcome_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT outcome_pkey PRIMARY KEY (id)
);
CREATE INDEX outcome_customer ON public.outcome USING btree (customer_id, source, event, observed_on, recorded_at, id);
CREATE INDEX outcome_source ON public.outcome USING btree (source, event, customer_id, observed_on, recorded_at, id);
CREATE TRIGGER outcome_actor BEFORE INSERT OR DELETE OR UPDATE ON public.outcome FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER outcome_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outcome FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON outcome TO tierwarden_app;
GRANT SELECT ON outcome TO tierwarden_reader;

CREATE TABLE policy_version (
  id uuid NOT NULL,
  kind text NOT NULL,
  number integer NOT NULL,
  content jsonb NOT NULL,
  digest text NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  published_at timestamp with time zone NOT NULL,
  published_by text NOT NULL,
  CONSTRAINT policy_version_number_check CHECK ((number > 0)),
  CONSTRAINT policy_version_pkey PRIMARY KEY (id),
  CONSTRAINT policy_version_kind_number_key UNIQUE (kind, number)
);
CREATE TRIGGER policy_version_actor BEFORE INSERT OR DELETE OR UPDATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER policy_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON policy_version TO tierwarden_app;
GRANT SELECT ON policy_version TO tierwarden_reader;

CREATE TABLE rate_limit (
  key character varying(255) NOT NULL,
  points integer NOT NULL DEFAULT 0,
  expire bigint,
  CONSTRAINT rate_limit_pkey PRIMARY KEY (key)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON rate_limit TO tierwarden_app;

CREATE TABLE rating (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  run_id uuid,
  scorecard_version_id uuid NOT NULL,
  cut_point_set_id uuid NOT NULL,
  as_of date NOT NULL,
  rated_at timestamp with time zone NOT NULL,
  score numeric(7,4) NOT NULL,
  model_grade grade NOT NULL,
  uncapped_grade grade NOT NULL,
  inputs double precision[] NOT NULL,
  input_as_of date[] NOT NULL,
  points_centi smallint[] NOT NULL,
  caps text[] NOT NULL,
  notes text[] NOT NULL,
  CONSTRAINT rating_check CHECK ((model_grade <= uncapped_grade)),
  CONSTRAINT rating_score_check CHECK (((score >= (0)::numeric) AND (score <= (100)::numeric))),
  CONSTRAINT rating_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT rating_cut_point_set_id_fkey FOREIGN KEY (cut_point_set_id) REFERENCES cut_point_set(id),
  CONSTRAINT rating_run_id_fkey FOREIGN KEY (run_id) REFERENCES rating_run(id),
  CONSTRAINT rating_scorecard_version_id_fkey FOREIGN KEY (scorecard_version_id) REFERENCES scorecard_version(id),
  CONSTRAINT rating_pkey PRIMARY KEY (id)
);
CREATE INDEX rating_customer ON public.rating USING btree (customer_id, rated_at DESC, id DESC);
CREATE UNIQUE INDEX rating_once_per_run ON public.rating USING btree (run_id, customer_id) WHERE (run_id IS NOT NULL);
CREATE TRIGGER rating_actor BEFORE INSERT ON public.rating FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.rating FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON rating TO tierwarden_app;
GRANT SELECT ON rating TO tierwarden_reader;

CREATE TABLE rating_parked (
  run_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  parked_at timestamp with time zone NOT NULL,
  CONSTRAINT rating_parked_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT rating_parked_run_id_fkey FOREIGN KEY (run_id) REFERENCES rating_run(id),
  CONSTRAINT rating_parked_pkey PRIMARY KEY (run_id, customer_id)
);
CREATE TRIGGER rating_parked_actor BEFORE INSERT ON public.rating_parked FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_parked_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.rating_parked FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON rating_parked TO tierwarden_app;
GRANT SELECT ON rating_parked TO tierwarden_reader;

CREATE TABLE rating_run (
  id uuid NOT NULL,
  state text NOT NULL,
  scorecard_version_id uuid NOT NULL,
  as_of date NOT NULL,
  customers integer NOT NULL,
  requested_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  resumed_at timestamp with time zone,
  finished_at timestamp with time zone,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT rating_run_check CHECK ((resumed_at >= started_at)),
  CONSTRAINT rating_run_check1 CHECK ((finished_at >= started_at)),
  CONSTRAINT rating_run_check2 CHECK (((state = 'RUNNING'::text) = (finished_at IS NULL))),
  CONSTRAINT rating_run_customers_check CHECK ((customers >= 0)),
  CONSTRAINT rating_run_requested_by_check CHECK ((requested_by <> ''::text)),
  CONSTRAINT rating_run_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETED'::text, 'CANCELLED'::text]))),
  CONSTRAINT rating_run_updated_after CHECK ((updated_at >= started_at)),
  CONSTRAINT rating_run_version_check CHECK ((version > 0)),
  CONSTRAINT rating_run_scorecard_version_id_fkey FOREIGN KEY (scorecard_version_id) REFERENCES scorecard_version(id),
  CONSTRAINT rating_run_pkey PRIMARY KEY (id)
);
CREATE INDEX rating_run_time ON public.rating_run USING btree (started_at DESC, id DESC);
CREATE UNIQUE INDEX rating_run_one_open ON public.rating_run USING btree ((true)) WHERE (state = 'RUNNING'::text);
CREATE TRIGGER rating_run_actor BEFORE INSERT OR DELETE OR UPDATE ON public.rating_run FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_run_closed BEFORE UPDATE ON public.rating_run FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER rating_run_keep BEFORE DELETE OR TRUNCATE ON public.rating_run FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT, UPDATE ON rating_run TO tierwarden_app;
GRANT SELECT ON rating_run TO tierwarden_reader;

CREATE TABLE rating_run_chunk (
  run_id uuid NOT NULL,
  ordinal integer NOT NULL,
  bucket_from smallint NOT NULL,
  bucket_to smallint NOT NULL,
  rated integer,
  parked integer,
  digest text,
  done_at timestamp with time zone,
  CONSTRAINT rating_run_chunk_check CHECK ((bucket_from <= bucket_to)),
  CONSTRAINT rating_run_chunk_check1 CHECK ((((done_at IS NULL) = (rated IS NULL)) AND ((done_at IS NULL) = (parked IS NULL)) AND ((done_at IS NULL) = (digest IS NULL)))),
  CONSTRAINT rating_run_chunk_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT rating_run_chunk_ordinal_check CHECK ((ordinal > 0)),
  CONSTRAINT rating_run_chunk_parked_check CHECK ((parked >= 0)),
  CONSTRAINT rating_run_chunk_rated_check CHECK ((rated >= 0)),
  CONSTRAINT rating_run_chunk_run_id_fkey FOREIGN KEY (run_id) REFERENCES rating_run(id),
  CONSTRAINT rating_run_chunk_pkey PRIMARY KEY (run_id, ordinal)
);
CREATE TRIGGER rating_run_chunk_actor BEFORE INSERT OR DELETE OR UPDATE ON public.rating_run_chunk FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_run_chunk_closed BEFORE UPDATE ON public.rating_run_chunk FOR EACH ROW WHEN ((old.done_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER rating_run_chunk_keep BEFORE DELETE OR TRUNCATE ON public.rating_run_chunk FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT, UPDATE ON rating_run_chunk TO tierwarden_app;
GRANT SELECT ON rating_run_chunk TO tierwarden_reader;

CREATE TABLE scorecard (
  id uuid NOT NULL,
  code text NOT NULL,
  CONSTRAINT scorecard_code_check CHECK ((code <> ''::text)),
  CONSTRAINT scorecard_pkey PRIMARY KEY (id),
  CONSTRAINT scorecard_code_key UNIQUE (code)
);
CREATE TRIGGER scorecard_actor BEFORE INSERT OR DELETE OR UPDATE ON public.scorecard FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.scorecard FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON scorecard TO tierwarden_app;
GRANT SELECT ON scorecard TO tierwarden_reader;

CREATE TABLE scorecard_version (
  id uuid NOT NULL,
  scorecard_id uuid NOT NULL,
  number integer NOT NULL,
  definition jsonb NOT NULL,
  digest text NOT NULL,
  state text NOT NULL,
  created_by text NOT NULL,
  published_at timestamp with time zone NOT NULL,
  retired_at timestamp with time zone,
  CONSTRAINT scorecard_version_check CHECK (((state = 'RETIRED'::text) = (retired_at IS NOT NULL))),
  CONSTRAINT scorecard_version_created_by_check CHECK ((created_by <> ''::text)),
  CONSTRAINT scorecard_version_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT scorecard_version_number_check CHECK ((number > 0)),
  CONSTRAINT scorecard_version_state_check CHECK ((state = ANY (ARRAY['LIVE'::text, 'RETIRED'::text]))),
  CONSTRAINT scorecard_version_scorecard_id_fkey FOREIGN KEY (scorecard_id) REFERENCES scorecard(id),
  CONSTRAINT scorecard_version_pkey PRIMARY KEY (id),
  CONSTRAINT scorecard_version_scorecard_id_number_key UNIQUE (scorecard_id, number)
);
CREATE UNIQUE INDEX scorecard_version_live ON public.scorecard_version USING btree (scorecard_id) WHERE (state = 'LIVE'::text);
CREATE TRIGGER scorecard_version_actor BEFORE INSERT OR DELETE OR UPDATE ON public.scorecard_version FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_version_fixed BEFORE DELETE OR UPDATE OF id, scorecard_id, number, definition, digest, created_by, published_at OR TRUNCATE ON public.scorecard_version FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON scorecard_version TO tierwarden_app;
GRANT SELECT ON scorecard_version TO tierwarden_reader;
GRANT UPDATE (state, retired_at) ON scorecard_version TO tierwarden_app;

CREATE TABLE signal (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  topic text NOT NULL,
  object_id text NOT NULL,
  version integer NOT NULL,
  signalled_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT signal_pkey PRIMARY KEY (xid, topic, object_id)
);
CREATE TRIGGER signal_actor BEFORE INSERT ON public.signal FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT DELETE, INSERT, SELECT ON signal TO tierwarden_app;
GRANT SELECT ON signal TO tierwarden_reader;

CREATE TABLE user_role (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  granted_by text NOT NULL,
  granted_at timestamp with time zone NOT NULL,
  revoked_by text,
  revoked_at timestamp with time zone,
  CONSTRAINT user_role_check CHECK ((granted_by <> (user_id)::text)),
  CONSTRAINT user_role_check1 CHECK ((revoked_by <> (user_id)::text)),
  CONSTRAINT user_role_check2 CHECK ((revoked_at >= granted_at)),
  CONSTRAINT user_role_check3 CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
  CONSTRAINT user_role_role_check CHECK ((role = ANY (ARRAY['SALES_MAKER'::text, 'RISK_ANALYST'::text, 'RISK_APPROVER'::text, 'CHIEF_RISK_OFFICER'::text, 'AUDITOR'::text, 'POLICY_ADMIN'::text, 'SYSTEM_ADMIN'::text, 'SECURITY_ADMIN'::text, 'SERVICE'::text]))),
  CONSTRAINT user_role_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id),
  CONSTRAINT user_role_pkey PRIMARY KEY (id)
);
CREATE INDEX user_role_holders ON public.user_role USING btree (role, user_id) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX user_role_in_force ON public.user_role USING btree (user_id, role) WHERE (revoked_at IS NULL);
CREATE TRIGGER user_role_actor BEFORE INSERT OR DELETE OR UPDATE ON public.user_role FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER user_role_final BEFORE UPDATE ON public.user_role FOR EACH ROW WHEN ((old.revoked_at IS NOT NULL)) EXECUTE FUNCTION tw_revocation_is_final();
GRANT INSERT, SELECT ON user_role TO tierwarden_app;
GRANT SELECT ON user_role TO tierwarden_reader;
GRANT UPDATE (revoked_by, revoked_at) ON user_role TO tierwarden_app;

CREATE OR REPLACE FUNCTION public.audit_event_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.actor_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'an audit event names its own actor' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_entry_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.state <> 'IN_REVIEW' OR NEW.current_level <> 1 THEN
          RAISE EXCEPTION 'a request starts in review' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF OLD.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', OLD.serial, OLD.state USING ERRCODE = 'TW004';
        END IF;
        IF (OLD.id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.payload, OLD.base, OLD.impact, OLD.policy_version_id,
            OLD.routing_row, OLD.digest, OLD.maker_id, OLD.submitted_at, OLD.decide_by)
           IS DISTINCT FROM
           (NEW.id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.payload, NEW.base, NEW.impact, NEW.policy_version_id,
            NEW.routing_row, NEW.digest, NEW.maker_id, NEW.submitted_at, NEW.decide_by) THEN
          RAISE EXCEPTION 'the substance of request % is frozen', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        IF NEW.state = 'APPLIED' AND EXISTS (
          SELECT FROM change_request_vote WHERE request_id = NEW.id AND verdict = 'REJECT') THEN
          RAISE EXCEPTION 'request % was rejected', OLD.serial USING ERRCODE = 'TW007';
        END IF;
        IF NEW.state = 'APPLIED' AND EXISTS (
          SELECT FROM change_request_level AS level
          WHERE level.request_id = NEW.id
            AND level.quorum > (SELECT count(*) FROM change_request_vote AS vote
                                WHERE vote.request_id = NEW.id AND vote.level_ordinal = level.ordinal
                                  AND vote.verdict = 'APPROVE' AND vote.digest = NEW.digest)) THEN
          RAISE EXCEPTION 'request % lacks approvals', OLD.serial USING ERRCODE = 'TW007';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_has_levels()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.id) THEN
          RAISE EXCEPTION 'request % has no level: nobody would have to agree', NEW.serial USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_level_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        current bigint := pg_current_xact_id()::text::bigint;
        ahead bigint;
      BEGIN
        SELECT (xmin::text::bigint - current) & 4294967295 INTO ahead FROM change_request WHERE id = NEW.request_id;
        IF NOT FOUND OR pg_xact_status((current + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END)
                                       ::text::xid8) IS DISTINCT FROM 'in progress' THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_vote_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF lower(request.maker_id) = NEW.voter_id::text THEN
          RAISE EXCEPTION 'the maker of request % cannot decide it', request.serial USING ERRCODE = 'TW003';
        END IF;
        IF request.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', request.serial, request.state USING ERRCODE = 'TW004';
        END IF;
        IF request.current_level <> NEW.level_ordinal OR request.digest <> NEW.digest THEN
          RAISE EXCEPTION 'vote on another level or digest of request %', request.serial USING ERRCODE = 'TW005';
        END IF;
        IF NEW.voter_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody votes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.cast_at >= request.decide_by THEN
          RAISE EXCEPTION 'the time to decide request % is over', request.serial USING ERRCODE = 'TW004';
        END IF;
        IF NOT EXISTS (
          SELECT FROM change_request_level AS level
          JOIN user_role AS held ON held.role = level.role AND held.user_id = NEW.voter_id AND held.revoked_at IS NULL
          JOIN app_user AS voter ON voter.id = held.user_id AND voter.active
          WHERE level.request_id = NEW.request_id AND level.ordinal = NEW.level_ordinal) THEN
          RAISE EXCEPTION 'the voter does not hold the role of this level' USING ERRCODE = 'TW011';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.credit_limit_book()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    BEGIN
      -- It runs with the owner's rights, so it serves no other table.
      IF TG_RELID <> 'public.credit_limit_entry'::regclass THEN
        RAISE EXCEPTION 'limits move by their journal alone' USING ERRCODE = 'TW009';
      END IF;
      IF NEW.booked_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
        RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
      END IF;
      IF NEW.kind = 'OPENING' THEN
        -- People open a limit at nothing, by a raise; a book that is taken over is opened by the installation.
        IF NEW.after > 0 AND NEW.booked_by NOT LIKE 'system:%' THEN
          RAISE EXCEPTION 'a person opens no limit' USING ERRCODE = 'TW008';
        END IF;
        INSERT INTO credit_limit (customer_id, amount, currency, version, updated_at)
        VALUES (NEW.customer_id, NEW.after, NEW.currency, 1, NEW.booked_at);
      ELSE
        UPDATE credit_limit SET amount = NEW.after, version = version + 1, updated_at = NEW.booked_at
        WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency AND updated_at <= NEW.booked_at;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
        END IF;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.credit_limit_raise_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id::text = NEW.cause_id AND state = 'APPLIED'
                       AND kind = 'CREDIT_LIMIT' AND subject_id = NEW.customer_id::text
                       AND payload ->> 'toAmount' = NEW.after::text) THEN
          RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.customer_grade_needs_override()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF EXISTS (SELECT FROM customer_grade AS now
                   WHERE now.customer_id = NEW.customer_id AND now.basis = 'OVERRIDE'
                     AND NOT EXISTS (SELECT FROM grade_override
                                     WHERE id = now.override_id AND customer_id = now.customer_id
                                       AND to_grade = now.grade AND ended_at IS NULL)) THEN
          RAISE EXCEPTION 'grade in force without a live override' USING ERRCODE = 'TW012';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.grade_override_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED' AND kind = 'GRADE_OVERRIDE'
                       AND subject_id = NEW.customer_id::text AND payload ->> 'toGrade' = NEW.to_grade::text
                       AND (payload ->> 'validUntil')::timestamptz = NEW.valid_until) THEN
          RAISE EXCEPTION 'override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.tw_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'TW002';
      END $function$;

CREATE OR REPLACE FUNCTION public.tw_refuse_reopening()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION '% is closed', TG_TABLE_NAME USING ERRCODE = 'TW004';
      END $function$;

CREATE OR REPLACE FUNCTION public.tw_require_actor()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF coalesce(current_setting('tierwarden.actor', true), '') = '' THEN
          RAISE EXCEPTION 'write to % without an actor', TG_TABLE_NAME
            USING ERRCODE = 'TW001', HINT = 'writes go through the unit of work';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.tw_revocation_is_final()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION 'a revoked grant is never changed: %', OLD.id USING ERRCODE = 'TW002';
      END $function$;

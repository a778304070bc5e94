-- The schema that the migrations make; written by `npm run goldens`, edits here are overwritten.

CREATE TYPE grade AS ENUM ('C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA');

CREATE TYPE risk_class AS ENUM ('LOW', 'MEDIUM', 'HIGH');

CREATE TYPE tier AS ENUM ('WATCH', 'STANDARD', 'SILVER', 'GOLD', 'DIAMOND');

CREATE TYPE value_band AS ENUM ('LOW', 'MEDIUM', 'HIGH', 'TOP');

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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.app_user REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_app_user();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.app_user REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_app_user();
GRANT INSERT, SELECT ON app_user TO tierwarden_app;
GRANT SELECT ON app_user TO tierwarden_reader;
GRANT UPDATE (display_name, org_unit_id, active, version) ON app_user TO tierwarden_app;

CREATE TABLE attestation (
  year integer NOT NULL,
  due_on date NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  reminded_at timestamp with time zone NOT NULL,
  reminders integer NOT NULL,
  request_id uuid,
  attested_at timestamp with time zone,
  CONSTRAINT attestation_check CHECK ((due_on > make_date(year, 12, 31))),
  CONSTRAINT attestation_check1 CHECK ((opened_at >= ((make_date((year + 1), 1, 1))::timestamp without time zone AT TIME ZONE 'UTC'::text))),
  CONSTRAINT attestation_check2 CHECK ((reminded_at >= opened_at)),
  CONSTRAINT attestation_check3 CHECK ((attested_at >= opened_at)),
  CONSTRAINT attestation_check4 CHECK (((request_id IS NULL) = (attested_at IS NULL))),
  CONSTRAINT attestation_reminders_check CHECK ((reminders >= 0)),
  CONSTRAINT attestation_year_check CHECK (((year >= 2000) AND (year <= 9999))),
  CONSTRAINT attestation_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT attestation_pkey PRIMARY KEY (year),
  CONSTRAINT attestation_request_id_key UNIQUE (request_id)
);
CREATE TRIGGER attestation_actor BEFORE INSERT OR DELETE OR UPDATE ON public.attestation FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER attestation_given BEFORE UPDATE ON public.attestation FOR EACH ROW WHEN ((old.attested_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER attestation_keep BEFORE DELETE OR TRUNCATE ON public.attestation FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER attestation_needs_request AFTER INSERT OR UPDATE ON public.attestation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.request_id IS NOT NULL)) EXECUTE FUNCTION attestation_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.attestation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_attestation();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.attestation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_attestation();
GRANT INSERT, SELECT ON attestation TO tierwarden_app;
GRANT SELECT ON attestation TO tierwarden_reader;
GRANT UPDATE (reminded_at, reminders, request_id, attested_at) ON attestation TO tierwarden_app;

CREATE TABLE audit_check (
  walk text NOT NULL,
  leaves bigint NOT NULL DEFAULT 0,
  last_key text[],
  compared bigint NOT NULL DEFAULT 0,
  round_ended_at timestamp with time zone,
  CONSTRAINT audit_check_pkey PRIMARY KEY (walk)
);
GRANT INSERT, SELECT, UPDATE ON audit_check TO tierwarden_app;
GRANT SELECT ON audit_check TO tierwarden_reader;

CREATE TABLE audit_discrepancy (
  id uuid NOT NULL,
  table_name text NOT NULL,
  row_key text NOT NULL,
  kind text NOT NULL,
  leaf_index bigint,
  found_at timestamp with time zone NOT NULL,
  gone_at timestamp with time zone,
  CONSTRAINT audit_discrepancy_check CHECK ((gone_at >= found_at)),
  CONSTRAINT audit_discrepancy_kind_check CHECK ((kind = ANY (ARRAY['ROW_WITHOUT_LEAF'::text, 'LEAF_WITHOUT_ROW'::text, 'ROW_DIFFERS'::text]))),
  CONSTRAINT audit_discrepancy_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_discrepancy_found ON public.audit_discrepancy USING btree (found_at DESC, id DESC);
CREATE UNIQUE INDEX audit_discrepancy_open ON public.audit_discrepancy USING btree (table_name, row_key) WHERE (gone_at IS NULL);
CREATE TRIGGER audit_discrepancy_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_discrepancy FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_discrepancy_keep BEFORE DELETE OR TRUNCATE ON public.audit_discrepancy FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON audit_discrepancy TO tierwarden_app;
GRANT SELECT ON audit_discrepancy TO tierwarden_reader;
GRANT UPDATE (gone_at) ON audit_discrepancy TO tierwarden_app;

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
CREATE INDEX audit_event_behalf ON public.audit_event USING btree (on_behalf_of, occurred_at, id) WHERE (on_behalf_of IS NOT NULL);
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

CREATE TABLE audit_event_body (
  event_id uuid NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT audit_event_body_bytes_check CHECK ((octet_length(bytes) > 65535)),
  CONSTRAINT audit_event_body_event_id_fkey FOREIGN KEY (event_id) REFERENCES audit_event(id),
  CONSTRAINT audit_event_body_pkey PRIMARY KEY (event_id)
);
CREATE TRIGGER audit_event_body_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_event_body FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_event_body_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_event_body FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON audit_event_body TO tierwarden_app;
GRANT SELECT ON audit_event_body TO tierwarden_reader;

CREATE TABLE audit_log_checkpoint (
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  seen pg_snapshot NOT NULL,
  until pg_snapshot,
  last_xact xid8,
  last_event uuid,
  server text NOT NULL,
  CONSTRAINT audit_log_checkpoint_check CHECK ((num_nulls(until, last_xact, last_event) = ANY (ARRAY[0, 3]))),
  CONSTRAINT audit_log_checkpoint_root_check CHECK ((octet_length(root) = 32)),
  CONSTRAINT audit_log_checkpoint_size_check CHECK ((size >= 0)),
  CONSTRAINT audit_log_checkpoint_pkey PRIMARY KEY (size)
);
CREATE INDEX audit_log_checkpoint_server ON public.audit_log_checkpoint USING btree (server);
CREATE TRIGGER audit_log_checkpoint_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_log_checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER audit_log_checkpoint_guard BEFORE INSERT ON public.audit_log_checkpoint FOR EACH ROW EXECUTE FUNCTION audit_log_checkpoint_guard();
GRANT INSERT, SELECT ON audit_log_checkpoint TO tierwarden_app;
GRANT SELECT ON audit_log_checkpoint TO tierwarden_reader;

CREATE TABLE audit_log_cosignature (
  size bigint NOT NULL,
  witness text NOT NULL,
  line text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_log_cosignature_size_fkey FOREIGN KEY (size) REFERENCES audit_log_checkpoint(size),
  CONSTRAINT audit_log_cosignature_pkey PRIMARY KEY (size, witness)
);
CREATE TRIGGER audit_log_cosignature_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_log_cosignature FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_log_cosignature_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log_cosignature FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON audit_log_cosignature TO tierwarden_app;
GRANT SELECT ON audit_log_cosignature TO tierwarden_reader;

CREATE TABLE audit_log_leaf (
  leaf_index bigint NOT NULL,
  event_id uuid NOT NULL,
  CONSTRAINT audit_log_leaf_leaf_index_check CHECK ((leaf_index >= 0)),
  CONSTRAINT audit_log_leaf_pkey PRIMARY KEY (leaf_index),
  CONSTRAINT audit_log_leaf_event_id_key UNIQUE (event_id)
);
CREATE TRIGGER audit_log_leaf_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_log_leaf FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_log_leaf_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log_leaf FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER audit_log_leaf_guard AFTER INSERT ON public.audit_log_leaf REFERENCING NEW TABLE AS new_leaves FOR EACH STATEMENT EXECUTE FUNCTION audit_log_leaf_guard();
GRANT INSERT, SELECT ON audit_log_leaf TO tierwarden_app;
GRANT SELECT ON audit_log_leaf TO tierwarden_reader;

CREATE TABLE audit_log_tile (
  level smallint NOT NULL,
  tile bigint NOT NULL,
  first smallint NOT NULL,
  hashes bytea NOT NULL,
  CONSTRAINT audit_log_tile_check CHECK (((octet_length(hashes) > 0) AND ((octet_length(hashes) % 32) = 0) AND ((first + (octet_length(hashes) / 32)) <= 256))),
  CONSTRAINT audit_log_tile_first_check CHECK (((first >= 0) AND (first <= 255))),
  CONSTRAINT audit_log_tile_level_check CHECK ((level >= 0)),
  CONSTRAINT audit_log_tile_tile_check CHECK ((tile >= 0)),
  CONSTRAINT audit_log_tile_pkey PRIMARY KEY (level, tile, first)
);
CREATE TRIGGER audit_log_tile_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_log_tile FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_log_tile_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log_tile FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON audit_log_tile TO tierwarden_app;
GRANT SELECT ON audit_log_tile TO tierwarden_reader;

CREATE TABLE audit_look (
  customer_id uuid NOT NULL,
  event_id uuid NOT NULL,
  looked_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_look_pkey PRIMARY KEY (customer_id, event_id)
);
CREATE TRIGGER audit_look_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_look FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_look_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_look FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON audit_look TO tierwarden_app;
GRANT SELECT ON audit_look TO tierwarden_reader;

CREATE TABLE audit_row (
  table_name text NOT NULL,
  row_key text NOT NULL,
  leaf_index bigint NOT NULL,
  place integer NOT NULL,
  digest bytea,
  columns_id integer NOT NULL,
  is_baseline boolean NOT NULL,
  CONSTRAINT audit_row_digest_check CHECK ((octet_length(digest) = 32)),
  CONSTRAINT audit_row_place_check CHECK ((place >= 0)),
  CONSTRAINT audit_row_columns_id_fkey FOREIGN KEY (columns_id) REFERENCES audit_row_columns(id),
  CONSTRAINT audit_row_pkey PRIMARY KEY (table_name, row_key, leaf_index, place)
);
GRANT INSERT, SELECT ON audit_row TO tierwarden_app;
GRANT SELECT ON audit_row TO tierwarden_reader;

CREATE TABLE audit_row_columns (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  columns text[] NOT NULL,
  CONSTRAINT audit_row_columns_pkey PRIMARY KEY (id),
  CONSTRAINT audit_row_columns_columns_key UNIQUE (columns)
);
GRANT INSERT, SELECT ON audit_row_columns TO tierwarden_app;
GRANT SELECT ON audit_row_columns TO tierwarden_reader;

CREATE TABLE audit_search (
  id uuid NOT NULL,
  owner_id text NOT NULL,
  name text NOT NULL,
  conditions jsonb NOT NULL,
  saved_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT audit_search_check CHECK ((ended_at >= saved_at)),
  CONSTRAINT audit_search_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  CONSTRAINT audit_search_owner_id_check CHECK ((owner_id <> ''::text)),
  CONSTRAINT audit_search_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX audit_search_name ON public.audit_search USING btree (owner_id, name) WHERE (ended_at IS NULL);
CREATE TRIGGER audit_search_actor BEFORE INSERT OR DELETE OR UPDATE ON public.audit_search FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER audit_search_keep BEFORE DELETE OR TRUNCATE ON public.audit_search FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.audit_search REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_audit_search();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.audit_search REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_audit_search();
GRANT INSERT, SELECT ON audit_search TO tierwarden_app;
GRANT UPDATE (ended_at) ON audit_search TO tierwarden_app;

CREATE TABLE audit_trail (
  table_name text NOT NULL,
  columns text[] NOT NULL,
  since timestamp with time zone NOT NULL DEFAULT now(),
  baselined_at timestamp with time zone,
  CONSTRAINT audit_trail_pkey PRIMARY KEY (table_name)
);
GRANT SELECT ON audit_trail TO tierwarden_app;
GRANT SELECT ON audit_trail TO tierwarden_reader;
GRANT UPDATE (baselined_at) ON audit_trail TO tierwarden_app;

CREATE TABLE audit_trail_exemption (
  table_name text NOT NULL,
  column_name text NOT NULL DEFAULT ''::text,
  condition text,
  reason text NOT NULL,
  CONSTRAINT audit_trail_exemption_check CHECK (((condition IS NULL) OR (column_name = ''::text))),
  CONSTRAINT audit_trail_exemption_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT audit_trail_exemption_pkey PRIMARY KEY (table_name, column_name)
);
GRANT SELECT ON audit_trail_exemption TO tierwarden_app;
GRANT SELECT ON audit_trail_exemption TO tierwarden_reader;

CREATE TABLE break_glass (
  request_id uuid NOT NULL,
  review_id uuid NOT NULL,
  broken_by uuid NOT NULL,
  reason text NOT NULL,
  broken_at timestamp with time zone NOT NULL,
  ratify_by timestamp with time zone NOT NULL,
  outcome text,
  ended_at timestamp with time zone,
  CONSTRAINT break_glass_check CHECK ((ratify_by > broken_at)),
  CONSTRAINT break_glass_check1 CHECK (((outcome IS NULL) = (ended_at IS NULL))),
  CONSTRAINT break_glass_outcome_check CHECK ((outcome = ANY (ARRAY['RATIFIED'::text, 'REVERTED'::text]))),
  CONSTRAINT break_glass_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT break_glass_broken_by_fkey FOREIGN KEY (broken_by) REFERENCES app_user(id),
  CONSTRAINT break_glass_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT break_glass_review_id_fkey FOREIGN KEY (review_id) REFERENCES change_request(id),
  CONSTRAINT break_glass_pkey PRIMARY KEY (request_id),
  CONSTRAINT break_glass_review_id_key UNIQUE (review_id)
);
CREATE INDEX break_glass_due ON public.break_glass USING btree (ratify_by) WHERE (outcome IS NULL);
CREATE TRIGGER break_glass_actor BEFORE INSERT OR UPDATE ON public.break_glass FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER break_glass_final BEFORE UPDATE ON public.break_glass FOR EACH ROW WHEN ((old.outcome IS NOT NULL)) EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER break_glass_guard BEFORE INSERT ON public.break_glass FOR EACH ROW EXECUTE FUNCTION break_glass_guard();
CREATE TRIGGER break_glass_keep BEFORE DELETE OR TRUNCATE ON public.break_glass FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER break_glass_outcome AFTER UPDATE ON public.break_glass DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.outcome IS NOT NULL)) EXECUTE FUNCTION break_glass_outcome();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.break_glass REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_break_glass();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.break_glass REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_break_glass();
GRANT INSERT, SELECT ON break_glass TO tierwarden_app;
GRANT SELECT ON break_glass TO tierwarden_reader;
GRANT UPDATE (outcome, ended_at) ON break_glass TO tierwarden_app;

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
  round smallint NOT NULL DEFAULT 1,
  facts jsonb NOT NULL DEFAULT '{}'::jsonb,
  effective_from timestamp with time zone,
  editor_ids text[] NOT NULL DEFAULT '{}'::text[],
  interested_ids text[] NOT NULL DEFAULT '{}'::text[],
  returned_from smallint,
  failure text,
  eventful boolean NOT NULL DEFAULT false,
  alarm_at timestamp with time zone,
  alarms smallint NOT NULL DEFAULT 0,
  CONSTRAINT change_request_closed CHECK (((state = ANY (ARRAY['APPLIED'::text, 'REJECTED'::text, 'WITHDRAWN'::text, 'EXPIRED'::text, 'STALE'::text])) = (closed_at IS NOT NULL))),
  CONSTRAINT change_request_failure CHECK (((state = 'APPLY_FAILED'::text) = (failure IS NOT NULL))),
  CONSTRAINT change_request_failure_check CHECK ((failure <> ''::text)),
  CONSTRAINT change_request_maker_id_check CHECK ((maker_id <> ''::text)),
  CONSTRAINT change_request_returned CHECK (((state = 'RETURNED'::text) = (returned_from IS NOT NULL))),
  CONSTRAINT change_request_round_check CHECK ((round > 0)),
  CONSTRAINT change_request_scheduled CHECK (((state <> 'SCHEDULED'::text) OR (effective_from IS NOT NULL))),
  CONSTRAINT change_request_state_check CHECK ((state = ANY (ARRAY['DRAFT'::text, 'IN_REVIEW'::text, 'RETURNED'::text, 'APPROVED'::text, 'SCHEDULED'::text, 'APPLY_FAILED'::text, 'APPLIED'::text, 'REJECTED'::text, 'WITHDRAWN'::text, 'EXPIRED'::text, 'STALE'::text]))),
  CONSTRAINT change_request_updated_after CHECK ((updated_at >= submitted_at)),
  CONSTRAINT change_request_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT change_request_pkey PRIMARY KEY (id),
  CONSTRAINT change_request_serial_key UNIQUE (serial)
);
CREATE INDEX change_request_alarm ON public.change_request USING btree (alarm_at) WHERE (state = 'IN_REVIEW'::text);
CREATE INDEX change_request_decide_by ON public.change_request USING btree (decide_by, id);
CREATE INDEX change_request_due ON public.change_request USING btree (state, decide_by, id);
CREATE INDEX change_request_kind ON public.change_request USING btree (kind, submitted_at DESC, id DESC);
CREATE INDEX change_request_maker ON public.change_request USING btree (maker_id, submitted_at DESC, id DESC);
CREATE INDEX change_request_scheduled ON public.change_request USING btree (effective_from) WHERE (state = 'SCHEDULED'::text);
CREATE INDEX change_request_state ON public.change_request USING btree (state, submitted_at DESC, id DESC);
CREATE INDEX change_request_subject ON public.change_request USING btree (subject_type, subject_id, submitted_at DESC, id DESC);
CREATE INDEX change_request_submitted ON public.change_request USING btree (submitted_at DESC, id DESC);
CREATE INDEX change_request_updated ON public.change_request USING btree (updated_at, id);
CREATE UNIQUE INDEX change_request_one_open ON public.change_request USING btree (kind, subject_type, subject_id) WHERE (state = ANY (ARRAY['IN_REVIEW'::text, 'RETURNED'::text, 'SCHEDULED'::text, 'APPLY_FAILED'::text]));
CREATE TRIGGER change_request_actor BEFORE INSERT OR DELETE OR UPDATE ON public.change_request FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_entry_guard BEFORE INSERT ON public.change_request FOR EACH ROW EXECUTE FUNCTION change_request_entry_guard();
CREATE TRIGGER change_request_guard BEFORE UPDATE ON public.change_request FOR EACH ROW EXECUTE FUNCTION change_request_guard();
CREATE CONSTRAINT TRIGGER change_request_has_levels AFTER INSERT ON public.change_request DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_has_levels();
CREATE TRIGGER change_request_keep BEFORE DELETE OR TRUNCATE ON public.change_request FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request();
GRANT INSERT, SELECT ON change_request TO tierwarden_app;
GRANT SELECT ON change_request TO tierwarden_reader;
GRANT UPDATE (state, current_level, closed_at, version, updated_at, editor_ids, returned_from, failure, eventful, alarm_at, alarms) ON change_request TO tierwarden_app;

CREATE TABLE change_request_evidence (
  id uuid NOT NULL,
  request_id uuid NOT NULL,
  file_id uuid NOT NULL,
  title text NOT NULL,
  added_by text NOT NULL,
  added_at timestamp with time zone NOT NULL,
  CONSTRAINT change_request_evidence_added_by_check CHECK ((added_by <> ''::text)),
  CONSTRAINT change_request_evidence_title_check CHECK ((title <> ''::text)),
  CONSTRAINT change_request_evidence_file_id_fkey FOREIGN KEY (file_id) REFERENCES evidence_content(file_id),
  CONSTRAINT change_request_evidence_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT change_request_evidence_pkey PRIMARY KEY (id),
  CONSTRAINT change_request_evidence_request_id_file_id_key UNIQUE (request_id, file_id)
);
CREATE INDEX change_request_evidence_file ON public.change_request_evidence USING btree (file_id);
CREATE TRIGGER change_request_evidence_actor BEFORE INSERT ON public.change_request_evidence FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_evidence_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_evidence FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_evidence_guard BEFORE INSERT ON public.change_request_evidence FOR EACH ROW EXECUTE FUNCTION change_request_evidence_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_evidence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_evidence();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_evidence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_evidence();
GRANT INSERT, SELECT ON change_request_evidence TO tierwarden_app;
GRANT SELECT ON change_request_evidence TO tierwarden_reader;

CREATE TABLE change_request_level (
  request_id uuid NOT NULL,
  ordinal smallint NOT NULL,
  role text,
  quorum smallint NOT NULL,
  round smallint NOT NULL DEFAULT 1,
  part smallint NOT NULL DEFAULT 1,
  phase text NOT NULL DEFAULT 'MAIN'::text,
  line text,
  person_id uuid,
  every_one boolean NOT NULL DEFAULT false,
  sla_hours smallint,
  escalate_to text[] NOT NULL DEFAULT '{}'::text[],
  signed boolean NOT NULL DEFAULT false,
  CONSTRAINT change_request_level_line_check CHECK ((line = ANY (ARRAY['SALES'::text, 'RISK'::text, 'FINANCE'::text, 'AUDIT'::text, 'IT'::text]))),
  CONSTRAINT change_request_level_ordinal_check CHECK ((ordinal > 0)),
  CONSTRAINT change_request_level_part_check CHECK ((part > 0)),
  CONSTRAINT change_request_level_phase_check CHECK ((phase = ANY (ARRAY['BEFORE'::text, 'MAIN'::text, 'AFTER'::text]))),
  CONSTRAINT change_request_level_quorum_check CHECK ((quorum > 0)),
  CONSTRAINT change_request_level_sla_hours_check CHECK ((sla_hours > 0)),
  CONSTRAINT change_request_level_who CHECK (
CASE
    WHEN (person_id IS NULL) THEN (num_nonnulls(role, line) > 0)
    ELSE ((num_nonnulls(role, line) = 0) AND (quorum = 1))
END),
  CONSTRAINT change_request_level_person_id_fkey FOREIGN KEY (person_id) REFERENCES app_user(id),
  CONSTRAINT change_request_level_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT change_request_level_pkey PRIMARY KEY (request_id, round, ordinal, part)
);
CREATE TRIGGER change_request_level_actor BEFORE INSERT ON public.change_request_level FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_level_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_level FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_level_guard BEFORE INSERT ON public.change_request_level FOR EACH ROW EXECUTE FUNCTION change_request_level_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_level REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_level();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_level REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_level();
GRANT INSERT, SELECT ON change_request_level TO tierwarden_app;
GRANT SELECT ON change_request_level TO tierwarden_reader;

CREATE TABLE change_request_round (
  request_id uuid NOT NULL,
  round smallint NOT NULL,
  from_level smallint NOT NULL,
  payload jsonb NOT NULL,
  base jsonb NOT NULL,
  impact jsonb NOT NULL,
  facts jsonb NOT NULL,
  policy_version_id uuid NOT NULL,
  routing_row text NOT NULL,
  digest text NOT NULL,
  effective_from timestamp with time zone,
  decide_by timestamp with time zone NOT NULL,
  opened_by text NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  CONSTRAINT change_request_round_from_level_check CHECK ((from_level > 0)),
  CONSTRAINT change_request_round_round_check CHECK ((round > 0)),
  CONSTRAINT change_request_round_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT change_request_round_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT change_request_round_pkey PRIMARY KEY (request_id, round)
);
CREATE TRIGGER change_request_round_actor BEFORE INSERT ON public.change_request_round FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_round_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_round FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_round_begin AFTER INSERT ON public.change_request_round FOR EACH ROW EXECUTE FUNCTION change_request_round_begin();
CREATE TRIGGER change_request_round_guard BEFORE INSERT ON public.change_request_round FOR EACH ROW EXECUTE FUNCTION change_request_round_guard();
CREATE CONSTRAINT TRIGGER change_request_round_has_levels AFTER INSERT ON public.change_request_round DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_round_has_levels();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_round REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_round();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_round REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_round();
GRANT INSERT, SELECT ON change_request_round TO tierwarden_app;
GRANT SELECT ON change_request_round TO tierwarden_reader;

CREATE TABLE change_request_signature (
  vote_id uuid NOT NULL,
  key_id uuid NOT NULL,
  signature bytea NOT NULL,
  authenticator_data bytea,
  client_data bytea,
  CONSTRAINT change_request_signature_check CHECK ((num_nulls(authenticator_data, client_data) = ANY (ARRAY[0, 2]))),
  CONSTRAINT change_request_signature_key_id_fkey FOREIGN KEY (key_id) REFERENCES signing_key(id),
  CONSTRAINT change_request_signature_vote_id_fkey FOREIGN KEY (vote_id) REFERENCES change_request_vote(id),
  CONSTRAINT change_request_signature_pkey PRIMARY KEY (vote_id)
);
CREATE TRIGGER change_request_signature_actor BEFORE INSERT ON public.change_request_signature FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_signature_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_signature FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_signature_guard BEFORE INSERT ON public.change_request_signature FOR EACH ROW EXECUTE FUNCTION change_request_signature_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_signature REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_signature();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_signature REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_signature();
GRANT INSERT, SELECT ON change_request_signature TO tierwarden_app;
GRANT SELECT ON change_request_signature TO tierwarden_reader;

CREATE TABLE change_request_step (
  id uuid NOT NULL,
  request_id uuid NOT NULL,
  round smallint NOT NULL,
  level_ordinal smallint NOT NULL,
  verb text NOT NULL,
  actor_id text NOT NULL,
  to_id uuid,
  role text,
  vote_id uuid,
  text text,
  data jsonb,
  taken_at timestamp with time zone NOT NULL,
  CONSTRAINT change_request_step_actor_id_check CHECK ((actor_id <> ''::text)),
  CONSTRAINT change_request_step_check CHECK (((verb = 'TAKE_BACK'::text) = (vote_id IS NOT NULL))),
  CONSTRAINT change_request_step_text_check CHECK ((text <> ''::text)),
  CONSTRAINT change_request_step_verb_check CHECK ((verb = ANY (ARRAY['SUBMIT'::text, 'RESUBMIT'::text, 'REVISE'::text, 'RETURN'::text, 'WITHDRAW'::text, 'REASSIGN'::text, 'ADD_APPROVER'::text, 'TAKE_BACK'::text, 'COPY'::text, 'REMIND'::text, 'COMMENT'::text, 'ATTACH_EVIDENCE'::text, 'ESCALATE'::text, 'BREAK_GLASS'::text, 'SCHEDULE'::text, 'APPLY'::text, 'FAIL'::text, 'RETRY'::text, 'FIND_STALE'::text, 'EXPIRE'::text]))),
  CONSTRAINT change_request_step_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT change_request_step_to_id_fkey FOREIGN KEY (to_id) REFERENCES app_user(id),
  CONSTRAINT change_request_step_vote_id_fkey FOREIGN KEY (vote_id) REFERENCES change_request_vote(id),
  CONSTRAINT change_request_step_pkey PRIMARY KEY (id),
  CONSTRAINT change_request_step_vote_id_key UNIQUE (vote_id)
);
CREATE INDEX change_request_step_copied ON public.change_request_step USING btree (to_id, request_id) WHERE (verb = 'COPY'::text);
CREATE INDEX change_request_step_request ON public.change_request_step USING btree (request_id, taken_at, id);
CREATE TRIGGER change_request_step_actor BEFORE INSERT ON public.change_request_step FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_step_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_step FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_step_guard BEFORE INSERT ON public.change_request_step FOR EACH ROW EXECUTE FUNCTION change_request_step_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_step REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_step();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_step REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_step();
GRANT INSERT, SELECT ON change_request_step TO tierwarden_app;
GRANT SELECT ON change_request_step TO tierwarden_reader;

CREATE TABLE change_request_vote (
  id uuid NOT NULL,
  request_id uuid NOT NULL,
  level_ordinal smallint NOT NULL,
  voter_id uuid NOT NULL,
  verdict text NOT NULL,
  comment text,
  digest text NOT NULL,
  cast_at timestamp with time zone NOT NULL,
  round smallint NOT NULL DEFAULT 1,
  part smallint NOT NULL DEFAULT 1,
  principal_id uuid,
  lowered_to text,
  CONSTRAINT change_request_vote_check CHECK (((verdict = 'APPROVE'::text) OR (comment IS NOT NULL))),
  CONSTRAINT change_request_vote_check1 CHECK ((principal_id <> voter_id)),
  CONSTRAINT change_request_vote_comment_check CHECK ((comment <> ''::text)),
  CONSTRAINT change_request_vote_lowered_to_check CHECK ((lowered_to <> ''::text)),
  CONSTRAINT change_request_vote_verdict_check CHECK ((verdict = ANY (ARRAY['APPROVE'::text, 'REJECT'::text]))),
  CONSTRAINT change_request_vote_level FOREIGN KEY (request_id, round, level_ordinal, part) REFERENCES change_request_level(request_id, round, ordinal, part),
  CONSTRAINT change_request_vote_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES app_user(id),
  CONSTRAINT change_request_vote_voter_id_fkey FOREIGN KEY (voter_id) REFERENCES app_user(id),
  CONSTRAINT change_request_vote_pkey PRIMARY KEY (id)
);
CREATE INDEX change_request_vote_request ON public.change_request_vote USING btree (request_id, voter_id);
CREATE INDEX change_request_vote_voter ON public.change_request_vote USING btree (voter_id, cast_at DESC);
CREATE TRIGGER change_request_vote_actor BEFORE INSERT ON public.change_request_vote FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER change_request_vote_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.change_request_vote FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER change_request_vote_guard BEFORE INSERT ON public.change_request_vote FOR EACH ROW EXECUTE FUNCTION change_request_vote_guard();
CREATE CONSTRAINT TRIGGER change_request_vote_signed AFTER INSERT ON public.change_request_vote DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_request_vote_signed();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.change_request_vote REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_vote();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.change_request_vote REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_change_request_vote();
GRANT INSERT, SELECT ON change_request_vote TO tierwarden_app;
GRANT SELECT ON change_request_vote TO tierwarden_reader;

CREATE TABLE complaint (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  received_on date NOT NULL,
  text text NOT NULL,
  severity smallint NOT NULL,
  matched jsonb NOT NULL,
  rules_version integer NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  recorded_by text NOT NULL,
  CONSTRAINT complaint_matched_check CHECK ((jsonb_typeof(matched) = 'array'::text)),
  CONSTRAINT complaint_recorded_by_check CHECK ((recorded_by <> ''::text)),
  CONSTRAINT complaint_rules_version_check CHECK ((rules_version > 0)),
  CONSTRAINT complaint_severity_check CHECK (((severity >= 1) AND (severity <= 10))),
  CONSTRAINT complaint_text_check CHECK (((length(text) >= 1) AND (length(text) <= 8000))),
  CONSTRAINT complaint_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT complaint_pkey PRIMARY KEY (id)
);
CREATE INDEX complaint_customer ON public.complaint USING btree (customer_id, received_on, id);
CREATE INDEX complaint_received ON public.complaint USING btree (received_on, customer_id);
CREATE TRIGGER complaint_actor BEFORE INSERT OR DELETE OR UPDATE ON public.complaint FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER complaint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.complaint FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.complaint REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_complaint();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.complaint REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_complaint();
GRANT INSERT, SELECT ON complaint TO tierwarden_app;
GRANT SELECT ON complaint TO tierwarden_reader;

CREATE TABLE credit_freeze (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  reason text NOT NULL,
  frozen_at timestamp with time zone NOT NULL,
  frozen_by text NOT NULL,
  lifted_at timestamp with time zone,
  request_id uuid,
  CONSTRAINT credit_freeze_check CHECK ((lifted_at >= frozen_at)),
  CONSTRAINT credit_freeze_lifted_by_request CHECK (((lifted_at IS NULL) = (request_id IS NULL))),
  CONSTRAINT credit_freeze_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT credit_freeze_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES credit_limit(customer_id),
  CONSTRAINT credit_freeze_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT credit_freeze_pkey PRIMARY KEY (id)
);
CREATE INDEX credit_freeze_customer ON public.credit_freeze USING btree (customer_id, frozen_at DESC, id DESC);
CREATE UNIQUE INDEX credit_freeze_open ON public.credit_freeze USING btree (customer_id) WHERE (lifted_at IS NULL);
CREATE TRIGGER credit_freeze_actor BEFORE INSERT OR DELETE OR UPDATE ON public.credit_freeze FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_freeze_guard BEFORE INSERT OR UPDATE ON public.credit_freeze FOR EACH ROW EXECUTE FUNCTION credit_freeze_guard();
CREATE TRIGGER credit_freeze_keep BEFORE DELETE OR TRUNCATE ON public.credit_freeze FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER credit_freeze_needs_request AFTER UPDATE ON public.credit_freeze DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_freeze_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.credit_freeze REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_freeze();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.credit_freeze REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_freeze();
GRANT INSERT, SELECT ON credit_freeze TO tierwarden_app;
GRANT SELECT ON credit_freeze TO tierwarden_reader;
GRANT UPDATE (lifted_at, request_id) ON credit_freeze TO tierwarden_app;

CREATE TABLE credit_limit (
  customer_id uuid NOT NULL,
  amount numeric(20,2) NOT NULL,
  currency text NOT NULL,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  used numeric(20,2) NOT NULL DEFAULT 0,
  reserved numeric(20,2) NOT NULL DEFAULT 0,
  postings integer NOT NULL DEFAULT 0,
  falls_back_at timestamp with time zone,
  falls_back_to numeric(20,2),
  review_on date,
  CONSTRAINT credit_limit_amount_check CHECK (((amount >= (0)::numeric) AND (amount <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT credit_limit_falls_back CHECK (((falls_back_at IS NULL) = (falls_back_to IS NULL))),
  CONSTRAINT credit_limit_falls_back_to_check CHECK (((falls_back_to >= (0)::numeric) AND (falls_back_to <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_postings_check CHECK ((postings >= 0)),
  CONSTRAINT credit_limit_reserved_check CHECK (((reserved >= (0)::numeric) AND (reserved <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_used_check CHECK (((used >= (0)::numeric) AND (used <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_version_check CHECK ((version > 0)),
  CONSTRAINT credit_limit_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT credit_limit_pkey PRIMARY KEY (customer_id)
);
CREATE INDEX credit_limit_falls_back_due ON public.credit_limit USING btree (falls_back_at) WHERE (falls_back_at IS NOT NULL);
CREATE TRIGGER credit_limit_actor BEFORE INSERT OR DELETE OR UPDATE ON public.credit_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_limit_keep BEFORE DELETE OR TRUNCATE ON public.credit_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER credit_limit_waits BEFORE INSERT ON public.credit_limit FOR EACH ROW EXECUTE FUNCTION credit_limit_waits();
CREATE TRIGGER credit_limit_within BEFORE UPDATE ON public.credit_limit FOR EACH ROW WHEN ((((new.used + new.reserved) > (old.used + old.reserved)) AND ((new.used + new.reserved) > new.amount))) EXECUTE FUNCTION exposure_exceeds();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.credit_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_limit();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.credit_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_limit();
GRANT SELECT ON credit_limit TO tierwarden_app;
GRANT SELECT ON credit_limit TO tierwarden_reader;
GRANT UPDATE (updated_at, review_on) ON credit_limit TO tierwarden_app;

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
  until timestamp with time zone,
  CONSTRAINT credit_limit_entry_after_check CHECK (((after >= (0)::numeric) AND (after <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_entry_before_check CHECK (((before >= (0)::numeric) AND (before <> 'NaN'::numeric))),
  CONSTRAINT credit_limit_entry_check CHECK (
CASE kind
    WHEN 'OPENING'::text THEN (before = (0)::numeric)
    WHEN 'RAISE'::text THEN (after > before)
    ELSE (after < before)
END),
  CONSTRAINT credit_limit_entry_kind_check CHECK ((kind = ANY (ARRAY['OPENING'::text, 'POLICY_CUT'::text, 'RAISE'::text, 'FALL_BACK'::text]))),
  CONSTRAINT credit_limit_entry_until CHECK (((until IS NULL) OR ((kind = 'RAISE'::text) AND (until > booked_at)))),
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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.credit_limit_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_limit_entry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.credit_limit_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_limit_entry();
GRANT INSERT, SELECT ON credit_limit_entry TO tierwarden_app;
GRANT SELECT ON credit_limit_entry TO tierwarden_reader;

CREATE TABLE credit_over_use (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  product text NOT NULL,
  limit_amount numeric(20,2) NOT NULL,
  exposure numeric(20,2) NOT NULL,
  cause_id uuid NOT NULL,
  found_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT credit_over_use_check CHECK ((ended_at >= found_at)),
  CONSTRAINT credit_over_use_check1 CHECK ((exposure > limit_amount)),
  CONSTRAINT credit_over_use_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES credit_limit(customer_id),
  CONSTRAINT credit_over_use_pkey PRIMARY KEY (id)
);
CREATE INDEX credit_over_use_customer ON public.credit_over_use USING btree (customer_id, found_at DESC, id DESC);
CREATE INDEX credit_over_use_found ON public.credit_over_use USING btree (found_at DESC, id DESC);
CREATE INDEX credit_over_use_now ON public.credit_over_use USING btree (found_at DESC, id DESC) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX credit_over_use_open ON public.credit_over_use USING btree (customer_id, product) WHERE (ended_at IS NULL);
CREATE TRIGGER credit_over_use_actor BEFORE INSERT OR DELETE OR UPDATE ON public.credit_over_use FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_over_use_keep BEFORE DELETE OR TRUNCATE ON public.credit_over_use FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.credit_over_use REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_over_use();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.credit_over_use REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_over_use();
GRANT SELECT ON credit_over_use TO tierwarden_app;
GRANT SELECT ON credit_over_use TO tierwarden_reader;

CREATE TABLE credit_sub_limit (
  customer_id uuid NOT NULL,
  product text NOT NULL,
  amount numeric(20,2),
  used numeric(20,2) NOT NULL DEFAULT 0,
  reserved numeric(20,2) NOT NULL DEFAULT 0,
  CONSTRAINT credit_sub_limit_amount_check CHECK (((amount >= (0)::numeric) AND (amount <> 'NaN'::numeric))),
  CONSTRAINT credit_sub_limit_product_check CHECK ((product ~ '^[A-Z0-9][A-Z0-9_-]{0,39}$'::text)),
  CONSTRAINT credit_sub_limit_reserved_check CHECK (((reserved >= (0)::numeric) AND (reserved <> 'NaN'::numeric))),
  CONSTRAINT credit_sub_limit_used_check CHECK (((used >= (0)::numeric) AND (used <> 'NaN'::numeric))),
  CONSTRAINT credit_sub_limit_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES credit_limit(customer_id),
  CONSTRAINT credit_sub_limit_pkey PRIMARY KEY (customer_id, product)
);
CREATE TRIGGER credit_sub_limit_actor BEFORE INSERT OR DELETE OR UPDATE ON public.credit_sub_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER credit_sub_limit_keep BEFORE DELETE OR TRUNCATE ON public.credit_sub_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER credit_sub_limit_within BEFORE UPDATE ON public.credit_sub_limit FOR EACH ROW WHEN ((((new.used + new.reserved) > (old.used + old.reserved)) AND ((new.used + new.reserved) > new.amount))) EXECUTE FUNCTION exposure_exceeds();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.credit_sub_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_sub_limit();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.credit_sub_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_credit_sub_limit();
GRANT SELECT ON credit_sub_limit TO tierwarden_app;
GRANT SELECT ON credit_sub_limit TO tierwarden_reader;

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
CREATE INDEX customer_search ON public.customer USING gin (tw_search_grams(search_text));
CREATE INDEX customer_size ON public.customer USING btree (size, number);
CREATE INDEX customer_stage ON public.customer USING btree (stage, number);
CREATE TRIGGER customer_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_pseudonym_guard BEFORE UPDATE ON public.customer FOR EACH ROW WHEN ((((old.name_zh IS DISTINCT FROM new.name_zh) OR (old.name_en IS DISTINCT FROM new.name_en)) OR (old.short_name IS DISTINCT FROM new.short_name))) EXECUTE FUNCTION customer_pseudonym_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.customer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.customer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer();
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
  rating_due_at timestamp with time zone NOT NULL,
  months_at_most smallint,
  downgraded_at timestamp with time zone,
  CONSTRAINT customer_grade_basis CHECK (
CASE basis
    WHEN 'MODEL'::text THEN (grade = model_grade)
    WHEN 'HELD'::text THEN (grade < model_grade)
    ELSE true
END),
  CONSTRAINT customer_grade_due_within_a_year CHECK ((rating_due_at <= (((last_rated_at AT TIME ZONE 'UTC'::text) + '1 year'::interval) AT TIME ZONE 'UTC'::text))),
  CONSTRAINT customer_grade_months_at_most_check CHECK (((months_at_most >= 1) AND (months_at_most <= 12))),
  CONSTRAINT customer_grade_override_given CHECK (((basis = 'OVERRIDE'::text) = (override_id IS NOT NULL))),
  CONSTRAINT new_grade_basis_check CHECK ((basis = ANY (ARRAY['MODEL'::text, 'OVERRIDE'::text, 'HELD'::text]))),
  CONSTRAINT new_grade_version_check CHECK ((version > 0)),
  CONSTRAINT customer_grade_pkey PRIMARY KEY (customer_id)
);
CREATE INDEX customer_grade_due ON ONLY public.customer_grade USING btree (rating_due_at, customer_id);
CREATE INDEX customer_grade_grade ON ONLY public.customer_grade USING btree (grade, customer_id);
CREATE INDEX customer_grade_held ON ONLY public.customer_grade USING btree (rating_id) WHERE (basis = 'HELD'::text);
CREATE TRIGGER customer_grade_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_grade FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_grade_guard AFTER INSERT OR UPDATE ON public.customer_grade FOR EACH ROW EXECUTE FUNCTION customer_grade_guard();
CREATE TRIGGER customer_grade_keep BEFORE DELETE OR TRUNCATE ON public.customer_grade FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER customer_grade_needs_override AFTER INSERT OR UPDATE ON public.customer_grade DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.basis = 'OVERRIDE'::text)) EXECUTE FUNCTION customer_grade_needs_override();
CREATE CONSTRAINT TRIGGER customer_grade_release AFTER UPDATE ON public.customer_grade DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.basis <> 'OVERRIDE'::text) AND (new.basis = 'MODEL'::text) AND ((grade_rank(new.grade) - grade_rank(old.grade)) >= 2))) EXECUTE FUNCTION customer_grade_release();
CREATE TRIGGER customer_grade_touch AFTER INSERT OR UPDATE ON public.customer_grade FOR EACH ROW EXECUTE FUNCTION customer_grade_touch();
GRANT INSERT, SELECT, UPDATE ON customer_grade TO tierwarden_app;
GRANT SELECT ON customer_grade TO tierwarden_reader;

CREATE TABLE customer_grade_touched (
  customer_id uuid NOT NULL,
  CONSTRAINT customer_grade_touched_pkey PRIMARY KEY (customer_id)
);

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
CREATE TRIGGER customer_relation_waits AFTER INSERT OR UPDATE ON public.customer_relation FOR EACH ROW EXECUTE FUNCTION customer_relation_waits();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.customer_relation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer_relation();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.customer_relation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer_relation();
GRANT INSERT, SELECT ON customer_relation TO tierwarden_app;
GRANT SELECT ON customer_relation TO tierwarden_reader;
GRANT UPDATE (ended_at) ON customer_relation TO tierwarden_app;

CREATE TABLE customer_tier (
  customer_id uuid NOT NULL,
  entry_id uuid NOT NULL,
  tier tier NOT NULL,
  value_band value_band NOT NULL,
  risk_class risk_class NOT NULL,
  value_score_id uuid NOT NULL,
  policy_version_id uuid NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  version integer NOT NULL,
  CONSTRAINT customer_tier_check CHECK ((updated_at >= effective_from)),
  CONSTRAINT customer_tier_version_check CHECK ((version > 0)),
  CONSTRAINT customer_tier_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT customer_tier_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES tier_history(id),
  CONSTRAINT customer_tier_pkey PRIMARY KEY (customer_id)
);
CREATE INDEX customer_tier_tier ON public.customer_tier USING btree (tier, customer_id);
CREATE TRIGGER customer_tier_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_tier FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_tier_keep BEFORE DELETE OR TRUNCATE ON public.customer_tier FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT SELECT ON customer_tier TO tierwarden_app;
GRANT SELECT ON customer_tier TO tierwarden_reader;
GRANT UPDATE (updated_at) ON customer_tier TO tierwarden_app;

CREATE TABLE customer_value (
  customer_id uuid NOT NULL,
  value_score_id uuid NOT NULL,
  score numeric(5,2) NOT NULL,
  CONSTRAINT customer_value_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT customer_value_value_score_id_customer_id_fkey FOREIGN KEY (value_score_id, customer_id) REFERENCES value_score(id, customer_id),
  CONSTRAINT customer_value_pkey PRIMARY KEY (customer_id)
);
CREATE TRIGGER customer_value_actor BEFORE INSERT OR DELETE OR UPDATE ON public.customer_value FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER customer_value_keep BEFORE DELETE OR TRUNCATE ON public.customer_value FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT, UPDATE ON customer_value TO tierwarden_app;
GRANT SELECT ON customer_value TO tierwarden_reader;

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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.customer_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer_version();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.customer_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_customer_version();
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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.cut_point_set REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_cut_point_set();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.cut_point_set REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_cut_point_set();
GRANT INSERT, SELECT ON cut_point_set TO tierwarden_app;
GRANT SELECT ON cut_point_set TO tierwarden_reader;

CREATE TABLE delegation (
  id uuid NOT NULL,
  from_id uuid NOT NULL,
  to_id uuid NOT NULL,
  kinds text[],
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  reason text NOT NULL,
  request_id uuid,
  given_by text NOT NULL,
  given_at timestamp with time zone NOT NULL,
  revoked_by text,
  revoked_at timestamp with time zone,
  CONSTRAINT delegation_check CHECK ((to_id <> from_id)),
  CONSTRAINT delegation_check1 CHECK ((ends_at > starts_at)),
  CONSTRAINT delegation_check2 CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
  CONSTRAINT delegation_kinds_check CHECK ((cardinality(kinds) > 0)),
  CONSTRAINT delegation_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT delegation_from_id_fkey FOREIGN KEY (from_id) REFERENCES app_user(id),
  CONSTRAINT delegation_request FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT delegation_to_id_fkey FOREIGN KEY (to_id) REFERENCES app_user(id),
  CONSTRAINT delegation_pkey PRIMARY KEY (id)
);
CREATE INDEX delegation_ends ON public.delegation USING btree (ends_at DESC, id DESC);
CREATE INDEX delegation_from ON public.delegation USING btree (from_id, ends_at DESC, id DESC);
CREATE INDEX delegation_to ON public.delegation USING btree (to_id, ends_at DESC, id DESC);
CREATE TRIGGER delegation_actor BEFORE INSERT OR UPDATE ON public.delegation FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER delegation_final BEFORE UPDATE ON public.delegation FOR EACH ROW WHEN ((old.revoked_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER delegation_guard BEFORE INSERT ON public.delegation FOR EACH ROW EXECUTE FUNCTION delegation_guard();
CREATE TRIGGER delegation_keep BEFORE DELETE OR TRUNCATE ON public.delegation FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER delegation_needs_request AFTER INSERT ON public.delegation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.request_id IS NOT NULL)) EXECUTE FUNCTION delegation_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.delegation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_delegation();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.delegation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_delegation();
GRANT INSERT, SELECT ON delegation TO tierwarden_app;
GRANT SELECT ON delegation TO tierwarden_reader;
GRANT UPDATE (revoked_by, revoked_at) ON delegation TO tierwarden_app;

CREATE TABLE evidence_content (
  file_id uuid NOT NULL,
  content bytea NOT NULL,
  stored_at timestamp with time zone NOT NULL,
  CONSTRAINT evidence_content_file_id_fkey FOREIGN KEY (file_id) REFERENCES evidence_file(id),
  CONSTRAINT evidence_content_pkey PRIMARY KEY (file_id)
);
CREATE TRIGGER evidence_content_actor BEFORE INSERT OR DELETE OR UPDATE ON public.evidence_content FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER evidence_content_final BEFORE UPDATE OR TRUNCATE ON public.evidence_content FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER evidence_content_guard BEFORE INSERT ON public.evidence_content FOR EACH ROW EXECUTE FUNCTION evidence_content_guard();
CREATE TRIGGER tw_trail_delete AFTER DELETE ON public.evidence_content REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_content();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.evidence_content REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_content();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.evidence_content REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_content();
GRANT DELETE, INSERT, SELECT ON evidence_content TO tierwarden_app;
GRANT SELECT (file_id, stored_at) ON evidence_content TO tierwarden_reader;

CREATE TABLE evidence_file (
  id uuid NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  size integer NOT NULL,
  sha256 text NOT NULL,
  owner_id uuid NOT NULL,
  prepared_at timestamp with time zone NOT NULL,
  unused_until timestamp with time zone NOT NULL,
  CONSTRAINT evidence_file_check CHECK ((unused_until > prepared_at)),
  CONSTRAINT evidence_file_media_type_check CHECK ((media_type = ANY (ARRAY['application/pdf'::text, 'image/png'::text, 'image/jpeg'::text, 'text/csv'::text, 'text/plain'::text, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'::text, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'::text]))),
  CONSTRAINT evidence_file_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT evidence_file_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT evidence_file_size_check CHECK ((size > 0)),
  CONSTRAINT evidence_file_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_user(id),
  CONSTRAINT evidence_file_pkey PRIMARY KEY (id)
);
CREATE INDEX evidence_file_unused ON public.evidence_file USING btree (unused_until, id);
CREATE TRIGGER evidence_file_actor BEFORE INSERT OR DELETE OR UPDATE ON public.evidence_file FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER evidence_file_final BEFORE UPDATE OR TRUNCATE ON public.evidence_file FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_delete AFTER DELETE ON public.evidence_file REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_file();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.evidence_file REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_file();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.evidence_file REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_evidence_file();
GRANT DELETE, INSERT, SELECT ON evidence_file TO tierwarden_app;
GRANT SELECT ON evidence_file TO tierwarden_reader;
GRANT UPDATE (unused_until) ON evidence_file TO tierwarden_app;

CREATE TABLE exposure_entry (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  number integer NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL,
  reservation_id uuid,
  product text NOT NULL,
  amount numeric(20,2) NOT NULL,
  currency text NOT NULL,
  hold_minutes integer,
  expires_at timestamp with time zone,
  used_change numeric(20,2) NOT NULL,
  reserved_change numeric(20,2) NOT NULL,
  limit_amount numeric(20,2) NOT NULL,
  used_after numeric(20,2) NOT NULL,
  reserved_after numeric(20,2) NOT NULL,
  booked_at timestamp with time zone NOT NULL,
  booked_by text NOT NULL,
  CONSTRAINT exposure_entry_amount_check CHECK (((amount > (0)::numeric) AND (amount <> 'NaN'::numeric))),
  CONSTRAINT exposure_entry_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT exposure_entry_hold_minutes_check CHECK ((hold_minutes > 0)),
  CONSTRAINT exposure_entry_holds CHECK ((((kind = 'RESERVE'::text) = (expires_at IS NOT NULL)) AND ((kind = 'RESERVE'::text) = (hold_minutes IS NOT NULL)))),
  CONSTRAINT exposure_entry_kind_check CHECK ((kind = ANY (ARRAY['RESERVE'::text, 'CONFIRM'::text, 'RELEASE'::text, 'EXPIRE'::text, 'REPAY'::text]))),
  CONSTRAINT exposure_entry_moves CHECK (
CASE kind
    WHEN 'RESERVE'::text THEN ((used_change = (0)::numeric) AND (reserved_change = amount))
    WHEN 'CONFIRM'::text THEN ((used_change = amount) AND (reserved_change <= (- amount)))
    WHEN 'REPAY'::text THEN ((used_change = (- amount)) AND (reserved_change = (0)::numeric))
    ELSE ((used_change = (0)::numeric) AND (reserved_change = (- amount)))
END),
  CONSTRAINT exposure_entry_number_check CHECK ((number > 0)),
  CONSTRAINT exposure_entry_product_check CHECK ((product ~ '^([A-Z0-9][A-Z0-9_-]{0,39})?$'::text)),
  CONSTRAINT exposure_entry_reference_check CHECK (((length(reference) >= 1) AND (length(reference) <= 100))),
  CONSTRAINT exposure_entry_reserved_after_check CHECK ((reserved_after >= (0)::numeric)),
  CONSTRAINT exposure_entry_settles CHECK (((kind = ANY (ARRAY['CONFIRM'::text, 'RELEASE'::text, 'EXPIRE'::text])) = (reservation_id IS NOT NULL))),
  CONSTRAINT exposure_entry_used_after_check CHECK ((used_after >= (0)::numeric)),
  CONSTRAINT exposure_entry_within CHECK (((kind <> 'RESERVE'::text) OR ((used_after + reserved_after) <= limit_amount))),
  CONSTRAINT exposure_entry_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES credit_limit(customer_id),
  CONSTRAINT exposure_entry_reservation_id_fkey FOREIGN KEY (reservation_id) REFERENCES exposure_entry(id),
  CONSTRAINT exposure_entry_pkey PRIMARY KEY (id),
  CONSTRAINT exposure_entry_customer_id_kind_reference_key UNIQUE (customer_id, kind, reference),
  CONSTRAINT exposure_entry_customer_id_number_key UNIQUE (customer_id, number)
);
CREATE UNIQUE INDEX exposure_entry_ends ON public.exposure_entry USING btree (reservation_id) WHERE (reservation_id IS NOT NULL);
CREATE TRIGGER exposure_entry_actor BEFORE INSERT OR DELETE OR UPDATE ON public.exposure_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER exposure_entry_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.exposure_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.exposure_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_exposure_entry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.exposure_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_exposure_entry();
GRANT SELECT ON exposure_entry TO tierwarden_app;
GRANT SELECT ON exposure_entry TO tierwarden_reader;

CREATE TABLE exposure_hold (
  reservation_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT exposure_hold_reservation_id_fkey FOREIGN KEY (reservation_id) REFERENCES exposure_entry(id),
  CONSTRAINT exposure_hold_pkey PRIMARY KEY (reservation_id)
);
CREATE INDEX exposure_hold_customer ON public.exposure_hold USING btree (customer_id);
CREATE INDEX exposure_hold_due ON public.exposure_hold USING btree (expires_at, reservation_id);
CREATE TRIGGER exposure_hold_actor BEFORE INSERT OR DELETE OR UPDATE ON public.exposure_hold FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT SELECT ON exposure_hold TO tierwarden_app;
GRANT SELECT ON exposure_hold TO tierwarden_reader;

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
  CONSTRAINT grade_history_cause_check CHECK ((cause = ANY (ARRAY['RATING'::text, 'OVERRIDE_APPLIED'::text, 'OVERRIDE_EXPIRED'::text, 'UPGRADE_APPROVED'::text]))),
  CONSTRAINT grade_history_changed_by_check CHECK ((changed_by <> ''::text)),
  CONSTRAINT grade_history_check CHECK (((model_grade_before IS NULL) = (grade_before IS NULL))),
  CONSTRAINT grade_history_pkey PRIMARY KEY (id)
);
CREATE INDEX grade_history_customer ON ONLY public.grade_history USING btree (customer_id, changed_at DESC, id DESC);
CREATE TRIGGER grade_history_actor BEFORE INSERT ON public.grade_history FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER grade_history_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.grade_history FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.grade_history REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_grade_history();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.grade_history REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_grade_history();
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
  CONSTRAINT grade_override_end_cause_check CHECK ((end_cause = ANY (ARRAY['EXPIRED'::text, 'SUPERSEDED'::text, 'REVERTED'::text]))),
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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.grade_override REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_grade_override();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.grade_override REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_grade_override();
GRANT INSERT, SELECT ON grade_override TO tierwarden_app;
GRANT SELECT ON grade_override TO tierwarden_reader;
GRANT UPDATE (ended_at, end_cause) ON grade_override TO tierwarden_app;

CREATE TABLE group_limit (
  customer_id uuid NOT NULL,
  amount numeric(20,2),
  CONSTRAINT group_limit_amount_check CHECK (((amount >= (0)::numeric) AND (amount <> 'NaN'::numeric))),
  CONSTRAINT group_limit_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT group_limit_pkey PRIMARY KEY (customer_id)
);
CREATE TRIGGER group_limit_actor BEFORE INSERT OR DELETE OR UPDATE ON public.group_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER group_limit_keep BEFORE DELETE OR TRUNCATE ON public.group_limit FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.group_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_group_limit();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.group_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_group_limit();
GRANT SELECT ON group_limit TO tierwarden_app;
GRANT SELECT ON group_limit TO tierwarden_reader;

CREATE TABLE idempotency_key (
  actor_id text NOT NULL,
  key text NOT NULL,
  body_digest text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  answer json,
  shown json,
  shown_to text,
  CONSTRAINT idempotency_key_actor_id_check CHECK ((actor_id <> ''::text)),
  CONSTRAINT idempotency_key_body_digest_check CHECK ((body_digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT idempotency_key_check CHECK (((shown IS NULL) = (shown_to IS NULL))),
  CONSTRAINT idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  CONSTRAINT idempotency_key_shown_to_check CHECK ((shown_to ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT idempotency_key_pkey PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created_at);
CREATE TRIGGER idempotency_key_actor BEFORE INSERT ON public.idempotency_key FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER idempotency_key_answered BEFORE UPDATE ON public.idempotency_key FOR EACH ROW WHEN (((old.answer IS NOT NULL) AND ((old.shown IS NOT NULL) OR (new.shown IS NULL) OR ((new.answer)::text IS DISTINCT FROM (old.answer)::text)))) EXECUTE FUNCTION tw_refuse_change();
GRANT DELETE, INSERT, SELECT ON idempotency_key TO tierwarden_app;
GRANT UPDATE (answer, shown, shown_to) ON idempotency_key TO tierwarden_app;

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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.import_batch REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_import_batch();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.import_batch REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_import_batch();
GRANT INSERT, SELECT ON import_batch TO tierwarden_app;
GRANT SELECT ON import_batch TO tierwarden_reader;
GRANT UPDATE (finished_at, counts) ON import_batch TO tierwarden_app;

CREATE TABLE indicator_conflict (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  indicator text NOT NULL,
  period text NOT NULL,
  holding_snapshot_id uuid NOT NULL,
  yielding_snapshot_id uuid NOT NULL,
  deviation numeric NOT NULL,
  tolerance numeric NOT NULL,
  detected_at timestamp with time zone NOT NULL,
  CONSTRAINT indicator_conflict_check CHECK ((deviation > tolerance)),
  CONSTRAINT indicator_conflict_check1 CHECK ((holding_snapshot_id <> yielding_snapshot_id)),
  CONSTRAINT indicator_conflict_indicator_check CHECK ((indicator <> ''::text)),
  CONSTRAINT indicator_conflict_period_check CHECK ((period <> ''::text)),
  CONSTRAINT indicator_conflict_tolerance_check CHECK ((tolerance >= (0)::numeric)),
  CONSTRAINT indicator_conflict_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT indicator_conflict_holding_snapshot_id_fkey FOREIGN KEY (holding_snapshot_id) REFERENCES indicator_snapshot(id),
  CONSTRAINT indicator_conflict_yielding_snapshot_id_fkey FOREIGN KEY (yielding_snapshot_id) REFERENCES indicator_snapshot(id),
  CONSTRAINT indicator_conflict_pkey PRIMARY KEY (id)
);
CREATE INDEX indicator_conflict_customer ON public.indicator_conflict USING btree (customer_id, detected_at, id);
CREATE INDEX indicator_conflict_holding ON public.indicator_conflict USING btree (holding_snapshot_id, indicator);
CREATE INDEX indicator_conflict_yielding ON public.indicator_conflict USING btree (yielding_snapshot_id, indicator);
CREATE TRIGGER indicator_conflict_actor BEFORE INSERT OR DELETE OR UPDATE ON public.indicator_conflict FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER indicator_conflict_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.indicator_conflict FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.indicator_conflict REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_conflict();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.indicator_conflict REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_conflict();
GRANT INSERT, SELECT ON indicator_conflict TO tierwarden_app;
GRANT SELECT ON indicator_conflict TO tierwarden_reader;

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

CREATE TABLE indicator_origin (
  customer_id uuid NOT NULL,
  snapshot_ids uuid[] NOT NULL,
  ranks smallint[] NOT NULL,
  CONSTRAINT indicator_origin_check CHECK ((cardinality(ranks) = cardinality(snapshot_ids))),
  CONSTRAINT indicator_origin_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT indicator_origin_pkey PRIMARY KEY (customer_id)
);
CREATE TRIGGER indicator_origin_actor BEFORE INSERT OR DELETE OR UPDATE ON public.indicator_origin FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
GRANT INSERT, SELECT, UPDATE ON indicator_origin TO tierwarden_app;
GRANT SELECT ON indicator_origin TO tierwarden_reader;

CREATE TABLE indicator_precedence (
  number integer NOT NULL,
  policy_version_id uuid NOT NULL,
  adopted_at timestamp with time zone NOT NULL,
  adopted_by text NOT NULL,
  CONSTRAINT indicator_precedence_adopted_by_check CHECK ((adopted_by <> ''::text)),
  CONSTRAINT indicator_precedence_number_check CHECK ((number > 0)),
  CONSTRAINT indicator_precedence_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT indicator_precedence_pkey PRIMARY KEY (number),
  CONSTRAINT indicator_precedence_policy_version_id_key UNIQUE (policy_version_id)
);
CREATE INDEX indicator_precedence_adopted ON public.indicator_precedence USING btree (adopted_at);
CREATE TRIGGER indicator_precedence_actor BEFORE INSERT OR DELETE OR UPDATE ON public.indicator_precedence FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER indicator_precedence_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.indicator_precedence FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.indicator_precedence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_precedence();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.indicator_precedence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_precedence();
GRANT INSERT, SELECT ON indicator_precedence TO tierwarden_app;
GRANT SELECT ON indicator_precedence TO tierwarden_reader;

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
  recorded_by text DEFAULT NULLIF(current_setting('tierwarden.actor'::text, true), ''::text),
  reason text,
  derivation jsonb,
  CONSTRAINT indicator_snapshot_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT indicator_snapshot_derivation_check CHECK ((jsonb_typeof(derivation) = 'object'::text)),
  CONSTRAINT indicator_snapshot_derived CHECK (((source = 'derived'::text) = (derivation IS NOT NULL))) NOT VALID,
  CONSTRAINT indicator_snapshot_expert CHECK (((source <> 'expert'::text) OR ((recorded_by IS NOT NULL) AND (reason IS NOT NULL)))) NOT VALID,
  CONSTRAINT indicator_snapshot_quality_check CHECK ((quality = ANY (ARRAY['VERIFIED'::text, 'REPORTED'::text, 'ESTIMATED'::text, 'SCALED'::text]))),
  CONSTRAINT indicator_snapshot_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT indicator_snapshot_recorded_by_check CHECK ((recorded_by <> ''::text)),
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
CREATE CONSTRAINT TRIGGER indicator_snapshot_override AFTER INSERT ON public.indicator_snapshot DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.source = 'override'::text)) EXECUTE FUNCTION indicator_snapshot_override();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.indicator_snapshot REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_snapshot();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.indicator_snapshot REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_indicator_snapshot();
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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.industry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_industry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.industry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_industry();
GRANT INSERT, SELECT ON industry TO tierwarden_app;
GRANT SELECT ON industry TO tierwarden_reader;

CREATE TABLE input_override (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  request_id uuid NOT NULL,
  snapshot_id uuid NOT NULL,
  indicator text NOT NULL,
  as_of date NOT NULL,
  from_value text,
  to_value text NOT NULL,
  reason_code text NOT NULL,
  justification text NOT NULL,
  evidence jsonb NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  valid_until timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_cause text,
  CONSTRAINT input_override_check CHECK ((valid_until > effective_from)),
  CONSTRAINT input_override_check1 CHECK (((ended_at IS NULL) = (end_cause IS NULL))),
  CONSTRAINT input_override_end_cause_check CHECK ((end_cause = ANY (ARRAY['EXPIRED'::text, 'SUPERSEDED'::text, 'REVERTED'::text]))),
  CONSTRAINT input_override_evidence_check CHECK ((jsonb_array_length(evidence) > 0)),
  CONSTRAINT input_override_from_value_check CHECK ((from_value <> ''::text)),
  CONSTRAINT input_override_indicator_check CHECK ((indicator <> ''::text)),
  CONSTRAINT input_override_justification_check CHECK ((justification <> ''::text)),
  CONSTRAINT input_override_reason_code_check CHECK ((reason_code <> ''::text)),
  CONSTRAINT input_override_to_value_check CHECK ((to_value <> ''::text)),
  CONSTRAINT input_override_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT input_override_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT input_override_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES indicator_snapshot(id),
  CONSTRAINT input_override_pkey PRIMARY KEY (id),
  CONSTRAINT input_override_request_id_key UNIQUE (request_id),
  CONSTRAINT input_override_snapshot_id_key UNIQUE (snapshot_id)
);
CREATE INDEX input_override_customer ON public.input_override USING btree (customer_id, effective_from DESC, id DESC);
CREATE INDEX input_override_due ON public.input_override USING btree (valid_until) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX input_override_one_live ON public.input_override USING btree (customer_id, indicator) WHERE (ended_at IS NULL);
CREATE TRIGGER input_override_actor BEFORE INSERT OR DELETE OR UPDATE ON public.input_override FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER input_override_ended BEFORE UPDATE ON public.input_override FOR EACH ROW WHEN ((old.ended_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER input_override_keep BEFORE DELETE OR TRUNCATE ON public.input_override FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER input_override_needs_request AFTER INSERT ON public.input_override DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION input_override_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.input_override REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_input_override();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.input_override REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_input_override();
GRANT INSERT, SELECT ON input_override TO tierwarden_app;
GRANT SELECT ON input_override TO tierwarden_reader;
GRANT UPDATE (ended_at, end_cause) ON input_override TO tierwarden_app;

CREATE TABLE installation (
  id uuid NOT NULL,
  only_one boolean NOT NULL DEFAULT true,
  CONSTRAINT installation_only_one_check CHECK (only_one),
  CONSTRAINT installation_pkey PRIMARY KEY (id),
  CONSTRAINT installation_only_one_key UNIQUE (only_one)
);
GRANT SELECT ON installation TO tierwarden_app;
GRANT SELECT ON installation TO tierwarden_reader;

CREATE TABLE life_cycle_entry (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  number integer NOT NULL,
  stage_before text,
  stage_after text NOT NULL,
  rule text NOT NULL,
  facts jsonb NOT NULL,
  as_of date NOT NULL,
  policy_version_id uuid NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  changed_by text NOT NULL,
  CONSTRAINT life_cycle_entry_changed_by_check CHECK ((changed_by <> ''::text)),
  CONSTRAINT life_cycle_entry_check CHECK (((number = 1) = (stage_before IS NULL))),
  CONSTRAINT life_cycle_entry_number_check CHECK ((number > 0)),
  CONSTRAINT life_cycle_entry_rule_check CHECK ((rule <> ''::text)),
  CONSTRAINT life_cycle_entry_stage_after_check CHECK ((stage_after = ANY (ARRAY['ACQUISITION'::text, 'GROWTH'::text, 'MATURITY'::text, 'DECLINE'::text, 'EXITED'::text]))),
  CONSTRAINT life_cycle_entry_stage_before_check CHECK ((stage_before = ANY (ARRAY['ACQUISITION'::text, 'GROWTH'::text, 'MATURITY'::text, 'DECLINE'::text, 'EXITED'::text]))),
  CONSTRAINT life_cycle_entry_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT life_cycle_entry_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT life_cycle_entry_pkey PRIMARY KEY (id),
  CONSTRAINT life_cycle_entry_customer_id_number_key UNIQUE (customer_id, number)
);
CREATE INDEX life_cycle_entry_customer ON public.life_cycle_entry USING btree (customer_id, changed_at DESC, id DESC);
CREATE TRIGGER life_cycle_entry_actor BEFORE INSERT ON public.life_cycle_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER life_cycle_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.life_cycle_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER life_cycle_entry_guard AFTER INSERT ON public.life_cycle_entry REFERENCING NEW TABLE AS entries FOR EACH STATEMENT EXECUTE FUNCTION life_cycle_entry_guard();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.life_cycle_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_life_cycle_entry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.life_cycle_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_life_cycle_entry();
GRANT INSERT, SELECT ON life_cycle_entry TO tierwarden_app;
GRANT SELECT ON life_cycle_entry TO tierwarden_reader;

CREATE TABLE migration (
  id integer NOT NULL DEFAULT nextval('migration_id_seq'::regclass),
  timestamp bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT PK_3043fc6b8af7c99b8b98830094f PRIMARY KEY (id)
);
GRANT SELECT ON migration TO tierwarden_app;
GRANT SELECT ON migration TO tierwarden_reader;

CREATE TABLE model_file (
  digest text NOT NULL,
  content bytea NOT NULL,
  added_by text NOT NULL,
  added_at timestamp with time zone NOT NULL,
  CONSTRAINT model_file_added_by_check CHECK ((added_by <> ''::text)),
  CONSTRAINT model_file_content_check CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 33554432))),
  CONSTRAINT model_file_digest CHECK ((digest = encode(sha256(content), 'hex'::text))),
  CONSTRAINT model_file_pkey PRIMARY KEY (digest)
);
CREATE TRIGGER model_file_actor BEFORE INSERT ON public.model_file FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER model_file_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.model_file FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.model_file REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_model_file();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.model_file REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_model_file();
GRANT INSERT, SELECT ON model_file TO tierwarden_app;
GRANT SELECT ON model_file TO tierwarden_reader;

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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.org_unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_org_unit();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.org_unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_org_unit();
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
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.outcome REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_outcome();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.outcome REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_outcome();
GRANT INSERT, SELECT ON outcome TO tierwarden_app;
GRANT SELECT ON outcome TO tierwarden_reader;

CREATE TABLE peer_figure (
  set_number integer NOT NULL,
  indicator text NOT NULL,
  statistic text NOT NULL,
  segment text NOT NULL,
  value numeric NOT NULL,
  members integer NOT NULL,
  CONSTRAINT peer_figure_indicator_check CHECK ((indicator <> ''::text)),
  CONSTRAINT peer_figure_members_check CHECK ((members > 0)),
  CONSTRAINT peer_figure_segment_check CHECK ((segment <> ''::text)),
  CONSTRAINT peer_figure_statistic_check CHECK ((statistic = ANY (ARRAY['TOTAL'::text, 'MEDIAN'::text]))),
  CONSTRAINT peer_figure_set_number_fkey FOREIGN KEY (set_number) REFERENCES peer_figure_set(number),
  CONSTRAINT peer_figure_pkey PRIMARY KEY (set_number, indicator, statistic, segment)
);
CREATE TRIGGER peer_figure_actor BEFORE INSERT OR DELETE OR UPDATE ON public.peer_figure FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER peer_figure_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.peer_figure FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.peer_figure REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_peer_figure();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.peer_figure REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_peer_figure();
GRANT INSERT, SELECT ON peer_figure TO tierwarden_app;
GRANT SELECT ON peer_figure TO tierwarden_reader;

CREATE TABLE peer_figure_set (
  number integer NOT NULL,
  taken_at timestamp with time zone NOT NULL,
  taken_by text NOT NULL,
  done_upto uuid,
  done_at timestamp with time zone,
  CONSTRAINT peer_figure_set_number_check CHECK ((number > 0)),
  CONSTRAINT peer_figure_set_taken_by_check CHECK ((taken_by <> ''::text)),
  CONSTRAINT peer_figure_set_pkey PRIMARY KEY (number)
);
CREATE TRIGGER peer_figure_set_actor BEFORE INSERT OR DELETE OR UPDATE ON public.peer_figure_set FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.peer_figure_set REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_peer_figure_set();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.peer_figure_set REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_peer_figure_set();
GRANT INSERT, SELECT ON peer_figure_set TO tierwarden_app;
GRANT SELECT ON peer_figure_set TO tierwarden_reader;
GRANT UPDATE (done_upto, done_at) ON peer_figure_set TO tierwarden_app;

CREATE TABLE person (
  customer_id uuid NOT NULL,
  form text NOT NULL,
  sealed bytea,
  commitment text NOT NULL,
  name_index bytea,
  id_number_index bytea,
  phone_index bytea,
  state text NOT NULL,
  held_since timestamp with time zone,
  retain_until date,
  version integer NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT person_check CHECK (((state = 'ERASED'::text) = (sealed IS NULL))),
  CONSTRAINT person_check1 CHECK (((state <> 'ERASED'::text) OR (num_nonnulls(name_index, id_number_index, phone_index) = 0))),
  CONSTRAINT person_check2 CHECK (((state <> 'ERASED'::text) OR (held_since IS NULL))),
  CONSTRAINT person_commitment_check CHECK ((commitment ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT person_form_check CHECK ((form = ANY (ARRAY['PERSON'::text, 'SOLE_PROPRIETOR'::text]))),
  CONSTRAINT person_sealed_check CHECK ((octet_length(sealed) > 28)),
  CONSTRAINT person_state_check CHECK ((state = ANY (ARRAY['ACTIVE'::text, 'RESTRICTED'::text, 'ERASED'::text]))),
  CONSTRAINT person_version_check CHECK ((version > 0)),
  CONSTRAINT person_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT person_pkey PRIMARY KEY (customer_id)
);
CREATE INDEX person_blocked ON public.person USING btree (customer_id) WHERE (state <> 'ACTIVE'::text);
CREATE INDEX person_id_number ON public.person USING btree (id_number_index) WHERE (id_number_index IS NOT NULL);
CREATE INDEX person_name ON public.person USING btree (name_index) WHERE (name_index IS NOT NULL);
CREATE INDEX person_phone ON public.person USING btree (phone_index) WHERE (phone_index IS NOT NULL);
CREATE TRIGGER person_actor BEFORE INSERT OR DELETE OR UPDATE ON public.person FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER person_guard BEFORE UPDATE ON public.person FOR EACH ROW EXECUTE FUNCTION person_guard();
CREATE TRIGGER person_keep BEFORE DELETE OR TRUNCATE ON public.person FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.person REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_person();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.person REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_person();
GRANT INSERT, SELECT ON person TO tierwarden_app;
GRANT UPDATE (sealed, commitment, name_index, id_number_index, phone_index, state, held_since, retain_until, version, updated_at) ON person TO tierwarden_app;

CREATE TABLE policy_follow_through (
  policy_version_id uuid NOT NULL,
  done_upto uuid,
  moved integer NOT NULL,
  begun_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT policy_follow_through_check CHECK ((updated_at >= begun_at)),
  CONSTRAINT policy_follow_through_check1 CHECK ((finished_at >= begun_at)),
  CONSTRAINT policy_follow_through_moved_check CHECK ((moved >= 0)),
  CONSTRAINT policy_follow_through_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT policy_follow_through_pkey PRIMARY KEY (policy_version_id)
);
CREATE TRIGGER policy_follow_through_actor BEFORE INSERT OR DELETE OR UPDATE ON public.policy_follow_through FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER policy_follow_through_closed BEFORE UPDATE ON public.policy_follow_through FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER policy_follow_through_forward BEFORE UPDATE ON public.policy_follow_through FOR EACH ROW EXECUTE FUNCTION policy_follow_through_forward();
CREATE TRIGGER policy_follow_through_keep BEFORE DELETE OR TRUNCATE ON public.policy_follow_through FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.policy_follow_through REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_policy_follow_through();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.policy_follow_through REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_policy_follow_through();
GRANT INSERT, SELECT ON policy_follow_through TO tierwarden_app;
GRANT SELECT ON policy_follow_through TO tierwarden_reader;
GRANT UPDATE (done_upto, moved, updated_at, finished_at) ON policy_follow_through TO tierwarden_app;

CREATE TABLE policy_version (
  id uuid NOT NULL,
  kind text NOT NULL,
  number integer NOT NULL,
  content jsonb NOT NULL,
  digest text NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  published_at timestamp with time zone NOT NULL,
  published_by text NOT NULL,
  test_cases jsonb NOT NULL DEFAULT '[]'::jsonb,
  request_id uuid,
  CONSTRAINT policy_version_number_check CHECK ((number > 0)),
  CONSTRAINT policy_version_test_cases_check CHECK ((jsonb_typeof(test_cases) = 'array'::text)),
  CONSTRAINT policy_version_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT policy_version_pkey PRIMARY KEY (id),
  CONSTRAINT policy_version_kind_number_key UNIQUE (kind, number),
  CONSTRAINT policy_version_request_id_key UNIQUE (request_id)
);
CREATE TRIGGER policy_version_actor BEFORE INSERT OR DELETE OR UPDATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER policy_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER policy_version_needs_request AFTER INSERT ON public.policy_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.number > 1) AND (current_setting('role'::text) = 'tierwarden_app'::text))) EXECUTE FUNCTION policy_version_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.policy_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_policy_version();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.policy_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_policy_version();
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
  CONSTRAINT rating_pkey PRIMARY KEY (id)
);
CREATE INDEX rating_customer ON ONLY public.rating USING btree (customer_id, rated_at DESC, id DESC);
CREATE TRIGGER rating_actor BEFORE INSERT ON public.rating FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.rating FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.rating REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.rating REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating();
GRANT INSERT, SELECT ON rating TO tierwarden_app;
GRANT SELECT ON rating TO tierwarden_reader;

CREATE TABLE rating_campaign (
  id uuid NOT NULL,
  scorecard_version_id uuid NOT NULL,
  started_at timestamp with time zone NOT NULL,
  targets jsonb NOT NULL,
  state text NOT NULL,
  missed integer NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT rating_campaign_check CHECK ((ended_at >= started_at)),
  CONSTRAINT rating_campaign_check1 CHECK (((state = 'OPEN'::text) = (ended_at IS NULL))),
  CONSTRAINT rating_campaign_missed_check CHECK ((missed >= 0)),
  CONSTRAINT rating_campaign_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'REACHED'::text, 'SUPERSEDED'::text]))),
  CONSTRAINT rating_campaign_scorecard_version_id_fkey FOREIGN KEY (scorecard_version_id) REFERENCES scorecard_version(id),
  CONSTRAINT rating_campaign_pkey PRIMARY KEY (id),
  CONSTRAINT rating_campaign_scorecard_version_id_key UNIQUE (scorecard_version_id)
);
CREATE INDEX rating_campaign_time ON public.rating_campaign USING btree (started_at DESC, id DESC);
CREATE UNIQUE INDEX rating_campaign_one_open ON public.rating_campaign USING btree ((true)) WHERE (state = 'OPEN'::text);
CREATE TRIGGER rating_campaign_actor BEFORE INSERT OR DELETE OR UPDATE ON public.rating_campaign FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_campaign_closed BEFORE UPDATE ON public.rating_campaign FOR EACH ROW WHEN ((old.state <> 'OPEN'::text)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER rating_campaign_keep BEFORE DELETE OR TRUNCATE ON public.rating_campaign FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.rating_campaign REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_campaign();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.rating_campaign REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_campaign();
GRANT INSERT, SELECT ON rating_campaign TO tierwarden_app;
GRANT SELECT ON rating_campaign TO tierwarden_reader;
GRANT UPDATE (state, missed, ended_at) ON rating_campaign TO tierwarden_app;

CREATE TABLE rating_campaign_point (
  campaign_id uuid NOT NULL,
  day date NOT NULL,
  customers integer NOT NULL,
  covered integer NOT NULL,
  CONSTRAINT rating_campaign_point_check CHECK (((covered >= 0) AND (covered <= customers))),
  CONSTRAINT rating_campaign_point_customers_check CHECK ((customers >= 0)),
  CONSTRAINT rating_campaign_point_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES rating_campaign(id),
  CONSTRAINT rating_campaign_point_pkey PRIMARY KEY (campaign_id, day)
);
CREATE TRIGGER rating_campaign_point_actor BEFORE INSERT ON public.rating_campaign_point FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_campaign_point_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.rating_campaign_point FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.rating_campaign_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_campaign_point();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.rating_campaign_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_campaign_point();
GRANT INSERT, SELECT ON rating_campaign_point TO tierwarden_app;
GRANT SELECT ON rating_campaign_point TO tierwarden_reader;

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
CREATE INDEX rating_parked_customer ON public.rating_parked USING btree (customer_id, parked_at DESC);
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
  number integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  purpose text NOT NULL,
  figures jsonb,
  unusual boolean,
  ratings_root text,
  published_at timestamp with time zone,
  trial_id uuid,
  limit_policy jsonb,
  what_if jsonb,
  CONSTRAINT rating_run_check CHECK ((resumed_at >= started_at)),
  CONSTRAINT rating_run_check1 CHECK ((finished_at >= started_at)),
  CONSTRAINT rating_run_check2 CHECK ((published_at >= started_at)),
  CONSTRAINT rating_run_customers_check CHECK ((customers >= 0)),
  CONSTRAINT rating_run_open CHECK (((state = ANY (ARRAY['RUNNING'::text, 'PARKED'::text, 'PUBLISHING'::text])) = (finished_at IS NULL))),
  CONSTRAINT rating_run_purpose CHECK (
CASE purpose
    WHEN 'PUBLICATION'::text THEN (state <> 'SIMULATED'::text)
    ELSE (state = ANY (ARRAY['RUNNING'::text, 'CANCELLED'::text, 'SIMULATED'::text]))
END),
  CONSTRAINT rating_run_purpose_check CHECK ((purpose = ANY (ARRAY['PUBLICATION'::text, 'SIMULATION'::text]))),
  CONSTRAINT rating_run_ratings_root_check CHECK ((ratings_root ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT rating_run_requested_by_check CHECK ((requested_by <> ''::text)),
  CONSTRAINT rating_run_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'PARKED'::text, 'PUBLISHING'::text, 'COMPLETED'::text, 'CANCELLED'::text, 'REJECTED'::text, 'SIMULATED'::text]))),
  CONSTRAINT rating_run_updated_after CHECK ((updated_at >= started_at)),
  CONSTRAINT rating_run_version_check CHECK ((version > 0)),
  CONSTRAINT rating_run_what_if CHECK (((purpose = 'SIMULATION'::text) OR ((trial_id IS NULL) AND (limit_policy IS NULL) AND (what_if IS NULL)))),
  CONSTRAINT rating_run_scorecard_version_id_fkey FOREIGN KEY (scorecard_version_id) REFERENCES scorecard_version(id),
  CONSTRAINT rating_run_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES scorecard_trial(id),
  CONSTRAINT rating_run_pkey PRIMARY KEY (id),
  CONSTRAINT rating_run_number_key UNIQUE (number)
);
CREATE INDEX rating_run_simulated ON public.rating_run USING btree (scorecard_version_id, started_at DESC) WHERE (state = 'SIMULATED'::text);
CREATE INDEX rating_run_time ON public.rating_run USING btree (started_at DESC, id DESC);
CREATE INDEX rating_run_updated ON public.rating_run USING btree (updated_at, id);
CREATE UNIQUE INDEX rating_run_one_open ON public.rating_run USING btree (purpose) WHERE (finished_at IS NULL);
CREATE TRIGGER rating_run_actor BEFORE INSERT OR DELETE OR UPDATE ON public.rating_run FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rating_run_closed BEFORE UPDATE ON public.rating_run FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER rating_run_keep BEFORE DELETE OR TRUNCATE ON public.rating_run FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.rating_run REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_run();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.rating_run REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rating_run();
GRANT INSERT, SELECT, UPDATE ON rating_run TO tierwarden_app;
GRANT SELECT ON rating_run TO tierwarden_reader;

CREATE TABLE rating_run_chunk (
  run_id uuid NOT NULL,
  ordinal integer NOT NULL,
  rated integer,
  parked integer,
  digest text,
  done_at timestamp with time zone,
  id_after uuid,
  id_upto uuid,
  leaf_hashes bytea,
  moves jsonb,
  tally jsonb,
  CONSTRAINT rating_run_chunk_check CHECK ((id_after < id_upto)),
  CONSTRAINT rating_run_chunk_check1 CHECK ((((done_at IS NULL) = (rated IS NULL)) AND ((done_at IS NULL) = (parked IS NULL)) AND ((done_at IS NULL) = (digest IS NULL)))),
  CONSTRAINT rating_run_chunk_check2 CHECK ((octet_length(leaf_hashes) = (32 * rated))),
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

CREATE TABLE rerating (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  period text NOT NULL,
  urgency smallint NOT NULL,
  rank smallint NOT NULL,
  asked integer NOT NULL,
  asked_at timestamp with time zone NOT NULL,
  begin_at timestamp with time zone NOT NULL,
  deadline timestamp with time zone,
  state text NOT NULL,
  rating_id uuid,
  reason text,
  detail text,
  ended_at timestamp with time zone,
  CONSTRAINT rerating_asked_check CHECK ((asked > 0)),
  CONSTRAINT rerating_check CHECK ((begin_at >= asked_at)),
  CONSTRAINT rerating_check1 CHECK ((ended_at >= asked_at)),
  CONSTRAINT rerating_check2 CHECK (((state = 'OPEN'::text) = (ended_at IS NULL))),
  CONSTRAINT rerating_check3 CHECK (((state = 'DONE'::text) = (rating_id IS NOT NULL))),
  CONSTRAINT rerating_check4 CHECK ((((state = 'PARKED'::text) = (reason IS NOT NULL)) AND ((state = 'PARKED'::text) = (detail IS NOT NULL)))),
  CONSTRAINT rerating_check5 CHECK (((kind <> 'EVENT'::text) OR (deadline IS NOT NULL))),
  CONSTRAINT rerating_kind_check CHECK ((kind = ANY (ARRAY['EVENT'::text, 'SCHEDULED'::text, 'CAMPAIGN'::text]))),
  CONSTRAINT rerating_period_check CHECK ((period <> ''::text)),
  CONSTRAINT rerating_rank_check CHECK (((rank >= 0) AND (rank <= 9))),
  CONSTRAINT rerating_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'DONE'::text, 'PARKED'::text]))),
  CONSTRAINT rerating_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT rerating_pkey PRIMARY KEY (id),
  CONSTRAINT rerating_customer_id_kind_period_key UNIQUE (customer_id, kind, period)
);
CREATE INDEX rerating_customer ON public.rerating USING btree (customer_id, asked_at DESC, id DESC);
CREATE INDEX rerating_kind ON public.rerating USING btree (kind, asked_at DESC, id DESC);
CREATE INDEX rerating_next ON public.rerating USING btree (urgency, rank, begin_at, id) WHERE (state = 'OPEN'::text);
CREATE INDEX rerating_state ON public.rerating USING btree (state, asked_at DESC, id DESC);
CREATE INDEX rerating_time ON public.rerating USING btree (asked_at DESC, id DESC);
CREATE UNIQUE INDEX rerating_one_open ON public.rerating USING btree (customer_id, kind) WHERE (state = 'OPEN'::text);
CREATE TRIGGER rerating_actor BEFORE INSERT OR DELETE OR UPDATE ON public.rerating FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER rerating_closed BEFORE UPDATE ON public.rerating FOR EACH ROW WHEN ((old.state <> 'OPEN'::text)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER rerating_keep BEFORE DELETE OR TRUNCATE ON public.rerating FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.rerating REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rerating();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.rerating REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_rerating();
GRANT INSERT, SELECT ON rerating TO tierwarden_app;
GRANT SELECT ON rerating TO tierwarden_reader;
GRANT UPDATE (asked, begin_at, deadline, state, rating_id, reason, detail, ended_at) ON rerating TO tierwarden_app;

CREATE TABLE risk_event (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  source text NOT NULL,
  reference text NOT NULL,
  detail text NOT NULL,
  value numeric,
  warning_id uuid NOT NULL,
  snapshot_id uuid,
  rerating_id uuid,
  recorded_at timestamp with time zone NOT NULL,
  recorded_by text NOT NULL,
  CONSTRAINT risk_event_check CHECK ((recorded_at >= occurred_at)),
  CONSTRAINT risk_event_recorded_by_check CHECK ((recorded_by <> ''::text)),
  CONSTRAINT risk_event_reference_check CHECK ((reference <> ''::text)),
  CONSTRAINT risk_event_source_check CHECK ((source <> ''::text)),
  CONSTRAINT risk_event_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT risk_event_rerating_id_fkey FOREIGN KEY (rerating_id) REFERENCES rerating(id),
  CONSTRAINT risk_event_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES indicator_snapshot(id),
  CONSTRAINT risk_event_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES warning(id),
  CONSTRAINT risk_event_pkey PRIMARY KEY (id),
  CONSTRAINT risk_event_source_reference_key UNIQUE (source, reference)
);
CREATE INDEX risk_event_warning ON public.risk_event USING btree (warning_id, recorded_at, id);
CREATE TRIGGER risk_event_actor BEFORE INSERT ON public.risk_event FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER risk_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.risk_event FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.risk_event REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_risk_event();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.risk_event REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_risk_event();
GRANT INSERT, SELECT ON risk_event TO tierwarden_app;
GRANT SELECT ON risk_event TO tierwarden_reader;

CREATE TABLE scorecard (
  id uuid NOT NULL,
  code text NOT NULL,
  CONSTRAINT scorecard_code_check CHECK ((code <> ''::text)),
  CONSTRAINT scorecard_pkey PRIMARY KEY (id),
  CONSTRAINT scorecard_code_key UNIQUE (code)
);
CREATE TRIGGER scorecard_actor BEFORE INSERT OR DELETE OR UPDATE ON public.scorecard FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.scorecard FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.scorecard REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.scorecard REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard();
GRANT INSERT, SELECT ON scorecard TO tierwarden_app;
GRANT SELECT ON scorecard TO tierwarden_reader;

CREATE TABLE scorecard_trial (
  id uuid NOT NULL,
  version_id uuid NOT NULL,
  revision integer NOT NULL,
  definition jsonb NOT NULL,
  digest text NOT NULL,
  frozen_by text NOT NULL,
  frozen_at timestamp with time zone NOT NULL,
  CONSTRAINT scorecard_trial_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT scorecard_trial_frozen_by_check CHECK ((frozen_by <> ''::text)),
  CONSTRAINT scorecard_trial_revision_check CHECK ((revision > 0)),
  CONSTRAINT scorecard_trial_version_id_fkey FOREIGN KEY (version_id) REFERENCES scorecard_version(id),
  CONSTRAINT scorecard_trial_pkey PRIMARY KEY (id)
);
CREATE INDEX scorecard_trial_version ON public.scorecard_trial USING btree (version_id, digest);
CREATE TRIGGER scorecard_trial_actor BEFORE INSERT ON public.scorecard_trial FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_trial_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.scorecard_trial FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.scorecard_trial REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_trial();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.scorecard_trial REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_trial();
GRANT INSERT, SELECT ON scorecard_trial TO tierwarden_app;
GRANT SELECT ON scorecard_trial TO tierwarden_reader;

CREATE TABLE scorecard_trial_cut_points (
  trial_id uuid NOT NULL,
  segment text NOT NULL,
  id uuid NOT NULL,
  reference_size integer NOT NULL,
  content jsonb NOT NULL,
  digest text NOT NULL,
  frozen_at timestamp with time zone NOT NULL,
  CONSTRAINT scorecard_trial_cut_points_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT scorecard_trial_cut_points_reference_size_check CHECK ((reference_size > 0)),
  CONSTRAINT scorecard_trial_cut_points_segment_check CHECK ((segment <> ''::text)),
  CONSTRAINT scorecard_trial_cut_points_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES scorecard_trial(id),
  CONSTRAINT scorecard_trial_cut_points_pkey PRIMARY KEY (trial_id, segment)
);
CREATE INDEX scorecard_trial_cut_points_id ON public.scorecard_trial_cut_points USING btree (id);
CREATE TRIGGER scorecard_trial_cut_points_actor BEFORE INSERT ON public.scorecard_trial_cut_points FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_trial_cut_points_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.scorecard_trial_cut_points FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.scorecard_trial_cut_points REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_trial_cut_points();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.scorecard_trial_cut_points REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_trial_cut_points();
GRANT INSERT, SELECT ON scorecard_trial_cut_points TO tierwarden_app;
GRANT SELECT ON scorecard_trial_cut_points TO tierwarden_reader;

CREATE TABLE scorecard_version (
  id uuid NOT NULL,
  scorecard_id uuid NOT NULL,
  number integer NOT NULL,
  definition jsonb NOT NULL,
  digest text NOT NULL,
  state text NOT NULL,
  created_by text NOT NULL,
  effective_from timestamp with time zone,
  retired_at timestamp with time zone,
  revision integer NOT NULL,
  based_on_id uuid,
  created_at timestamp with time zone NOT NULL,
  developer_ids text[] NOT NULL,
  CONSTRAINT scorecard_version_created_by_check CHECK ((created_by <> ''::text)),
  CONSTRAINT scorecard_version_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT scorecard_version_effective_check CHECK (((state = ANY (ARRAY['SCHEDULED'::text, 'LIVE'::text, 'RETIRED'::text])) = (effective_from IS NOT NULL))),
  CONSTRAINT scorecard_version_number_check CHECK ((number > 0)),
  CONSTRAINT scorecard_version_retired_check CHECK (((state = 'RETIRED'::text) = (retired_at IS NOT NULL))),
  CONSTRAINT scorecard_version_revision_check CHECK ((revision > 0)),
  CONSTRAINT scorecard_version_state_check CHECK ((state = ANY (ARRAY['DRAFT'::text, 'IN_REVIEW'::text, 'APPROVED'::text, 'SCHEDULED'::text, 'LIVE'::text, 'RETIRED'::text, 'DISCARDED'::text]))),
  CONSTRAINT scorecard_version_based_on_id_fkey FOREIGN KEY (based_on_id) REFERENCES scorecard_version(id),
  CONSTRAINT scorecard_version_scorecard_id_fkey FOREIGN KEY (scorecard_id) REFERENCES scorecard(id),
  CONSTRAINT scorecard_version_pkey PRIMARY KEY (id),
  CONSTRAINT scorecard_version_scorecard_id_number_key UNIQUE (scorecard_id, number)
);
CREATE INDEX scorecard_version_created ON public.scorecard_version USING btree (created_at DESC, id DESC);
CREATE INDEX scorecard_version_due ON public.scorecard_version USING btree (effective_from) WHERE (state = 'SCHEDULED'::text);
CREATE INDEX scorecard_version_state ON public.scorecard_version USING btree (state, created_at DESC, id DESC);
CREATE UNIQUE INDEX scorecard_version_live ON public.scorecard_version USING btree (scorecard_id) WHERE (state = 'LIVE'::text);
CREATE TRIGGER scorecard_version_actor BEFORE INSERT OR DELETE OR UPDATE ON public.scorecard_version FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER scorecard_version_begin BEFORE INSERT ON public.scorecard_version FOR EACH ROW EXECUTE FUNCTION scorecard_version_begin();
CREATE TRIGGER scorecard_version_guard BEFORE UPDATE ON public.scorecard_version FOR EACH ROW EXECUTE FUNCTION scorecard_version_guard();
CREATE TRIGGER scorecard_version_keep BEFORE DELETE OR TRUNCATE ON public.scorecard_version FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER scorecard_version_validators BEFORE INSERT OR UPDATE ON public.scorecard_version FOR EACH ROW EXECUTE FUNCTION scorecard_version_validators();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.scorecard_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_version();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.scorecard_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_scorecard_version();
GRANT INSERT, SELECT ON scorecard_version TO tierwarden_app;
GRANT SELECT ON scorecard_version TO tierwarden_reader;
GRANT UPDATE (definition, digest, state, effective_from, retired_at, revision, developer_ids) ON scorecard_version TO tierwarden_app;

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

CREATE TABLE signing_key (
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  public_key bytea NOT NULL,
  credential_id bytea,
  uses bigint NOT NULL DEFAULT 0,
  registered_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  CONSTRAINT signing_key_check CHECK (((kind <> 'ED25519'::text) OR (octet_length(public_key) = 32))),
  CONSTRAINT signing_key_check1 CHECK ((revoked_at >= registered_at)),
  CONSTRAINT signing_key_check2 CHECK (((kind = 'PASSKEY'::text) = (credential_id IS NOT NULL))),
  CONSTRAINT signing_key_kind_check CHECK ((kind = ANY (ARRAY['ED25519'::text, 'PASSKEY'::text]))),
  CONSTRAINT signing_key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  CONSTRAINT signing_key_uses_check CHECK ((uses >= 0)),
  CONSTRAINT signing_key_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_user(id),
  CONSTRAINT signing_key_pkey PRIMARY KEY (id),
  CONSTRAINT signing_key_credential_id_key UNIQUE (credential_id),
  CONSTRAINT signing_key_public_key_key UNIQUE (public_key)
);
CREATE INDEX signing_key_owner ON public.signing_key USING btree (owner_id, registered_at, id);
CREATE TRIGGER signing_key_actor BEFORE INSERT OR UPDATE ON public.signing_key FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER signing_key_guard BEFORE INSERT OR UPDATE ON public.signing_key FOR EACH ROW EXECUTE FUNCTION signing_key_guard();
CREATE TRIGGER signing_key_keep BEFORE DELETE OR TRUNCATE ON public.signing_key FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.signing_key REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_signing_key();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.signing_key REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_signing_key();
GRANT INSERT, SELECT ON signing_key TO tierwarden_app;
GRANT SELECT ON signing_key TO tierwarden_reader;
GRANT UPDATE (uses, revoked_at) ON signing_key TO tierwarden_app;

CREATE TABLE simulation_mover (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  notches smallint NOT NULL,
  distance smallint NOT NULL GENERATED ALWAYS AS (abs(notches)) STORED,
  model_grade_before grade NOT NULL,
  model_grade_after grade NOT NULL,
  grade_before grade NOT NULL,
  grade_after grade NOT NULL,
  basis_after text NOT NULL,
  score_before numeric(7,4) NOT NULL,
  score_after numeric(7,4) NOT NULL,
  exposure numeric(20,2) NOT NULL,
  currency text NOT NULL,
  limit_before numeric(20,2) NOT NULL,
  limit_after numeric(20,2) NOT NULL,
  term_days_before integer NOT NULL,
  term_days_after integer NOT NULL,
  tier_before text,
  tier_after text,
  CONSTRAINT simulation_mover_check CHECK ((limit_after <= limit_before)),
  CONSTRAINT simulation_mover_exposure_check CHECK ((exposure >= (0)::numeric)),
  CONSTRAINT simulation_mover_notches_check CHECK (((notches >= '-8'::integer) AND (notches <= 8))),
  CONSTRAINT simulation_mover_pkey PRIMARY KEY (id)
);
CREATE INDEX simulation_mover_biggest ON public.simulation_mover USING btree (run_id, distance DESC, exposure DESC, id DESC);
CREATE TRIGGER simulation_mover_actor BEFORE INSERT ON public.simulation_mover FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER simulation_mover_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.simulation_mover FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON simulation_mover TO tierwarden_app;
GRANT SELECT ON simulation_mover TO tierwarden_reader;

CREATE TABLE source_arrival (
  id uuid NOT NULL,
  source text NOT NULL,
  batch_id uuid,
  arrived_at timestamp with time zone NOT NULL,
  accepted integer NOT NULL,
  stale integer NOT NULL,
  contradicted integer NOT NULL,
  refused integer NOT NULL,
  refusals jsonb NOT NULL,
  CONSTRAINT source_arrival_accepted_check CHECK ((accepted >= 0)),
  CONSTRAINT source_arrival_check CHECK (((stale >= 0) AND (stale <= accepted))),
  CONSTRAINT source_arrival_check1 CHECK (((contradicted >= 0) AND (contradicted <= accepted))),
  CONSTRAINT source_arrival_check2 CHECK (((accepted + refused) > 0)),
  CONSTRAINT source_arrival_refusals_check CHECK ((jsonb_typeof(refusals) = 'object'::text)),
  CONSTRAINT source_arrival_refused_check CHECK ((refused >= 0)),
  CONSTRAINT source_arrival_source_check CHECK ((source <> ''::text)),
  CONSTRAINT source_arrival_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES import_batch(id),
  CONSTRAINT source_arrival_pkey PRIMARY KEY (id)
);
CREATE INDEX source_arrival_batch ON public.source_arrival USING btree (batch_id);
CREATE INDEX source_arrival_source ON public.source_arrival USING btree (source, arrived_at);
CREATE TRIGGER source_arrival_actor BEFORE INSERT OR DELETE OR UPDATE ON public.source_arrival FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER source_arrival_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.source_arrival FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.source_arrival REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_source_arrival();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.source_arrival REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_source_arrival();
GRANT INSERT, SELECT ON source_arrival TO tierwarden_app;
GRANT SELECT ON source_arrival TO tierwarden_reader;

CREATE TABLE sub_limit_entry (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  scope text NOT NULL,
  product text NOT NULL DEFAULT ''::text,
  before numeric(20,2),
  after numeric(20,2) NOT NULL,
  reason text NOT NULL,
  request_id uuid,
  booked_at timestamp with time zone NOT NULL,
  booked_by text NOT NULL,
  CONSTRAINT sub_limit_entry_after_check CHECK (((after >= (0)::numeric) AND (after <> 'NaN'::numeric))),
  CONSTRAINT sub_limit_entry_before_check CHECK (((before >= (0)::numeric) AND (before <> 'NaN'::numeric))),
  CONSTRAINT sub_limit_entry_check CHECK (((scope = 'GROUP'::text) = (product = ''::text))),
  CONSTRAINT sub_limit_entry_loosens CHECK (
CASE
    WHEN (request_id IS NULL) THEN COALESCE((after < before), true)
    ELSE ((after > before) AND (before IS NOT NULL))
END),
  CONSTRAINT sub_limit_entry_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT sub_limit_entry_scope_check CHECK ((scope = ANY (ARRAY['PRODUCT'::text, 'GROUP'::text]))),
  CONSTRAINT sub_limit_entry_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT sub_limit_entry_request_id_fkey FOREIGN KEY (request_id) REFERENCES change_request(id),
  CONSTRAINT sub_limit_entry_pkey PRIMARY KEY (id)
);
CREATE INDEX sub_limit_entry_customer ON public.sub_limit_entry USING btree (customer_id, booked_at DESC, id DESC);
CREATE TRIGGER sub_limit_book AFTER INSERT ON public.sub_limit_entry FOR EACH ROW EXECUTE FUNCTION sub_limit_book();
CREATE TRIGGER sub_limit_entry_actor BEFORE INSERT ON public.sub_limit_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER sub_limit_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.sub_limit_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE CONSTRAINT TRIGGER sub_limit_needs_request AFTER INSERT ON public.sub_limit_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.request_id IS NOT NULL)) EXECUTE FUNCTION sub_limit_needs_request();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.sub_limit_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_sub_limit_entry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.sub_limit_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_sub_limit_entry();
GRANT INSERT, SELECT ON sub_limit_entry TO tierwarden_app;
GRANT SELECT ON sub_limit_entry TO tierwarden_reader;

CREATE TABLE subject_key (
  subject_id uuid NOT NULL,
  wrapped bytea,
  master_key_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  destroyed_at timestamp with time zone,
  CONSTRAINT subject_key_check CHECK (((wrapped IS NULL) = (destroyed_at IS NOT NULL))),
  CONSTRAINT subject_key_master_key_id_check CHECK ((master_key_id ~ '^[0-9a-f]{8}$'::text)),
  CONSTRAINT subject_key_wrapped_check CHECK ((octet_length(wrapped) = 60)),
  CONSTRAINT subject_key_pkey PRIMARY KEY (subject_id)
);
CREATE INDEX subject_key_master ON public.subject_key USING btree (master_key_id, subject_id) WHERE (wrapped IS NOT NULL);
CREATE TRIGGER subject_key_actor BEFORE INSERT OR DELETE OR UPDATE ON public.subject_key FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER subject_key_guard BEFORE UPDATE ON public.subject_key FOR EACH ROW EXECUTE FUNCTION subject_key_guard();
CREATE TRIGGER subject_key_keep BEFORE DELETE OR TRUNCATE ON public.subject_key FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.subject_key REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_subject_key();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.subject_key REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_subject_key();
GRANT INSERT, SELECT ON subject_key TO tierwarden_app;
GRANT UPDATE (wrapped, master_key_id, destroyed_at) ON subject_key TO tierwarden_app;

CREATE TABLE tier_follow_up (
  run_id uuid NOT NULL,
  done_upto uuid,
  moved integer NOT NULL DEFAULT 0,
  opened_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT tier_follow_up_check CHECK ((updated_at >= opened_at)),
  CONSTRAINT tier_follow_up_check1 CHECK ((finished_at >= opened_at)),
  CONSTRAINT tier_follow_up_moved_check CHECK ((moved >= 0)),
  CONSTRAINT tier_follow_up_run_id_fkey FOREIGN KEY (run_id) REFERENCES rating_run(id),
  CONSTRAINT tier_follow_up_pkey PRIMARY KEY (run_id)
);
CREATE INDEX tier_follow_up_open ON public.tier_follow_up USING btree (updated_at) WHERE (finished_at IS NULL);
CREATE TRIGGER tier_follow_up_actor BEFORE INSERT OR DELETE OR UPDATE ON public.tier_follow_up FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER tier_follow_up_closed BEFORE UPDATE ON public.tier_follow_up FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER tier_follow_up_keep BEFORE DELETE OR TRUNCATE ON public.tier_follow_up FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.tier_follow_up REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_follow_up();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.tier_follow_up REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_follow_up();
GRANT INSERT, SELECT ON tier_follow_up TO tierwarden_app;
GRANT SELECT ON tier_follow_up TO tierwarden_reader;
GRANT UPDATE (done_upto, moved, updated_at, finished_at) ON tier_follow_up TO tierwarden_app;

CREATE TABLE tier_history (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  cause text NOT NULL,
  cause_id text NOT NULL,
  tier_before tier,
  tier_after tier NOT NULL,
  value_band value_band NOT NULL,
  risk_class risk_class NOT NULL,
  value_score_id uuid NOT NULL,
  grade grade NOT NULL,
  warning text,
  policy_version_id uuid NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  changed_by text NOT NULL,
  CONSTRAINT tier_history_cause_check CHECK ((cause = ANY (ARRAY['GRADE'::text, 'VALUE'::text, 'WARNING'::text, 'POLICY'::text]))),
  CONSTRAINT tier_history_cause_id_check CHECK ((cause_id <> ''::text)),
  CONSTRAINT tier_history_warning_check CHECK ((warning = ANY (ARRAY['RED'::text, 'YELLOW'::text]))),
  CONSTRAINT tier_history_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT tier_history_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT tier_history_value_score_id_customer_id_fkey FOREIGN KEY (value_score_id, customer_id) REFERENCES value_score(id, customer_id),
  CONSTRAINT tier_history_pkey PRIMARY KEY (id)
);
CREATE INDEX tier_history_customer ON public.tier_history USING btree (customer_id, changed_at DESC, id DESC);
CREATE TRIGGER customer_tier_move AFTER INSERT ON public.tier_history REFERENCING NEW TABLE AS entries FOR EACH STATEMENT EXECUTE FUNCTION customer_tier_move();
CREATE TRIGGER tier_history_actor BEFORE INSERT ON public.tier_history FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER tier_history_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.tier_history FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.tier_history REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_history();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.tier_history REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_history();
GRANT INSERT, SELECT ON tier_history TO tierwarden_app;
GRANT SELECT ON tier_history TO tierwarden_reader;

CREATE TABLE tier_task (
  id uuid NOT NULL,
  entry_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  code text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  tier tier NOT NULL,
  direction text NOT NULL,
  plan_version_id uuid NOT NULL,
  owner_user_id uuid,
  org_unit_id uuid,
  due_on date NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  closed_by text,
  note text,
  version integer NOT NULL,
  CONSTRAINT tier_task_check CHECK ((closed_at >= created_at)),
  CONSTRAINT tier_task_check1 CHECK ((((state = 'OPEN'::text) = (closed_at IS NULL)) AND ((state = 'OPEN'::text) = (closed_by IS NULL)))),
  CONSTRAINT tier_task_check2 CHECK (((state <> 'CANCELLED'::text) OR (note <> ''::text))),
  CONSTRAINT tier_task_direction_check CHECK ((direction = ANY (ARRAY['FIRST'::text, 'UP'::text, 'DOWN'::text]))),
  CONSTRAINT tier_task_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'DONE'::text, 'CANCELLED'::text]))),
  CONSTRAINT tier_task_version_check CHECK ((version > 0)),
  CONSTRAINT tier_task_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT tier_task_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES tier_history(id),
  CONSTRAINT tier_task_org_unit_id_fkey FOREIGN KEY (org_unit_id) REFERENCES org_unit(id),
  CONSTRAINT tier_task_owner_user_id_fkey FOREIGN KEY (owner_user_id) REFERENCES app_user(id),
  CONSTRAINT tier_task_plan_version_id_fkey FOREIGN KEY (plan_version_id) REFERENCES policy_version(id),
  CONSTRAINT tier_task_pkey PRIMARY KEY (id),
  CONSTRAINT tier_task_entry_id_code_key UNIQUE (entry_id, code)
);
CREATE INDEX tier_task_customer ON public.tier_task USING btree (customer_id, due_on, id);
CREATE INDEX tier_task_due ON public.tier_task USING btree (due_on, id);
CREATE INDEX tier_task_owner ON public.tier_task USING btree (owner_user_id, due_on, id);
CREATE INDEX tier_task_state ON public.tier_task USING btree (state, due_on, id);
CREATE INDEX tier_task_tier ON public.tier_task USING btree (tier, due_on, id);
CREATE INDEX tier_task_unit ON public.tier_task USING btree (org_unit_id, due_on, id);
CREATE TRIGGER tier_task_actor BEFORE INSERT OR DELETE OR UPDATE ON public.tier_task FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER tier_task_closed BEFORE UPDATE ON public.tier_task FOR EACH ROW WHEN ((old.state <> 'OPEN'::text)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER tier_task_keep BEFORE DELETE OR TRUNCATE ON public.tier_task FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.tier_task REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_task();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.tier_task REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_tier_task();
GRANT INSERT, SELECT ON tier_task TO tierwarden_app;
GRANT SELECT ON tier_task TO tierwarden_reader;
GRANT UPDATE (state, closed_at, closed_by, note, version) ON tier_task TO tierwarden_app;

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
  CONSTRAINT user_role_role_check CHECK ((role = ANY (ARRAY['SALES_MAKER'::text, 'RISK_ANALYST'::text, 'RISK_APPROVER'::text, 'FINANCE_APPROVER'::text, 'CHIEF_RISK_OFFICER'::text, 'AUDITOR'::text, 'POLICY_ADMIN'::text, 'SYSTEM_ADMIN'::text, 'SECURITY_ADMIN'::text, 'SERVICE'::text, 'MODEL_VALIDATOR'::text]))),
  CONSTRAINT user_role_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id),
  CONSTRAINT user_role_pkey PRIMARY KEY (id)
);
CREATE INDEX user_role_holders ON public.user_role USING btree (role, user_id) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX user_role_in_force ON public.user_role USING btree (user_id, role) WHERE (revoked_at IS NULL);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.user_role REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_user_role();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.user_role REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_user_role();
CREATE TRIGGER user_role_actor BEFORE INSERT OR DELETE OR UPDATE ON public.user_role FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER user_role_final BEFORE UPDATE ON public.user_role FOR EACH ROW WHEN ((old.revoked_at IS NOT NULL)) EXECUTE FUNCTION tw_revocation_is_final();
GRANT INSERT, SELECT ON user_role TO tierwarden_app;
GRANT SELECT ON user_role TO tierwarden_reader;
GRANT UPDATE (revoked_by, revoked_at) ON user_role TO tierwarden_app;

CREATE TABLE value_computation (
  id uuid NOT NULL,
  state text NOT NULL,
  policy_version_id uuid NOT NULL,
  tier_policy_version_id uuid NOT NULL,
  as_of date NOT NULL,
  cuts jsonb NOT NULL,
  reference_size integer NOT NULL,
  requested_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  done_upto uuid,
  evaluated integer NOT NULL DEFAULT 0,
  tiers_moved integer NOT NULL DEFAULT 0,
  core integer NOT NULL DEFAULT 0,
  core_known integer NOT NULL DEFAULT 0,
  core_recognised integer NOT NULL DEFAULT 0,
  updated_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  version integer NOT NULL,
  CONSTRAINT value_computation_check CHECK (((core_known >= 0) AND (core_known <= core))),
  CONSTRAINT value_computation_check1 CHECK (((core_recognised >= 0) AND (core_recognised <= core_known))),
  CONSTRAINT value_computation_check2 CHECK ((updated_at >= started_at)),
  CONSTRAINT value_computation_check3 CHECK ((finished_at >= started_at)),
  CONSTRAINT value_computation_check4 CHECK (((state = 'RUNNING'::text) = (finished_at IS NULL))),
  CONSTRAINT value_computation_core_check CHECK ((core >= 0)),
  CONSTRAINT value_computation_evaluated_check CHECK ((evaluated >= 0)),
  CONSTRAINT value_computation_reference_size_check CHECK ((reference_size >= 0)),
  CONSTRAINT value_computation_requested_by_check CHECK ((requested_by <> ''::text)),
  CONSTRAINT value_computation_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETED'::text]))),
  CONSTRAINT value_computation_tiers_moved_check CHECK ((tiers_moved >= 0)),
  CONSTRAINT value_computation_version_check CHECK ((version > 0)),
  CONSTRAINT value_computation_policy_version_id_fkey FOREIGN KEY (policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT value_computation_tier_policy_version_id_fkey FOREIGN KEY (tier_policy_version_id) REFERENCES policy_version(id),
  CONSTRAINT value_computation_pkey PRIMARY KEY (id)
);
CREATE INDEX value_computation_time ON public.value_computation USING btree (started_at DESC, id DESC);
CREATE UNIQUE INDEX value_computation_one_open ON public.value_computation USING btree ((true)) WHERE (finished_at IS NULL);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.value_computation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_value_computation();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.value_computation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_value_computation();
CREATE TRIGGER value_computation_actor BEFORE INSERT OR DELETE OR UPDATE ON public.value_computation FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER value_computation_closed BEFORE UPDATE ON public.value_computation FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER value_computation_keep BEFORE DELETE OR TRUNCATE ON public.value_computation FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON value_computation TO tierwarden_app;
GRANT SELECT ON value_computation TO tierwarden_reader;
GRANT UPDATE (state, done_upto, evaluated, tiers_moved, core, core_known, core_recognised, updated_at, finished_at, version) ON value_computation TO tierwarden_app;

CREATE TABLE value_score (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  computation_id uuid NOT NULL,
  as_of date NOT NULL,
  evaluated_at timestamp with time zone NOT NULL,
  score numeric(5,2) NOT NULL,
  orders numeric,
  average_order numeric,
  margin numeric,
  retention numeric NOT NULL,
  lifetime_value numeric,
  pareto_share numeric(3,2) NOT NULL,
  points smallint[] NOT NULL,
  missing text[] NOT NULL,
  CONSTRAINT value_score_check CHECK (((margin IS NULL) = (lifetime_value IS NULL))),
  CONSTRAINT value_score_pareto_share_check CHECK (((pareto_share > (0)::numeric) AND (pareto_share <= (1)::numeric))),
  CONSTRAINT value_score_points_check CHECK (((cardinality(points) = 5) AND (1 <= ALL (points)) AND (10 >= ALL (points)))),
  CONSTRAINT value_score_retention_check CHECK (((retention >= (0)::numeric) AND (retention <= (1)::numeric))),
  CONSTRAINT value_score_score_check CHECK (((score >= (0)::numeric) AND (score <= (100)::numeric))),
  CONSTRAINT value_score_computation_id_fkey FOREIGN KEY (computation_id) REFERENCES value_computation(id),
  CONSTRAINT value_score_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT value_score_pkey PRIMARY KEY (id),
  CONSTRAINT value_score_id_customer_id_key UNIQUE (id, customer_id)
);
CREATE INDEX value_score_customer ON public.value_score USING btree (customer_id, evaluated_at DESC, id DESC);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.value_score REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_value_score();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.value_score REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_value_score();
CREATE TRIGGER value_score_actor BEFORE INSERT ON public.value_score FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER value_score_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.value_score FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON value_score TO tierwarden_app;
GRANT SELECT ON value_score TO tierwarden_reader;

CREATE TABLE warning (
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  state text NOT NULL,
  owner_id uuid,
  owner_role text,
  deadline timestamp with time zone,
  raised_at timestamp with time zone NOT NULL,
  acknowledged_at timestamp with time zone,
  closed_at timestamp with time zone,
  outcome text,
  outcome_note text,
  updated_at timestamp with time zone NOT NULL,
  version integer NOT NULL,
  CONSTRAINT warning_acknowledged CHECK (((state = 'OPEN'::text) = (acknowledged_at IS NULL))),
  CONSTRAINT warning_check CHECK ((acknowledged_at >= raised_at)),
  CONSTRAINT warning_check1 CHECK ((closed_at >= acknowledged_at)),
  CONSTRAINT warning_closed_with_outcome CHECK ((((state = 'CLOSED'::text) = (closed_at IS NOT NULL)) AND ((state = 'CLOSED'::text) = (outcome IS NOT NULL)) AND ((state = 'CLOSED'::text) = (outcome_note IS NOT NULL)))),
  CONSTRAINT warning_outcome_check CHECK ((outcome = ANY (ARRAY['AVOIDED'::text, 'TRANSFERRED'::text, 'REDUCED'::text, 'SPREAD'::text, 'ACCEPTED'::text, 'FALSE_ALARM'::text]))),
  CONSTRAINT warning_red_is_owned CHECK (((severity <> 'RED'::text) OR ((deadline IS NOT NULL) AND ((owner_id IS NOT NULL) OR (owner_role IS NOT NULL))))),
  CONSTRAINT warning_severity_check CHECK ((severity = ANY (ARRAY['RED'::text, 'YELLOW'::text, 'GREEN'::text]))),
  CONSTRAINT warning_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'IN_PROGRESS'::text, 'CLOSED'::text]))),
  CONSTRAINT warning_version_check CHECK ((version > 0)),
  CONSTRAINT warning_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  CONSTRAINT warning_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_user(id),
  CONSTRAINT warning_pkey PRIMARY KEY (id)
);
CREATE INDEX warning_customer ON public.warning USING btree (customer_id, raised_at DESC, id DESC);
CREATE INDEX warning_kind ON public.warning USING btree (kind, raised_at DESC, id DESC);
CREATE INDEX warning_owner ON public.warning USING btree (owner_id, raised_at DESC, id DESC);
CREATE INDEX warning_severity ON public.warning USING btree (severity, raised_at DESC, id DESC);
CREATE INDEX warning_state ON public.warning USING btree (state, raised_at DESC, id DESC);
CREATE INDEX warning_time ON public.warning USING btree (raised_at DESC, id DESC);
CREATE UNIQUE INDEX warning_one_open ON public.warning USING btree (customer_id, kind) WHERE (state <> 'CLOSED'::text);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.warning REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.warning REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning();
CREATE TRIGGER warning_actor BEFORE INSERT OR DELETE OR UPDATE ON public.warning FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER warning_closed BEFORE UPDATE ON public.warning FOR EACH ROW WHEN ((old.state = 'CLOSED'::text)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER warning_keep BEFORE DELETE OR TRUNCATE ON public.warning FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON warning TO tierwarden_app;
GRANT SELECT ON warning TO tierwarden_reader;
GRANT UPDATE (severity, state, deadline, acknowledged_at, closed_at, outcome, outcome_note, updated_at, version) ON warning TO tierwarden_app;

CREATE TABLE warning_entry (
  id uuid NOT NULL,
  warning_id uuid NOT NULL,
  action text NOT NULL,
  severity text NOT NULL,
  state text NOT NULL,
  note text NOT NULL,
  made_at timestamp with time zone NOT NULL,
  made_by text NOT NULL,
  CONSTRAINT warning_entry_action_check CHECK ((action = ANY (ARRAY['RAISED'::text, 'EVENT_ADDED'::text, 'ACKNOWLEDGED'::text, 'TASK_DONE'::text, 'CLOSED'::text]))),
  CONSTRAINT warning_entry_made_by_check CHECK ((made_by <> ''::text)),
  CONSTRAINT warning_entry_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES warning(id),
  CONSTRAINT warning_entry_pkey PRIMARY KEY (id)
);
CREATE INDEX warning_entry_warning ON public.warning_entry USING btree (warning_id, made_at, id);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.warning_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning_entry();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.warning_entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning_entry();
CREATE TRIGGER warning_entry_actor BEFORE INSERT ON public.warning_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER warning_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.warning_entry FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON warning_entry TO tierwarden_app;
GRANT SELECT ON warning_entry TO tierwarden_reader;

CREATE TABLE warning_task (
  id uuid NOT NULL,
  warning_id uuid NOT NULL,
  kind text NOT NULL,
  due_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  note text,
  done_at timestamp with time zone,
  done_by text,
  version integer NOT NULL,
  CONSTRAINT warning_task_check CHECK ((((state = 'DONE'::text) = (done_at IS NOT NULL)) AND ((state = 'DONE'::text) = (done_by IS NOT NULL)) AND ((state = 'DONE'::text) = (note IS NOT NULL)))),
  CONSTRAINT warning_task_kind_check CHECK ((kind = 'LIMIT_REVIEW'::text)),
  CONSTRAINT warning_task_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'DONE'::text]))),
  CONSTRAINT warning_task_version_check CHECK ((version > 0)),
  CONSTRAINT warning_task_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES warning(id),
  CONSTRAINT warning_task_pkey PRIMARY KEY (id),
  CONSTRAINT warning_task_warning_id_kind_key UNIQUE (warning_id, kind)
);
CREATE TRIGGER tw_trail_insert AFTER INSERT ON public.warning_task REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning_task();
CREATE TRIGGER tw_trail_update AFTER UPDATE ON public.warning_task REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('role'::text) = 'tierwarden_app'::text)) EXECUTE FUNCTION tw_trail_of_warning_task();
CREATE TRIGGER warning_task_actor BEFORE INSERT OR DELETE OR UPDATE ON public.warning_task FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
CREATE TRIGGER warning_task_closed BEFORE UPDATE ON public.warning_task FOR EACH ROW WHEN ((old.state = 'DONE'::text)) EXECUTE FUNCTION tw_refuse_reopening();
CREATE TRIGGER warning_task_keep BEFORE DELETE OR TRUNCATE ON public.warning_task FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
GRANT INSERT, SELECT ON warning_task TO tierwarden_app;
GRANT SELECT ON warning_task TO tierwarden_reader;
GRANT UPDATE (state, note, done_at, done_by, version) ON warning_task TO tierwarden_app;

CREATE OR REPLACE FUNCTION public.attestation_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'ATTESTATION' AND state = 'APPLIED'
                       AND subject_type = 'Attestation' AND subject_id = NEW.year::text) THEN
          RAISE EXCEPTION 'attestation without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

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

CREATE OR REPLACE FUNCTION public.audit_log_checkpoint_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.size <= (SELECT max(size) FROM audit_log_checkpoint) THEN
          RAISE EXCEPTION 'a checkpoint of % leaves comes after one of as many or more', NEW.size USING ERRCODE = 'TW012';
        END IF;
        IF NEW.size <> coalesce((SELECT max(leaf_index) + 1 FROM audit_log_leaf), 0) THEN
          RAISE EXCEPTION 'a checkpoint of % leaves is not of the leaves there are', NEW.size USING ERRCODE = 'TW012';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.audit_log_leaf_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        lowest bigint; highest bigint; added bigint;
      BEGIN
        SELECT min(leaf_index), max(leaf_index), count(*) INTO lowest, highest, added FROM new_leaves;
        IF added > 0 AND (highest - lowest + 1 <> added
            OR lowest <> coalesce((SELECT max(leaf_index) + 1 FROM audit_log_leaf WHERE leaf_index < lowest), 0)) THEN
          RAISE EXCEPTION 'leaves % to % leave a gap', lowest, highest USING ERRCODE = 'TW011';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.break_glass_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.broken_by::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody breaks the glass in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF EXISTS (SELECT FROM change_request WHERE id = NEW.request_id
                   AND NEW.broken_by::text = ANY (lower(maker_id) || editor_ids || interested_ids)) THEN
          RAISE EXCEPTION 'nobody breaks the glass for himself' USING ERRCODE = 'TW003';
        END IF;
        IF NEW.ratify_by > NEW.broken_at + interval '72 hours' OR NOT EXISTS (
          SELECT FROM change_request WHERE id = NEW.review_id AND kind = 'BREAK_GLASS_REVIEW' AND state = 'IN_REVIEW'
            AND subject_id = NEW.request_id::text AND maker_id = NEW.broken_by::text AND decide_by = NEW.ratify_by) THEN
          RAISE EXCEPTION 'what is let through alone is looked at afterwards, within hours' USING ERRCODE = 'TW007';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.break_glass_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF (NEW.outcome = 'RATIFIED') <> EXISTS (SELECT FROM change_request WHERE id = NEW.review_id AND state = 'APPLIED') THEN
          RAISE EXCEPTION 'ratified by its review alone' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_entry_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.state NOT IN ('IN_REVIEW', 'DRAFT') OR NEW.current_level <> 1 OR NEW.round <> 1 THEN
          RAISE EXCEPTION 'a request starts in review or as a draft' USING ERRCODE = 'TW007';
        END IF;
        IF NEW.maker_id IS DISTINCT FROM current_setting('tierwarden.actor', true)
           AND NOT (NEW.kind IN ('RATING_RUN', 'GRADE_UPGRADE') AND NEW.subject_type = 'RatingRun'
             AND current_setting('tierwarden.actor', true) LIKE 'system:%'
             AND NEW.maker_id = (SELECT requested_by FROM rating_run WHERE id::text = NEW.subject_id)) THEN
          RAISE EXCEPTION 'nobody makes a request in the name of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_evidence_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.added_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NOT EXISTS (SELECT FROM evidence_file WHERE id = NEW.file_id AND owner_id::text = NEW.added_by) THEN
          RAISE EXCEPTION 'nobody attaches the file of another' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        frozen change_request_round;
      BEGIN
        IF OLD.state IN ('APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED') THEN
          RAISE EXCEPTION 'request % is already %', OLD.serial, OLD.state USING ERRCODE = 'TW004';
        END IF;
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'), ('DRAFT', 'WITHDRAWN'),
            ('IN_REVIEW', 'RETURNED'), ('IN_REVIEW', 'SCHEDULED'), ('IN_REVIEW', 'APPLY_FAILED'), ('IN_REVIEW', 'APPLIED'),
            ('IN_REVIEW', 'REJECTED'), ('IN_REVIEW', 'WITHDRAWN'), ('IN_REVIEW', 'EXPIRED'), ('IN_REVIEW', 'STALE'),
            ('RETURNED', 'IN_REVIEW'), ('RETURNED', 'WITHDRAWN'), ('RETURNED', 'EXPIRED'),
            ('SCHEDULED', 'APPLIED'), ('SCHEDULED', 'APPLY_FAILED'), ('SCHEDULED', 'STALE'),
            ('APPLY_FAILED', 'APPLIED'), ('APPLY_FAILED', 'WITHDRAWN'), ('APPLY_FAILED', 'STALE'),
            ('STALE', 'IN_REVIEW'), ('STALE', 'WITHDRAWN')) THEN
          RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'TW004';
        END IF;
        IF (OLD.id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.maker_id) IS DISTINCT FROM
           (NEW.id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.maker_id)
           OR NOT NEW.editor_ids @> OLD.editor_ids OR OLD.eventful AND NOT NEW.eventful THEN
          RAISE EXCEPTION 'what request % is about is frozen', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        -- A new round brings its substance; between rounds nothing of it moves.
        IF (OLD.round, OLD.payload, OLD.base, OLD.impact, OLD.facts, OLD.policy_version_id, OLD.routing_row, OLD.digest,
            OLD.effective_from, OLD.submitted_at, OLD.decide_by, OLD.interested_ids) IS DISTINCT FROM
           (NEW.round, NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
            NEW.effective_from, NEW.submitted_at, NEW.decide_by, NEW.interested_ids) THEN
          SELECT * INTO frozen FROM change_request_round WHERE request_id = NEW.id AND round = NEW.round;
          IF NOT FOUND OR NEW.round <> OLD.round + 1
             OR (frozen.payload, frozen.base, frozen.impact, frozen.facts, frozen.policy_version_id, frozen.routing_row,
                 frozen.digest, frozen.effective_from, frozen.decide_by) IS DISTINCT FROM
                (NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
                 NEW.effective_from, NEW.decide_by)
             OR OLD.state NOT IN ('DRAFT', 'RETURNED', 'STALE')
                AND (OLD.state <> 'IN_REVIEW' OR OLD.digest <> NEW.digest OR OLD.decide_by <> NEW.decide_by) THEN
            RAISE EXCEPTION 'the substance of request % is frozen', OLD.serial USING ERRCODE = 'TW006';
          END IF;
        END IF;
        -- Out of a return the levels begin anew, or nothing has changed; out of a draft and a stale request they always do.
        IF NEW.state = 'IN_REVIEW' AND OLD.state IN ('DRAFT', 'STALE') AND NOT EXISTS (
             SELECT FROM change_request_round WHERE request_id = NEW.id AND round = NEW.round AND from_level = 1
               AND opened_at = NEW.submitted_at) THEN
          RAISE EXCEPTION 'request % needs a round of its own', OLD.serial USING ERRCODE = 'TW006';
        END IF;
        IF NEW.state <> OLD.state AND NEW.state IN ('APPLIED', 'SCHEDULED', 'APPLY_FAILED')
           AND NOT (NEW.state = 'APPLIED' AND EXISTS (SELECT FROM break_glass WHERE request_id = NEW.id)) THEN
          IF EXISTS (SELECT FROM change_request_vote AS vote
                     WHERE vote.request_id = NEW.id AND vote.verdict = 'REJECT' AND change_request_vote_stands(vote)) THEN
            RAISE EXCEPTION 'request % was rejected', OLD.serial USING ERRCODE = 'TW007';
          END IF;
          IF EXISTS (
            SELECT FROM change_request_level AS level
            WHERE level.request_id = NEW.id AND level.round = NEW.round
              AND level.quorum > (SELECT count(*) FROM change_request_vote AS vote
                                  WHERE vote.request_id = NEW.id AND vote.level_ordinal = level.ordinal
                                    AND vote.part = level.part AND vote.verdict = 'APPROVE' AND vote.digest = NEW.digest
                                    AND change_request_vote_stands(vote))) THEN
            RAISE EXCEPTION 'request % lacks approvals', OLD.serial USING ERRCODE = 'TW007';
          END IF;
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

CREATE OR REPLACE FUNCTION public.change_request_lasts(request uuid, done_in smallint, at_level smallint)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
        BEGIN
          RETURN (SELECT NOT EXISTS (SELECT FROM change_request_round AS later WHERE later.request_id = request
                           AND later.round > done_in AND later.from_level <= at_level));
        END
      $function$;

CREATE OR REPLACE FUNCTION public.change_request_level_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        current bigint := pg_current_xact_id()::text::bigint;
        ahead bigint;
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id;
        IF NEW.person_id IS NOT NULL AND request.state = 'IN_REVIEW' AND request.round = NEW.round
           AND NEW.ordinal = request.current_level THEN
          RETURN NEW;
        END IF;
        -- Work under a key runs behind a savepoint, whose rows carry an id of its own. What is seen of a transaction under way
        -- is always one's own, so the status of the id tells; xmin is the id cut to 32 bits.
        SELECT (born - current) & 4294967295 INTO ahead FROM (
          SELECT xmin::text::bigint AS born FROM change_request WHERE id = NEW.request_id AND NEW.round = 1
          UNION ALL
          SELECT xmin::text::bigint FROM change_request_round
          WHERE request_id = NEW.request_id AND round = NEW.round AND NEW.round > 1) AS frozen;
        IF ahead IS NULL OR pg_xact_status((current + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END)
                                       ::text::xid8) IS DISTINCT FROM 'in progress'
           OR NEW.round = 1 AND request.version <> 1 THEN
          RAISE EXCEPTION 'levels are fixed when a request is submitted' USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_round_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
      BEGIN
        UPDATE change_request SET round = NEW.round, payload = NEW.payload, base = NEW.base, impact = NEW.impact,
          facts = NEW.facts, policy_version_id = NEW.policy_version_id, routing_row = NEW.routing_row, digest = NEW.digest,
          effective_from = NEW.effective_from, decide_by = NEW.decide_by, current_level = NEW.from_level,
          submitted_at = CASE WHEN state = 'IN_REVIEW' THEN submitted_at ELSE NEW.opened_at END,
          updated_at = greatest(updated_at, NEW.opened_at)
        WHERE id = NEW.request_id AND round = NEW.round - 1;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_round_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        request change_request;
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF NEW.round = request.round THEN
          -- The round so far, put aside before the next one begins.
          IF (request.payload, request.base, request.impact, request.facts, request.policy_version_id, request.routing_row,
              request.digest, request.effective_from, request.decide_by) IS DISTINCT FROM
             (NEW.payload, NEW.base, NEW.impact, NEW.facts, NEW.policy_version_id, NEW.routing_row, NEW.digest,
              NEW.effective_from, NEW.decide_by) THEN
            RAISE EXCEPTION 'round % of request % was another', NEW.round, request.serial USING ERRCODE = 'TW006';
          END IF;
          RETURN NEW;
        END IF;
        IF NEW.round <> request.round + 1 OR NEW.opened_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NOT (request.state IN ('DRAFT', 'RETURNED', 'STALE') AND NEW.from_level = 1
                   OR request.state = 'IN_REVIEW' AND NEW.from_level < request.current_level AND NEW.digest = request.digest) THEN
          RAISE EXCEPTION 'request % cannot begin round %', request.serial, NEW.round USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_round_has_levels()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round) THEN
          RAISE EXCEPTION 'a round has no level: nobody would have to agree' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_signature_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request_vote AS vote JOIN signing_key AS held ON held.owner_id = vote.voter_id
          WHERE vote.id = NEW.vote_id AND held.id = NEW.key_id AND held.revoked_at IS NULL
            AND vote.voter_id::text = current_setting('tierwarden.actor', true)
            AND (held.kind = 'PASSKEY') = (NEW.client_data IS NOT NULL)) THEN
          RAISE EXCEPTION 'a vote is signed by its voter, with a key of his own in force' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_step_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.actor_id IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody acts in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.verb = 'TAKE_BACK' AND NOT EXISTS (
          SELECT FROM change_request_vote AS vote JOIN change_request AS request ON request.id = vote.request_id
          WHERE vote.id = NEW.vote_id AND vote.request_id = NEW.request_id AND vote.voter_id::text = NEW.actor_id
            AND request.state = 'IN_REVIEW' AND request.current_level = vote.level_ordinal) THEN
          RAISE EXCEPTION 'a vote is taken back by its voter while its level is open' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_vote_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        request change_request;
        seat change_request_level;
        holder uuid := coalesce(NEW.principal_id, NEW.voter_id);
        persons text[] := array_remove(ARRAY[NEW.voter_id::text, NEW.principal_id::text], NULL);
      BEGIN
        SELECT * INTO request FROM change_request WHERE id = NEW.request_id FOR UPDATE;
        IF persons && (ARRAY[lower(request.maker_id)] || request.editor_ids) THEN
          RAISE EXCEPTION 'who made or edited request % cannot decide it', request.serial USING ERRCODE = 'TW003';
        END IF;
        IF request.state <> 'IN_REVIEW' THEN
          RAISE EXCEPTION 'request % is already %', request.serial, request.state USING ERRCODE = 'TW004';
        END IF;
        SELECT * INTO seat FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round
          AND ordinal = NEW.level_ordinal AND part = NEW.part;
        IF request.current_level <> NEW.level_ordinal OR request.digest <> NEW.digest OR request.round <> NEW.round
           OR NOT FOUND THEN
          RAISE EXCEPTION 'vote on another round, level or digest of request %', request.serial USING ERRCODE = 'TW005';
        END IF;
        IF NEW.voter_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody votes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.cast_at >= request.decide_by THEN
          RAISE EXCEPTION 'the time to decide request % is over', request.serial USING ERRCODE = 'TW004';
        END IF;
        IF EXISTS (SELECT FROM change_request_vote AS vote WHERE vote.request_id = NEW.request_id
                   AND (vote.voter_id::text = ANY (persons) OR vote.principal_id::text = ANY (persons))
                   AND change_request_vote_stands(vote)) THEN
          RAISE EXCEPTION 'a person counts once on request %', request.serial USING ERRCODE = 'TW014';
        END IF;
        IF persons && request.interested_ids OR NOT EXISTS (SELECT FROM change_request_level
             WHERE request_id = NEW.request_id AND round = NEW.round AND ordinal > NEW.level_ordinal)
           AND EXISTS (SELECT FROM app_user AS voter JOIN org_unit ON org_unit.id = voter.org_unit_id
                       WHERE voter.id IN (NEW.voter_id, NEW.principal_id) AND org_unit.line = 'SALES') THEN
          RAISE EXCEPTION 'whom request % benefits does not decide it', request.serial USING ERRCODE = 'TW015';
        END IF;
        IF EXISTS (SELECT FROM app_user WHERE id IN (NEW.voter_id, NEW.principal_id) AND NOT active)
           OR NEW.principal_id IS NOT NULL AND NOT EXISTS (
             SELECT FROM delegation WHERE from_id = NEW.principal_id AND to_id = NEW.voter_id AND revoked_at IS NULL
               AND NEW.cast_at >= starts_at AND NEW.cast_at < ends_at AND (kinds IS NULL OR request.kind = ANY (kinds)))
           OR NOT (
             coalesce(seat.person_id = holder, false)
             OR EXISTS (SELECT FROM change_request_step AS step WHERE step.request_id = NEW.request_id
                        AND step.level_ordinal = NEW.level_ordinal AND step.verb = 'REASSIGN' AND step.to_id = holder
                        AND seat.person_id IS NOT NULL
                        AND change_request_lasts(step.request_id, step.round, step.level_ordinal))
             OR EXISTS (SELECT FROM app_user AS voter JOIN org_unit ON org_unit.id = voter.org_unit_id
                        WHERE voter.id = holder AND seat.person_id IS NULL
                          AND (seat.line IS NULL OR org_unit.line = seat.line)
                          AND (seat.role IS NULL OR EXISTS (
                            SELECT FROM user_role AS held WHERE held.user_id = holder AND held.revoked_at IS NULL
                              AND held.role = seat.role)))
             OR EXISTS (SELECT FROM change_request_step AS step JOIN user_role AS held ON held.role = step.role
                        WHERE step.request_id = NEW.request_id AND step.verb = 'ESCALATE' AND seat.person_id IS NULL
                          AND step.level_ordinal = NEW.level_ordinal AND held.user_id = holder AND held.revoked_at IS NULL
                          AND change_request_lasts(step.request_id, step.round, step.level_ordinal))) THEN
          RAISE EXCEPTION 'the voter does not have the authority of this level' USING ERRCODE = 'TW011';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_vote_signed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF EXISTS (SELECT FROM change_request_level WHERE request_id = NEW.request_id AND round = NEW.round
                   AND ordinal = NEW.level_ordinal AND part = NEW.part AND signed)
           AND NOT EXISTS (SELECT FROM change_request_signature WHERE vote_id = NEW.id) THEN
          RAISE EXCEPTION 'this level demands signed votes' USING ERRCODE = 'TW007';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.change_request_vote_stands(vote change_request_vote)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
        BEGIN
          RETURN (SELECT NOT EXISTS (SELECT FROM change_request_step WHERE vote_id = vote.id)
          AND change_request_lasts(vote.request_id, vote.round, vote.level_ordinal));
        END
      $function$;

CREATE OR REPLACE FUNCTION public.credit_freeze_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF OLD.lifted_at IS NOT NULL THEN
            RAISE EXCEPTION 'it is lifted once' USING ERRCODE = 'TW004';
          END IF;
        ELSIF NEW.lifted_at IS NOT NULL OR NEW.frozen_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody freezes in the name of another' USING ERRCODE = 'TW010';
        END IF;
        PERFORM FROM credit_limit WHERE customer_id = NEW.customer_id FOR UPDATE;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.credit_freeze_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED'
                       AND kind = 'LIMIT_UNFREEZE' AND subject_id = NEW.customer_id::text) THEN
          RAISE EXCEPTION 'a freeze is lifted by an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.credit_limit_book()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    is_over boolean;
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

      UPDATE credit_limit SET amount = NEW.after, version = version + 1, updated_at = NEW.booked_at,
        falls_back_at = CASE NEW.kind WHEN 'RAISE' THEN NEW.until
          WHEN 'POLICY_CUT' THEN CASE WHEN NEW.after > falls_back_to THEN falls_back_at END END,
        falls_back_to = CASE NEW.kind WHEN 'RAISE' THEN CASE WHEN NEW.until IS NOT NULL THEN NEW.before END
          WHEN 'POLICY_CUT' THEN CASE WHEN NEW.after > falls_back_to THEN falls_back_to END END,
        review_on = CASE WHEN NEW.kind = 'RAISE' AND NEW.until IS NULL
          THEN (NEW.booked_at AT TIME ZONE 'UTC' + interval '12 months')::date ELSE review_on END
      WHERE customer_id = NEW.customer_id AND amount = NEW.before AND currency = NEW.currency
        AND updated_at <= NEW.booked_at AND (NEW.until IS NULL OR falls_back_at IS NULL)
        AND (NEW.kind <> 'FALL_BACK' OR falls_back_at <= NEW.booked_at AND falls_back_to = NEW.after)
      RETURNING used + reserved > amount INTO is_over;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'limit entry does not start from the limit in force' USING ERRCODE = 'TW009';
      END IF;
      IF is_over THEN
        INSERT INTO credit_over_use (id, customer_id, product, limit_amount, exposure, cause_id, found_at)
        SELECT gen_random_uuid(), customer_id, '', amount, used + reserved, NEW.id, NEW.booked_at FROM credit_limit
        WHERE customer_id = NEW.customer_id
        ON CONFLICT (customer_id, product) WHERE ended_at IS NULL DO NOTHING;
      ELSIF NEW.kind = 'RAISE' THEN
        PERFORM credit_over_use_ends(NEW.customer_id, NEW.booked_at);
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
                   AND payload ->> 'toAmount' = NEW.after::text
                   AND (payload ->> 'until')::timestamptz IS NOT DISTINCT FROM NEW.until
                       AND coalesce(payload ->> 'scope', 'CUSTOMER') = 'CUSTOMER') THEN
      RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.credit_limit_waits()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        PERFORM FROM customer WHERE id = NEW.customer_id FOR NO KEY UPDATE;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.credit_over_use_ends(of_id uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
        UPDATE credit_over_use AS over SET ended_at = greatest(at, over.found_at)
        WHERE over.customer_id = of_id AND over.ended_at IS NULL AND CASE over.product
          WHEN '' THEN EXISTS (SELECT FROM credit_limit WHERE customer_id = of_id AND used + reserved <= amount)
          ELSE NOT EXISTS (SELECT FROM credit_sub_limit AS part WHERE part.customer_id = of_id
                           AND part.product = over.product AND part.used + part.reserved > part.amount) END $function$;

CREATE OR REPLACE FUNCTION public.customer_grade_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      -- Ratings stay as they are, and with their customers.
      IF TG_OP = 'INSERT' OR (OLD.rating_id, OLD.customer_id) IS DISTINCT FROM (NEW.rating_id, NEW.customer_id) THEN
      IF NOT EXISTS (SELECT FROM rating WHERE id = NEW.rating_id AND customer_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'a grade without a rating of its customer' USING ERRCODE = '23503';
      END IF;
      END IF;
      IF NEW.override_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM grade_override WHERE id = NEW.override_id AND customer_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'a grade without its override' USING ERRCODE = '23503';
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

CREATE OR REPLACE FUNCTION public.customer_grade_release()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF EXISTS (SELECT FROM customer_grade WHERE customer_id = NEW.customer_id AND basis = 'MODEL' AND grade = NEW.grade)
        AND NOT EXISTS (
          SELECT FROM change_request WHERE kind = 'GRADE_UPGRADE' AND state = 'APPLIED' AND subject_id IN
            (NEW.customer_id::text, (SELECT run_id::text FROM rating WHERE id = NEW.rating_id))) THEN
        RAISE EXCEPTION 'a better grade without an applied request' USING ERRCODE = 'TW008';
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.customer_grade_touch()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    BEGIN
      INSERT INTO customer_grade_touched VALUES (NEW.customer_id) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.customer_group(of_id uuid)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
AS $function$
      DECLARE
        members uuid[] := ARRAY[of_id];
        found uuid[];
      BEGIN
        LOOP
          SELECT array_agg(id ORDER BY id) INTO found FROM (
            SELECT unnest(members) AS id
            UNION SELECT to_id FROM customer_relation WHERE from_id = ANY (members) AND ended_at IS NULL
              AND (kind IN ('PARENT', 'SAME_CONTROLLER') OR kind = 'SHAREHOLDER' AND share > 0.5)
            UNION SELECT from_id FROM customer_relation WHERE to_id = ANY (members) AND ended_at IS NULL
              AND (kind IN ('PARENT', 'SAME_CONTROLLER') OR kind = 'SHAREHOLDER' AND share > 0.5)) AS reached;
          EXIT WHEN cardinality(found) = cardinality(members);
          members := found;
        END LOOP;
        RETURN members;
      END $function$;

CREATE OR REPLACE FUNCTION public.customer_pseudonym_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF EXISTS (SELECT FROM person WHERE customer_id = NEW.id) THEN
          RAISE EXCEPTION 'the names of a person are kept sealed' USING ERRCODE = 'TW014';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.customer_relation_waits()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      DECLARE
        locked uuid[] := '{}';
        members uuid[];
      BEGIN
        LOOP
          members := customer_group(NEW.from_id) || customer_group(NEW.to_id);
          EXIT WHEN members <@ locked;
          PERFORM FROM customer WHERE id = ANY (members) ORDER BY id FOR NO KEY UPDATE;
          PERFORM FROM credit_limit WHERE customer_id = ANY (members) ORDER BY customer_id FOR UPDATE;
          locked := members;
        END LOOP;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.customer_tier_move()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
      DECLARE
        moved bigint;
      BEGIN
        -- It runs with the owner's rights, so it serves no other table.
        IF TG_RELID <> 'public.tier_history'::regclass THEN
          RAISE EXCEPTION 'tiers move by their history alone' USING ERRCODE = 'TW009';
        END IF;
        IF EXISTS (SELECT FROM entries WHERE changed_by IS DISTINCT FROM current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        INSERT INTO customer_tier (customer_id, entry_id, tier, value_band, risk_class, value_score_id, policy_version_id,
          effective_from, updated_at, version)
        SELECT customer_id, id, tier_after, value_band, risk_class, value_score_id, policy_version_id, changed_at, changed_at, 1
        FROM entries WHERE tier_before IS NULL;
        UPDATE customer_tier AS held SET entry_id = entry.id, tier = entry.tier_after, value_band = entry.value_band,
          risk_class = entry.risk_class, value_score_id = entry.value_score_id, policy_version_id = entry.policy_version_id,
          updated_at = entry.changed_at, version = held.version + 1,
          effective_from = CASE WHEN entry.tier_after = held.tier THEN held.effective_from ELSE entry.changed_at END
        FROM entries AS entry
        WHERE entry.customer_id = held.customer_id AND entry.tier_before = held.tier AND entry.changed_at > held.updated_at;
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> (SELECT count(*) FROM entries WHERE tier_before IS NOT NULL) THEN
          RAISE EXCEPTION 'a tier does not stand where its entry starts from' USING ERRCODE = 'TW009';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.delegation_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.given_by IS DISTINCT FROM current_setting('tierwarden.actor', true)
           OR NEW.request_id IS NULL AND NEW.from_id::text <> NEW.given_by THEN
          RAISE EXCEPTION 'nobody delegates for another without a request' USING ERRCODE = 'TW010';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.delegation_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'DELEGATION' AND state = 'APPLIED'
                       AND subject_id = NEW.from_id::text AND payload ->> 'toId' = NEW.to_id::text) THEN
          RAISE EXCEPTION 'delegation without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.evidence_content_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM evidence_file WHERE id = NEW.file_id AND size = octet_length(NEW.content)
                       AND sha256 = encode(sha256(NEW.content), 'hex')
                       AND owner_id::text = current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'file % was announced otherwise, or by another', NEW.file_id USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.exposure_entry_of(of_id uuid, of_kind text, ref text)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
      DECLARE
        entry record;
      BEGIN
        SELECT id, customer_id, kind, reference INTO entry FROM exposure_entry
        WHERE (customer_id, kind, reference) >= (of_id, of_kind, ref) ORDER BY customer_id, kind, reference LIMIT 1;
        RETURN CASE WHEN (entry.customer_id, entry.kind, entry.reference) = (of_id, of_kind, ref) THEN entry.id END;
      END $function$;

CREATE OR REPLACE FUNCTION public.exposure_exceeds()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION 'use and reservations of % would exceed the limit', NEW.customer_id USING ERRCODE = 'TW011';
      END $function$;

CREATE OR REPLACE FUNCTION public.exposure_facts(of_id uuid, of_product text, members uuid[], at timestamp with time zone)
 RETURNS SETOF exposure_facts
 LANGUAGE sql
 STABLE
AS $function$
        SELECT held.currency,
          CASE WHEN held.falls_back_at <= at THEN least(held.amount, held.falls_back_to) ELSE held.amount END,
          held.used, held.reserved,
          EXISTS (SELECT FROM credit_freeze WHERE customer_id = of_id AND lifted_at IS NULL),
          coalesce((policy.content #>> ARRAY['grades', graded.grade::text, 'newBusinessAllowed'])::boolean, false),
          part.amount, CASE WHEN part.amount IS NOT NULL THEN part.used + part.reserved END,
          together.limit_amount, CASE WHEN together.limit_amount IS NOT NULL THEN together.exposure END
        FROM credit_limit AS held
        LEFT JOIN customer_grade AS graded ON graded.customer_id = held.customer_id
        LEFT JOIN credit_sub_limit AS part ON part.customer_id = held.customer_id AND part.product = of_product
        LEFT JOIN LATERAL (SELECT content FROM policy_version WHERE kind = 'LIMIT' AND effective_from <= at
          ORDER BY number DESC LIMIT 1) AS policy ON true
        LEFT JOIN LATERAL (
          SELECT least((policy.content ->> 'groupLimit')::numeric,
              (SELECT min(amount) FROM group_limit WHERE customer_id = ANY (members))) AS limit_amount,
            (SELECT sum(member.used + member.reserved) FROM credit_limit AS member
             WHERE member.customer_id = ANY (members)) AS exposure
          WHERE cardinality(members) > 1) AS together ON true
        WHERE held.customer_id = of_id $function$;

CREATE OR REPLACE FUNCTION public.exposure_post(entry exposure_entry)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
      BEGIN
        UPDATE credit_limit SET used = used + entry.used_change, reserved = reserved + entry.reserved_change,
          postings = postings + 1
        WHERE customer_id = entry.customer_id RETURNING postings, used, reserved
        INTO entry.number, entry.used_after, entry.reserved_after;
        IF entry.product <> '' THEN
          UPDATE credit_sub_limit SET used = used + entry.used_change, reserved = reserved + entry.reserved_change
          WHERE customer_id = entry.customer_id AND product = entry.product;
          IF NOT FOUND THEN
            INSERT INTO credit_sub_limit (customer_id, product, used, reserved)
            VALUES (entry.customer_id, entry.product, entry.used_change, entry.reserved_change);
          END IF;
        END IF;
        entry.booked_by := current_setting('tierwarden.actor', true);
        INSERT INTO exposure_entry SELECT entry.*;
        IF entry.kind = 'RESERVE' THEN
          INSERT INTO exposure_hold VALUES (entry.id, entry.customer_id, entry.expires_at);
        ELSE
          DELETE FROM exposure_hold WHERE reservation_id = entry.reservation_id;
          PERFORM credit_over_use_ends(entry.customer_id, entry.booked_at);
        END IF;
      END $function$;

CREATE OR REPLACE FUNCTION public.exposure_repay(entry_id uuid, of_id uuid, of_product text, paid numeric, paid_currency text, ref text, at timestamp with time zone, OUT posted boolean, OUT known_id uuid, OUT currency text, OUT in_use numeric)
 RETURNS SETOF record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
      DECLARE
        balance credit_limit;
      BEGIN
        SELECT * INTO balance FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
        IF NOT FOUND THEN RETURN; END IF;
        currency := balance.currency;
        SELECT CASE of_product WHEN '' THEN balance.used - coalesce(sum(used), 0)
          ELSE coalesce(sum(used) FILTER (WHERE product = of_product), 0) END
        INTO in_use FROM credit_sub_limit WHERE customer_id = of_id;
        known_id := exposure_entry_of(of_id, 'REPAY', ref);
        posted := known_id IS NULL AND currency = paid_currency AND paid <= in_use;
        IF posted THEN
          PERFORM exposure_post(ROW(entry_id, of_id, 0, 'REPAY', ref, NULL, of_product, paid, paid_currency, NULL, NULL,
            -paid, 0, balance.amount, 0, 0, at, '')::exposure_entry);
        END IF;
        RETURN NEXT;
      END $function$;

CREATE OR REPLACE FUNCTION public.exposure_reserve(entry_id uuid, of_id uuid, of_product text, wanted numeric, wanted_currency text, ref text, minutes integer, at timestamp with time zone, OUT posted boolean, OUT known_id uuid, OUT facts exposure_facts)
 RETURNS SETOF record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
  DECLARE
    members uuid[] := ARRAY[of_id];
    outcome record;
  BEGIN
    PERFORM FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    IF EXISTS (SELECT FROM customer_relation WHERE from_id = of_id AND ended_at IS NULL
               UNION ALL SELECT FROM customer_relation WHERE to_id = of_id AND ended_at IS NULL) THEN
      members := customer_group(of_id);
      -- One at a time in a group, by its first member: what the others reserve meanwhile would not be seen.
      IF cardinality(members) > 1 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('exposure of ' || members[1], 0));
      END IF;
    END IF;
    WITH asked AS MATERIALIZED (
      SELECT held, exposure_entry_of(of_id, 'RESERVE', ref) AS known
      FROM exposure_facts(of_id, of_product, members, at) AS held),
    moved AS (
      UPDATE credit_limit AS held SET reserved = held.reserved + wanted, postings = held.postings + 1
      FROM asked
      WHERE held.customer_id = of_id AND known IS NULL AND NOT (asked.held).frozen AND (asked.held).new_business
        AND (asked.held).currency = wanted_currency
        AND (asked.held).used + (asked.held).reserved + wanted <= (asked.held).limit_amount
        AND coalesce((asked.held).product_exposure + wanted <= (asked.held).product_limit, true)
        AND coalesce((asked.held).group_exposure + wanted <= (asked.held).group_limit, true)
      RETURNING held.postings, (asked.held).limit_amount, held.used, held.reserved),
    entry AS (
      INSERT INTO exposure_entry (id, customer_id, number, kind, reference, product, amount, currency, hold_minutes,
        expires_at, used_change, reserved_change, limit_amount, used_after, reserved_after, booked_at, booked_by)
      SELECT entry_id, of_id, postings, 'RESERVE', ref, of_product, wanted, wanted_currency, minutes,
        at + make_interval(mins => minutes), 0, wanted, limit_amount, used, reserved, at, current_setting('tierwarden.actor', true)
      FROM moved RETURNING id, customer_id, expires_at),
    hold AS (INSERT INTO exposure_hold (reservation_id, customer_id, expires_at) SELECT id, customer_id, expires_at FROM entry)
    SELECT EXISTS (SELECT FROM moved) AS posted, known, held INTO outcome FROM asked;
    IF outcome.posted AND of_product <> '' THEN
      UPDATE credit_sub_limit SET reserved = reserved + wanted WHERE customer_id = of_id AND product = of_product;
      IF NOT FOUND THEN
        INSERT INTO credit_sub_limit (customer_id, product, reserved) VALUES (of_id, of_product, wanted);
      END IF;
    END IF;
    posted := outcome.posted;
    known_id := outcome.known;
    facts := outcome.held;
    RETURN NEXT;
  END $function$;

CREATE OR REPLACE FUNCTION public.exposure_settle(entry_id uuid, of_id uuid, ref text, verb text, wanted numeric, at timestamp with time zone, OUT posted boolean, OUT known_id uuid, OUT held numeric, OUT expires_at timestamp with time zone, OUT ended_as text)
 RETURNS SETOF record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
      DECLARE
        reservation exposure_entry;
        taken numeric;
      BEGIN
        PERFORM FROM credit_limit WHERE customer_id = of_id FOR UPDATE;
        SELECT * INTO reservation FROM exposure_entry
        WHERE id = (SELECT exposure_entry_of(of_id, 'RESERVE', ref));
        IF NOT FOUND THEN RETURN; END IF;
        held := reservation.amount;
        expires_at := reservation.expires_at;
        SELECT id, kind INTO known_id, ended_as FROM exposure_entry WHERE reservation_id = reservation.id;
        taken := CASE verb WHEN 'CONFIRM' THEN coalesce(wanted, held) ELSE held END;
        posted := ended_as IS NULL AND taken <= held AND (CASE verb WHEN 'CONFIRM' THEN at < reservation.expires_at
          WHEN 'RELEASE' THEN true ELSE at >= reservation.expires_at END);
        IF posted THEN
          PERFORM exposure_post(ROW(entry_id, of_id, 0, verb, ref, reservation.id, reservation.product, taken,
            reservation.currency, NULL, NULL, CASE verb WHEN 'CONFIRM' THEN taken ELSE 0 END, -held,
            (SELECT amount FROM credit_limit WHERE customer_id = of_id), 0, 0, at, '')::exposure_entry);
        END IF;
        RETURN NEXT;
      END $function$;

CREATE OR REPLACE FUNCTION public.grade_override_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request AS request
          WHERE request.id = NEW.request_id AND request.state = 'APPLIED' AND request.kind = 'GRADE_OVERRIDE'
            AND request.subject_id = NEW.customer_id::text AND (request.payload ->> 'validUntil')::timestamptz = NEW.valid_until
            AND NEW.to_grade = least((request.payload ->> 'toGrade')::grade, (
              SELECT min(vote.lowered_to::grade) FROM change_request_vote AS vote
              WHERE vote.request_id = request.id AND vote.lowered_to IS NOT NULL AND change_request_vote_stands(vote)))) THEN
          RAISE EXCEPTION 'override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.grade_rank(held grade)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE held WHEN 'C' THEN 1 WHEN 'CC' THEN 2 WHEN 'CCC' THEN 3 WHEN 'B' THEN 4 WHEN 'BB' THEN 5
      WHEN 'BBB' THEN 6 WHEN 'A' THEN 7 WHEN 'AA' THEN 8 WHEN 'AAA' THEN 9 END $function$;

CREATE OR REPLACE FUNCTION public.indicator_snapshot_override()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM input_override WHERE customer_id = NEW.customer_id AND as_of = NEW.as_of
                       AND NEW.values ? indicator AND (snapshot_id = NEW.id
                         OR NEW.values ->> indicator IS NULL AND ended_at IS NOT NULL)) THEN
          RAISE EXCEPTION 'a value in place of a source without an override' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.input_override_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM change_request AS request JOIN indicator_snapshot AS snapshot ON snapshot.id = NEW.snapshot_id
          WHERE request.id = NEW.request_id AND request.state = 'APPLIED' AND request.kind = 'INPUT_OVERRIDE'
            AND request.subject_id = NEW.customer_id::text AND request.payload ->> 'code' = NEW.indicator
            AND request.payload ->> 'toValue' = NEW.to_value
            AND (request.payload ->> 'validUntil')::timestamptz = NEW.valid_until
            AND snapshot.source = 'override' AND snapshot.customer_id = NEW.customer_id
            AND snapshot.values ->> NEW.indicator = NEW.to_value) THEN
          RAISE EXCEPTION 'input override without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.life_cycle_entry_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF EXISTS (SELECT FROM entries WHERE changed_by IS DISTINCT FROM current_setting('tierwarden.actor', true)) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        IF EXISTS (
          SELECT FROM entries AS entry LEFT JOIN life_cycle_entry AS last
            ON last.customer_id = entry.customer_id AND last.number = entry.number - 1
          WHERE entry.number > 1 AND (last.id IS NULL OR last.stage_after <> entry.stage_before
            OR last.changed_at >= entry.changed_at OR (last.stage_after, last.rule) = (entry.stage_after, entry.rule))) THEN
          RAISE EXCEPTION 'an entry of a life cycle does not follow the one before it' USING ERRCODE = 'TW009';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.person_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF OLD.state = 'ERASED' THEN
          RAISE EXCEPTION 'the person is erased' USING ERRCODE = 'TW013';
        END IF;
        IF NEW.state = 'ERASED' THEN
          IF OLD.held_since IS NOT NULL OR OLD.retain_until > NEW.updated_at::date THEN
            RAISE EXCEPTION 'the person is held or must be kept' USING ERRCODE = 'TW013';
          END IF;
          IF EXISTS (SELECT FROM subject_key WHERE subject_id = NEW.customer_id AND wrapped IS NOT NULL) THEN
            RAISE EXCEPTION 'the key of the person is still there' USING ERRCODE = 'TW013';
          END IF;
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.policy_follow_through_forward()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.moved < OLD.moved OR NEW.updated_at < OLD.updated_at
           OR OLD.done_upto IS NOT NULL AND NEW.done_upto IS DISTINCT FROM greatest(OLD.done_upto, NEW.done_upto) THEN
          RAISE EXCEPTION 'a policy is followed through forward only' USING ERRCODE = 'TW009';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.policy_version_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND kind = 'POLICY_VERSION' AND state = 'APPLIED'
                       AND subject_type = 'Policy' AND subject_id = NEW.kind AND payload -> 'content' = NEW.content
                       AND payload -> 'testCases' = NEW.test_cases) THEN
          RAISE EXCEPTION 'policy version without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.rating_run_discard(run uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    it rating_run := rating_run_of(run, '{CANCELLED,REJECTED,SIMULATED}');
  BEGIN
    IF to_regclass('rating_runs.rating_' || it.number) IS NULL OR EXISTS (
      SELECT FROM pg_inherits WHERE inhrelid = to_regclass('rating_runs.rating_' || it.number)) THEN
      RETURN false;
    END IF;
    EXECUTE format('DROP TABLE rating_runs.rating_%s', it.number);
    RETURN true;
  END $function$;

CREATE OR REPLACE FUNCTION public.rating_run_of(run uuid, states text[])
 RETURNS rating_run
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    found rating_run;
  BEGIN
    IF coalesce(current_setting('tierwarden.actor', true), '') = '' THEN
      RAISE EXCEPTION 'a run is worked on without an actor' USING ERRCODE = 'TW001';
    END IF;
    SELECT * INTO found FROM rating_run WHERE id = run FOR NO KEY UPDATE;
    IF found.id IS NULL OR NOT found.state = ANY (states) THEN
      RAISE EXCEPTION 'run % is %', run, coalesce(found.state, 'unknown') USING ERRCODE = 'TW004';
    END IF;
    RETURN found;
  END $function$;

CREATE OR REPLACE FUNCTION public.rating_run_open(run uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    it rating_run := rating_run_of(run, '{RUNNING}');
    t text := 'rating_' || it.number;
  BEGIN
    IF it.purpose = 'SIMULATION' THEN RETURN; END IF;
    EXECUTE format(
      'CREATE TABLE rating_runs.%1$I (LIKE public.rating INCLUDING CONSTRAINTS,
         CONSTRAINT rating_of_its_run CHECK (id >= %2$L AND id < %3$L AND id IS NOT NULL AND run_id = %4$L
           AND run_id IS NOT NULL AND scorecard_version_id = %5$L AND as_of = %6$L AND rated_at = %7$L));
       CREATE TRIGGER rating_actor BEFORE INSERT ON rating_runs.%1$I
         FOR EACH STATEMENT EXECUTE FUNCTION tw_require_actor();
       CREATE TRIGGER rating_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_runs.%1$I
         FOR EACH STATEMENT EXECUTE FUNCTION tw_refuse_change();
       GRANT SELECT, INSERT ON rating_runs.%1$I TO tierwarden_app;',
      t, run_id_floor(it.number), run_id_floor(it.number + 1), it.id, it.scorecard_version_id, it.as_of, it.started_at);
    -- What moved before is seen by the chunks themselves.
    IF it.purpose = 'PUBLICATION' THEN DELETE FROM customer_grade_touched; END IF;
  END $function$;

CREATE OR REPLACE FUNCTION public.rating_run_publish(run uuid, at timestamp with time zone, due timestamp with time zone[], months integer[], cool_down interval, OUT changed bigint, OUT held bigint)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET work_mem TO '192MB'
 SET default_statistics_target TO '30'
 SET maintenance_work_mem TO '256MB'
 SET lock_timeout TO '15s'
AS $function$
  DECLARE
    it rating_run := rating_run_of(run, '{PUBLISHING}');
    n text := it.number::text;
    present regclass;
    moves text;
    more bigint;
  BEGIN
    IF it.unusual IS NULL OR it.unusual AND NOT EXISTS (
      SELECT FROM change_request WHERE kind = 'RATING_RUN' AND subject_type = 'RatingRun' AND subject_id = run::text
        AND state = 'APPLIED') THEN
      RAISE EXCEPTION 'run % is unusual and was not approved', run USING ERRCODE = 'TW008';
    END IF;
    EXECUTE format(
      'CREATE TABLE rating_runs.customer_grade_%1$s (LIKE public.customer_grade INCLUDING CONSTRAINTS);
       CREATE TABLE rating_runs.grade_history_%1$s (LIKE public.grade_history INCLUDING CONSTRAINTS,
         CONSTRAINT grade_history_of_its_run CHECK (id >= %2$L AND id < %3$L AND id IS NOT NULL))',
      n, run_id_floor(it.number), run_id_floor(it.number + 1));

    -- How a grade moves with a rating, as domain/follow-grade.ts says it for single ones; a test holds the two together.
    -- Who was rated by himself since the run began stays as he is: his inputs are newer.
    moves := format($moves$
      INSERT INTO rating_runs.customer_grade_%1$s (customer_id, model_grade, grade, basis, override_id, rating_id,
        effective_from, last_rated_at, version, rating_due_at, months_at_most, downgraded_at)
      SELECT customer_id, new_model, grade, basis, override_id, CASE WHEN stays THEN was_rating ELSE rating_id END,
        CASE WHEN grade = was THEN effective_from ELSE moved_at END,
        CASE WHEN stays THEN last_rated_at ELSE rated_at END,
        CASE WHEN was IS NULL THEN 1
          WHEN (was_model, was, was_basis) IS DISTINCT FROM (new_model, grade, basis) THEN version + 1 ELSE version END,
        CASE WHEN stays THEN rating_due_at ELSE least(
          (%6$L::timestamptz[])[least((%7$L::integer[])[grade_rank(least(new_model, grade))], months_at_most)],
          CASE WHEN basis = 'HELD' AND grade_rank(new_model) - grade_rank(grade) < 2 THEN downgraded_at + %8$L::interval END) END,
        months_at_most, CASE WHEN basis = 'MODEL' AND NOT stays AND grade < was THEN moved_at ELSE downgraded_at END
      FROM (
        SELECT *, CASE WHEN stays OR basis <> 'MODEL' THEN was ELSE new_model END AS grade FROM (
          SELECT *,
            CASE WHEN was IS NULL THEN 'MODEL' WHEN stays OR was_basis = 'OVERRIDE' THEN was_basis
              WHEN new_model > was AND (grade_rank(new_model) - grade_rank(was) >= 2 OR moved_at < downgraded_at + %8$L::interval)
                THEN 'HELD' ELSE 'MODEL' END AS basis
          FROM (
            SELECT coalesce(r.customer_id, g.customer_id) AS customer_id, g.model_grade AS was_model, g.grade AS was,
              g.basis AS was_basis, g.override_id, g.effective_from, g.last_rated_at, g.version,
              g.rating_id AS was_rating, r.id AS rating_id, r.rated_at,
              CASE WHEN r.id IS NULL OR g.last_rated_at > r.rated_at THEN g.model_grade ELSE r.model_grade END AS new_model,
              r.id IS NULL OR coalesce(g.last_rated_at > r.rated_at, false) AS stays,
              -- At the first rating nothing was before.
              greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms') AS moved_at,
              g.rating_due_at, g.months_at_most, g.downgraded_at
            FROM rating_runs.rating_%1$s AS r FULL JOIN customer_grade AS g ON g.customer_id = r.customer_id
            -- OFFSET keeps what is computed here from being computed again wherever it is named above.
            WHERE coalesce(r.customer_id, g.customer_id) %4$s OFFSET 0) AS met OFFSET 0) AS judged OFFSET 0) AS followed;
      INSERT INTO rating_runs.grade_history_%1$s (id, customer_id, cause, cause_id, model_grade_before, grade_before,
        model_grade_after, grade_after, basis_after, changed_at, changed_by)
      SELECT (substr(%2$L, 1, 8) || '00008000' || '8000' || lpad(to_hex(row_number() OVER () + %5$s), 12, '0'))::uuid,
        n.customer_id, 'RATING', n.rating_id, g.model_grade, g.grade, n.model_grade, n.grade, n.basis,
        greatest(%3$L::timestamptz, g.effective_from + interval '1 ms', g.last_rated_at + interval '1 ms'),
        current_setting('tierwarden.actor')
      FROM rating_runs.customer_grade_%1$s AS n LEFT JOIN customer_grade AS g ON g.customer_id = n.customer_id
      WHERE n.customer_id %4$s AND (g.customer_id IS NULL OR n.version <> g.version)$moves$, n, run_id_floor(it.number), at, '%1$s', '%2$s', due, months, cool_down);
    EXECUTE format(moves, 'IS NOT NULL', '0');
    EXECUTE format(
      'ALTER TABLE rating_runs.customer_grade_%1$s ADD PRIMARY KEY (customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (grade, customer_id);
       CREATE INDEX ON rating_runs.customer_grade_%1$s (rating_id) WHERE basis = ''HELD'';
       CREATE INDEX ON rating_runs.customer_grade_%1$s (rating_due_at, customer_id);
       ALTER TABLE rating_runs.grade_history_%1$s ADD PRIMARY KEY (id);
       CREATE INDEX ON rating_runs.grade_history_%1$s (customer_id, changed_at DESC, id DESC);
       ANALYZE rating_runs.customer_grade_%1$s (customer_id, grade)', n);

    -- From here on nobody moves a grade, and until the commit nobody reads one.
    LOCK TABLE customer_grade IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM customer_grade_touched) THEN
      EXECUTE format(
        'DELETE FROM rating_runs.customer_grade_%1$s WHERE customer_id IN (SELECT customer_id FROM customer_grade_touched);
         DELETE FROM rating_runs.grade_history_%1$s WHERE customer_id IN (SELECT customer_id FROM customer_grade_touched)', n);
      EXECUTE format(moves, 'IN (SELECT customer_id FROM customer_grade_touched)', '1099511627776');
      DELETE FROM customer_grade_touched;
    END IF;
    EXECUTE format('SELECT count(*) FILTER (WHERE grade_before IS DISTINCT FROM grade_after) FROM rating_runs.grade_history_%s', n)
      INTO changed;
    EXECUTE format('SELECT count(*) FROM rating_runs.customer_grade_%s WHERE basis = ''HELD'' AND rating_id >= %L AND rating_id < %L',
      n, run_id_floor(it.number), run_id_floor(it.number + 1)) INTO held;

    SELECT inhrelid INTO STRICT present FROM pg_inherits WHERE inhparent = 'customer_grade'::regclass;
    EXECUTE format('ALTER TABLE customer_grade DETACH PARTITION %s', present);
    EXECUTE format('DROP TABLE %s', present);
    EXECUTE format(
      'ALTER TABLE customer_grade ATTACH PARTITION rating_runs.customer_grade_%1$s FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
       REVOKE ALL ON rating_runs.rating_%1$s FROM tierwarden_app;
       ALTER TABLE rating ATTACH PARTITION rating_runs.rating_%1$s FOR VALUES FROM (%2$L) TO (%3$L)',
      n, run_id_floor(it.number), run_id_floor(it.number + 1));
    EXECUTE format('SELECT count(*) FROM rating_runs.grade_history_%s', n) INTO more;
    IF more = 0 THEN
      EXECUTE format('DROP TABLE rating_runs.grade_history_%s', n);
    ELSE
      EXECUTE format(
        'CREATE TRIGGER grade_history_sealed BEFORE INSERT ON rating_runs.grade_history_%1$s
           FOR EACH ROW EXECUTE FUNCTION tw_refuse_change();
         ALTER TABLE grade_history ATTACH PARTITION rating_runs.grade_history_%1$s FOR VALUES FROM (%2$L) TO (%3$L)',
        n, run_id_floor(it.number), run_id_floor(it.number + 1));
    END IF;
  END $function$;

CREATE OR REPLACE FUNCTION public.rating_run_seal(run uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET work_mem TO '192MB'
 SET maintenance_work_mem TO '256MB'
AS $function$
  DECLARE
    it rating_run := rating_run_of(run, '{RUNNING}');
    t text := 'rating_' || it.number;
    written bigint;
    expected bigint;
    stray boolean;
  BEGIN
    IF EXISTS (SELECT FROM rating_run_chunk WHERE run_id = run AND done_at IS NULL) THEN
      RAISE EXCEPTION 'run % has open chunks', run USING ERRCODE = 'TW004';
    END IF;
    IF it.purpose = 'SIMULATION' THEN RETURN; END IF;
    EXECUTE format('REVOKE INSERT ON rating_runs.%I FROM tierwarden_app', t);
    EXECUTE format(
      'ALTER TABLE rating_runs.%1$I ADD PRIMARY KEY (id);
       CREATE INDEX %2$I ON rating_runs.%1$I (customer_id, rated_at DESC, id DESC);
       CREATE TRIGGER rating_sealed BEFORE INSERT ON rating_runs.%1$I FOR EACH ROW EXECUTE FUNCTION tw_refuse_change();',
      t, t || '_customer');
    SELECT coalesce(sum(rated), 0) INTO expected FROM rating_run_chunk WHERE run_id = run;
    EXECUTE format(
      'SELECT coalesce(sum(r.times), 0), coalesce(bool_or(r.unknown OR s.id IS NULL), false) FROM (
         SELECT rated.cut_point_set_id, rated.scorecard_version_id, count(*) AS times, bool_or(customer.id IS NULL) AS unknown
         FROM rating_runs.%I AS rated LEFT JOIN customer ON customer.id = rated.customer_id GROUP BY 1, 2) AS r
       LEFT JOIN ratable_cut_points AS s ON s.id = r.cut_point_set_id AND s.version_id = r.scorecard_version_id', t)
      INTO written, stray;
    IF written <> expected THEN
      RAISE EXCEPTION 'run % holds % ratings, its chunks wrote %', run, written, expected USING ERRCODE = 'TW013';
    END IF;
    IF stray THEN
      RAISE EXCEPTION 'run % rates whom or by what there is not', run USING ERRCODE = '23503';
    END IF;
  END $function$;

CREATE OR REPLACE FUNCTION public.run_id_floor(number integer)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
        SELECT (to_hex(2147483648::bigint + number) || repeat('0', 24))::uuid $function$;

CREATE OR REPLACE FUNCTION public.scorecard_version_begin()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.state <> 'DRAFT' AND NOT (NEW.state = 'LIVE' AND NEW.number = 1) THEN
          RAISE EXCEPTION 'a scorecard version begins as a draft' USING ERRCODE = 'TW004';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.scorecard_version_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF ROW (NEW.id, NEW.scorecard_id, NEW.number, NEW.based_on_id, NEW.created_by, NEW.created_at)
           IS DISTINCT FROM ROW (OLD.id, OLD.scorecard_id, OLD.number, OLD.based_on_id, OLD.created_by, OLD.created_at) THEN
          RAISE EXCEPTION 'scorecard version % is what it was made as', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF ROW (NEW.definition, NEW.digest) IS DISTINCT FROM ROW (OLD.definition, OLD.digest) AND (OLD.state <> 'DRAFT'
            OR NEW.state <> 'DRAFT' OR EXISTS (SELECT FROM cut_point_set WHERE version_id = OLD.id)) THEN
          RAISE EXCEPTION 'scorecard version % has been used and never changes', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF OLD.effective_from IS NOT NULL AND OLD.state <> 'SCHEDULED'
           AND NEW.effective_from IS DISTINCT FROM OLD.effective_from THEN
          RAISE EXCEPTION 'scorecard version % is live since then', OLD.id USING ERRCODE = 'TW002';
        END IF;
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'), ('DRAFT', 'DISCARDED'), ('IN_REVIEW', 'DRAFT'), ('IN_REVIEW', 'APPROVED'),
            ('APPROVED', 'SCHEDULED'), ('APPROVED', 'LIVE'), ('SCHEDULED', 'LIVE'), ('LIVE', 'RETIRED')) THEN
          RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'TW004';
        END IF;
        IF NEW.state = 'APPROVED' AND NOT EXISTS (SELECT FROM change_request WHERE kind = 'SCORECARD_VERSION'
            AND subject_type = 'ScorecardVersion' AND subject_id = NEW.id::text AND state IN ('IN_REVIEW', 'SCHEDULED', 'APPLY_FAILED')) THEN
          RAISE EXCEPTION 'scorecard version % was not agreed to', NEW.id USING ERRCODE = 'TW006';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.scorecard_version_validators()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT NEW.developer_ids @> ARRAY[NEW.created_by]
           OR NOT NEW.developer_ids @> coalesce((SELECT developer_ids FROM scorecard_version WHERE id = NEW.based_on_id), '{}') THEN
          RAISE EXCEPTION 'scorecard version % keeps all its developers', NEW.id USING ERRCODE = 'TW002';
        END IF;
        IF TG_OP = 'UPDATE' THEN
          IF NOT NEW.developer_ids @> OLD.developer_ids THEN
            RAISE EXCEPTION 'scorecard version % keeps all its developers', NEW.id USING ERRCODE = 'TW002';
          END IF;
          IF NEW.definition IS DISTINCT FROM OLD.definition
             AND NOT NEW.developer_ids @> ARRAY[current_setting('tierwarden.actor', true)] THEN
            RAISE EXCEPTION 'who edits scorecard version % is one of its developers', NEW.id USING ERRCODE = 'TW010';
          END IF;
          IF NEW.state = 'APPROVED' AND OLD.state <> 'APPROVED' AND EXISTS (
            SELECT FROM change_request AS request JOIN change_request_vote AS vote ON vote.request_id = request.id
            WHERE request.kind = 'SCORECARD_VERSION' AND request.subject_type = 'ScorecardVersion'
              AND request.subject_id = NEW.id::text AND request.state = 'IN_REVIEW' AND change_request_vote_stands(vote)
              AND ARRAY[vote.voter_id::text, vote.principal_id::text] && NEW.developer_ids) THEN
            RAISE EXCEPTION 'who developed scorecard version % does not validate it', NEW.id USING ERRCODE = 'TW003';
          END IF;
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.signing_key_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NEW.owner_id::text IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'nobody registers or revokes the key of another' USING ERRCODE = 'TW010';
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL THEN
          RAISE EXCEPTION 'a revoked key stays as it is' USING ERRCODE = 'TW002';
        END IF;
        RETURN NEW;
      END $function$;

CREATE OR REPLACE FUNCTION public.sub_limit_book()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
      BEGIN
        IF TG_RELID <> 'public.sub_limit_entry'::regclass THEN
          RAISE EXCEPTION 'sub-limits move by their journal alone' USING ERRCODE = 'TW009';
        END IF;
        IF NEW.booked_by IS DISTINCT FROM current_setting('tierwarden.actor', true) THEN
          RAISE EXCEPTION 'an entry names its own actor' USING ERRCODE = 'TW010';
        END IF;
        IF NEW.scope = 'GROUP' THEN
          INSERT INTO group_limit (customer_id) VALUES (NEW.customer_id) ON CONFLICT DO NOTHING;
          UPDATE group_limit SET amount = NEW.after
          WHERE customer_id = NEW.customer_id AND amount IS NOT DISTINCT FROM NEW.before;
        ELSE
          PERFORM FROM credit_limit WHERE customer_id = NEW.customer_id FOR UPDATE;
          INSERT INTO credit_sub_limit (customer_id, product) VALUES (NEW.customer_id, NEW.product) ON CONFLICT DO NOTHING;
          UPDATE credit_sub_limit SET amount = NEW.after
          WHERE customer_id = NEW.customer_id AND product = NEW.product AND amount IS NOT DISTINCT FROM NEW.before;
        END IF;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'entry does not start from what is in force' USING ERRCODE = 'TW009';
        END IF;
        IF NEW.scope = 'PRODUCT' THEN
          PERFORM credit_over_use_ends(NEW.customer_id, NEW.booked_at);
          INSERT INTO credit_over_use (id, customer_id, product, limit_amount, exposure, cause_id, found_at)
          SELECT gen_random_uuid(), customer_id, product, amount, used + reserved, NEW.id, NEW.booked_at FROM credit_sub_limit
          WHERE customer_id = NEW.customer_id AND product = NEW.product AND used + reserved > amount
          ON CONFLICT (customer_id, product) WHERE ended_at IS NULL DO NOTHING;
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.sub_limit_needs_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF NOT EXISTS (SELECT FROM change_request WHERE id = NEW.request_id AND state = 'APPLIED'
                       AND kind = 'CREDIT_LIMIT' AND subject_id = NEW.customer_id::text
                       AND payload ->> 'scope' = NEW.scope AND coalesce(payload ->> 'product', '') = NEW.product
                       AND payload ->> 'toAmount' = NEW.after::text) THEN
          RAISE EXCEPTION 'raise without an applied request' USING ERRCODE = 'TW008';
        END IF;
        RETURN NULL;
      END $function$;

CREATE OR REPLACE FUNCTION public.subject_key_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF OLD.wrapped IS NULL THEN
          RAISE EXCEPTION 'a destroyed key does not come back' USING ERRCODE = 'TW013';
        END IF;
        RETURN NEW;
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

CREATE OR REPLACE FUNCTION public.tw_search_grams(searched text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
        SELECT ARRAY(SELECT letter || following
                     FROM unnest(string_to_array(searched, NULL), (string_to_array(searched, NULL))[2:])
                       AS neighbours (letter, following)
                     WHERE following IS NOT NULL)
            || ARRAY(SELECT letter FROM unnest(string_to_array(searched, NULL)) AS letter WHERE ascii(letter) > 127)
      $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_install()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
  DECLARE
    business record;
    operation text;
    is_empty boolean;
  BEGIN
    FOR business IN
      SELECT t.oid, t.relname AS name, shape.columns, tw_trail_source(t.oid, shape.columns) AS source,
        'tw_trail_of_' || t.relname AS own
      FROM pg_class AS t, LATERAL (
        SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C") AS columns FROM pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x
                          WHERE x.table_name = t.relname AND x.column_name = a.attname)) AS shape
      WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
        AND EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = t.oid AND g.tgfoid = 'tw_require_actor'::regproc)
        AND NOT EXISTS (SELECT FROM audit_trail_exemption AS x WHERE x.table_name = t.relname AND x.column_name = '' AND x.condition IS NULL)
      ORDER BY t.relname
    LOOP
      IF NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = business.own
                     AND prosrc = business.source) THEN
        EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS %L', business.own, business.source);
      END IF;
      FOREACH operation IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
        IF operation = 'delete' AND NOT has_table_privilege('tierwarden_app', business.oid, 'DELETE') THEN
          CONTINUE;
        END IF;
        CONTINUE WHEN EXISTS (
          SELECT FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = g.tgfoid
          WHERE g.tgrelid = business.oid AND g.tgname = 'tw_trail_' || operation AND p.proname = business.own);
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I', 'tw_trail_' || operation, business.name);
        EXECUTE format(
          'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s FOR EACH STATEMENT
             WHEN (current_setting(''role'') = ''tierwarden_app'') EXECUTE FUNCTION %I()',
          'tw_trail_' || operation, operation, business.name,
          CASE operation WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'NEW TABLE AS new_rows' END, business.own);
      END LOOP;
      EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', business.name) INTO is_empty;
      INSERT INTO audit_trail (table_name, columns, baselined_at)
        VALUES (business.name, business.columns, CASE WHEN is_empty THEN now() END)
        ON CONFLICT (table_name) DO UPDATE SET columns = excluded.columns;
    END LOOP;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_app_user()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.active::text, written.id::text, written.org_unit_id::text, written.subject::text, written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.active::text, written.id::text, written.org_unit_id::text, written.subject::text, written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["active","id","org_unit_id","subject","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"app_user"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_attestation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.attested_at) #>> '{}', to_jsonb(written.due_on) #>> '{}', to_jsonb(written.opened_at) #>> '{}', to_jsonb(written.reminded_at) #>> '{}', written.reminders::text, written.request_id::text, written.year::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.attested_at) #>> '{}', to_jsonb(written.due_on) #>> '{}', to_jsonb(written.opened_at) #>> '{}', to_jsonb(written.reminded_at) #>> '{}', written.reminders::text, written.request_id::text, written.year::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["attested_at","due_on","opened_at","reminded_at","reminders","request_id","year"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"attestation"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_audit_search()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.conditions #>> '{}', to_jsonb(written.ended_at) #>> '{}', written.id::text, written.name::text, written.owner_id::text, to_jsonb(written.saved_at) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.conditions #>> '{}', to_jsonb(written.ended_at) #>> '{}', written.id::text, written.name::text, written.owner_id::text, to_jsonb(written.saved_at) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["conditions","ended_at","id","name","owner_id","saved_at"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"audit_search"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_break_glass()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.broken_at) #>> '{}', written.broken_by::text, to_jsonb(written.ended_at) #>> '{}', written.outcome::text, to_jsonb(written.ratify_by) #>> '{}', written.reason::text, written.request_id::text, written.review_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.broken_at) #>> '{}', written.broken_by::text, to_jsonb(written.ended_at) #>> '{}', written.outcome::text, to_jsonb(written.ratify_by) #>> '{}', written.reason::text, written.request_id::text, written.review_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["broken_at","broken_by","ended_at","outcome","ratify_by","reason","request_id","review_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"break_glass"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.alarm_at) #>> '{}', written.alarms::text, written.base #>> '{}', to_jsonb(written.closed_at) #>> '{}', written.current_level::text, to_jsonb(written.decide_by) #>> '{}', written.digest::text, to_jsonb(written.editor_ids) #>> '{}', to_jsonb(written.effective_from) #>> '{}', written.eventful::text, written.facts #>> '{}', written.failure::text, written.id::text, written.impact #>> '{}', to_jsonb(written.interested_ids) #>> '{}', written.kind::text, written.maker_id::text, written.payload #>> '{}', written.policy_version_id::text, written.returned_from::text, written.round::text, written.routing_row::text, written.serial::text, written.state::text, written.subject_id::text, written.subject_type::text, to_jsonb(written.submitted_at) #>> '{}', to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.alarm_at) #>> '{}', written.alarms::text, written.base #>> '{}', to_jsonb(written.closed_at) #>> '{}', written.current_level::text, to_jsonb(written.decide_by) #>> '{}', written.digest::text, to_jsonb(written.editor_ids) #>> '{}', to_jsonb(written.effective_from) #>> '{}', written.eventful::text, written.facts #>> '{}', written.failure::text, written.id::text, written.impact #>> '{}', to_jsonb(written.interested_ids) #>> '{}', written.kind::text, written.maker_id::text, written.payload #>> '{}', written.policy_version_id::text, written.returned_from::text, written.round::text, written.routing_row::text, written.serial::text, written.state::text, written.subject_id::text, written.subject_type::text, to_jsonb(written.submitted_at) #>> '{}', to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["alarm_at","alarms","base","closed_at","current_level","decide_by","digest","editor_ids","effective_from","eventful","facts","failure","id","impact","interested_ids","kind","maker_id","payload","policy_version_id","returned_from","round","routing_row","serial","state","subject_id","subject_type","submitted_at","updated_at","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_evidence()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.added_at) #>> '{}', written.added_by::text, written.file_id::text, written.id::text, written.request_id::text, written.title::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.added_at) #>> '{}', written.added_by::text, written.file_id::text, written.id::text, written.request_id::text, written.title::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["added_at","added_by","file_id","id","request_id","title"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_evidence"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_level()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.escalate_to) #>> '{}', written.every_one::text, written.line::text, written.ordinal::text, written.part::text, written.person_id::text, written.phase::text, written.quorum::text, written.request_id::text, written.role::text, written.round::text, written.signed::text, written.sla_hours::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.escalate_to) #>> '{}', written.every_one::text, written.line::text, written.ordinal::text, written.part::text, written.person_id::text, written.phase::text, written.quorum::text, written.request_id::text, written.role::text, written.round::text, written.signed::text, written.sla_hours::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["escalate_to","every_one","line","ordinal","part","person_id","phase","quorum","request_id","role","round","signed","sla_hours"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_level"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_round()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.base #>> '{}', to_jsonb(written.decide_by) #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.facts #>> '{}', written.from_level::text, written.impact #>> '{}', to_jsonb(written.opened_at) #>> '{}', written.opened_by::text, written.payload #>> '{}', written.policy_version_id::text, written.request_id::text, written.round::text, written.routing_row::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.base #>> '{}', to_jsonb(written.decide_by) #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.facts #>> '{}', written.from_level::text, written.impact #>> '{}', to_jsonb(written.opened_at) #>> '{}', written.opened_by::text, written.payload #>> '{}', written.policy_version_id::text, written.request_id::text, written.round::text, written.routing_row::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["base","decide_by","digest","effective_from","facts","from_level","impact","opened_at","opened_by","payload","policy_version_id","request_id","round","routing_row"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_round"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_signature()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.authenticator_data) #>> '{}', to_jsonb(written.client_data) #>> '{}', written.key_id::text, to_jsonb(written.signature) #>> '{}', written.vote_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.authenticator_data) #>> '{}', to_jsonb(written.client_data) #>> '{}', written.key_id::text, to_jsonb(written.signature) #>> '{}', written.vote_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["authenticator_data","client_data","key_id","signature","vote_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_signature"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_step()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.actor_id::text, written.data #>> '{}', written.id::text, written.level_ordinal::text, written.request_id::text, written.role::text, written.round::text, to_jsonb(written.taken_at) #>> '{}', written.text::text, written.to_id::text, written.verb::text, written.vote_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.actor_id::text, written.data #>> '{}', written.id::text, written.level_ordinal::text, written.request_id::text, written.role::text, written.round::text, to_jsonb(written.taken_at) #>> '{}', written.text::text, written.to_id::text, written.verb::text, written.vote_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["actor_id","data","id","level_ordinal","request_id","role","round","taken_at","text","to_id","verb","vote_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_step"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_change_request_vote()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.cast_at) #>> '{}', written.comment::text, written.digest::text, written.id::text, written.level_ordinal::text, written.lowered_to::text, written.part::text, written.principal_id::text, written.request_id::text, written.round::text, written.verdict::text, written.voter_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.cast_at) #>> '{}', written.comment::text, written.digest::text, written.id::text, written.level_ordinal::text, written.lowered_to::text, written.part::text, written.principal_id::text, written.request_id::text, written.round::text, written.verdict::text, written.voter_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["cast_at","comment","digest","id","level_ordinal","lowered_to","part","principal_id","request_id","round","verdict","voter_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"change_request_vote"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_complaint()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.id::text, written.matched #>> '{}', to_jsonb(written.received_on) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.rules_version::text, written.severity::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.id::text, written.matched #>> '{}', to_jsonb(written.received_on) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.rules_version::text, written.severity::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","id","matched","received_on","recorded_at","recorded_by","rules_version","severity"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"complaint"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_credit_freeze()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, to_jsonb(written.lifted_at) #>> '{}', written.reason::text, written.request_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, to_jsonb(written.lifted_at) #>> '{}', written.reason::text, written.request_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","frozen_at","frozen_by","id","lifted_at","reason","request_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"credit_freeze"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_credit_limit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.currency::text, written.customer_id::text, to_jsonb(written.falls_back_at) #>> '{}', written.falls_back_to::text, written.postings::text, written.reserved::text, to_jsonb(written.review_on) #>> '{}', to_jsonb(written.updated_at) #>> '{}', written.used::text, written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.currency::text, written.customer_id::text, to_jsonb(written.falls_back_at) #>> '{}', written.falls_back_to::text, written.postings::text, written.reserved::text, to_jsonb(written.review_on) #>> '{}', to_jsonb(written.updated_at) #>> '{}', written.used::text, written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["amount","currency","customer_id","falls_back_at","falls_back_to","postings","reserved","review_on","updated_at","used","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"credit_limit"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_credit_limit_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.after::text, written.before::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.cause_id::text, written.currency::text, written.customer_id::text, written.id::text, written.kind::text, to_jsonb(written.until) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.after::text, written.before::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.cause_id::text, written.currency::text, written.customer_id::text, written.id::text, written.kind::text, to_jsonb(written.until) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["after","before","booked_at","booked_by","cause_id","currency","customer_id","id","kind","until"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"credit_limit_entry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_credit_over_use()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.cause_id::text, written.customer_id::text, to_jsonb(written.ended_at) #>> '{}', written.exposure::text, to_jsonb(written.found_at) #>> '{}', written.id::text, written.limit_amount::text, written.product::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.cause_id::text, written.customer_id::text, to_jsonb(written.ended_at) #>> '{}', written.exposure::text, to_jsonb(written.found_at) #>> '{}', written.id::text, written.limit_amount::text, written.product::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["cause_id","customer_id","ended_at","exposure","found_at","id","limit_amount","product"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"credit_over_use"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_credit_sub_limit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.customer_id::text, written.product::text, written.reserved::text, written.used::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.customer_id::text, written.product::text, written.reserved::text, written.used::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["amount","customer_id","product","reserved","used"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"credit_sub_limit"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_customer()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', written.credit_code::text, written.id::text, written.industry_code::text, written.kind::text, written.lei::text, written.name_en::text, written.name_zh::text, written.number::text, written.org_unit_id::text, written.owner_user_id::text, written.region::text, written.short_name::text, written.size::text, written.stage::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', written.credit_code::text, written.id::text, written.industry_code::text, written.kind::text, written.lei::text, written.name_en::text, written.name_zh::text, written.number::text, written.org_unit_id::text, written.owner_user_id::text, written.region::text, written.short_name::text, written.size::text, written.stage::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["created_at","credit_code","id","industry_code","kind","lei","name_en","name_zh","number","org_unit_id","owner_user_id","region","short_name","size","stage","updated_at","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"customer"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_customer_relation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', to_jsonb(written.ended_at) #>> '{}', written.from_id::text, written.id::text, written.kind::text, written.share::text, written.to_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', to_jsonb(written.ended_at) #>> '{}', written.from_id::text, written.id::text, written.kind::text, written.share::text, written.to_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["created_at","ended_at","from_id","id","kind","share","to_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"customer_relation"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_customer_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.fields #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.fields #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","fields","recorded_at","recorded_by","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"customer_version"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_cut_point_set()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, written.reference_size::text, written.segment::text, written.version_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, written.reference_size::text, written.segment::text, written.version_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["content","digest","frozen_at","frozen_by","id","reference_size","segment","version_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"cut_point_set"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_delegation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.ends_at) #>> '{}', written.from_id::text, to_jsonb(written.given_at) #>> '{}', written.given_by::text, written.id::text, to_jsonb(written.kinds) #>> '{}', written.reason::text, written.request_id::text, to_jsonb(written.revoked_at) #>> '{}', written.revoked_by::text, to_jsonb(written.starts_at) #>> '{}', written.to_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.ends_at) #>> '{}', written.from_id::text, to_jsonb(written.given_at) #>> '{}', written.given_by::text, written.id::text, to_jsonb(written.kinds) #>> '{}', written.reason::text, written.request_id::text, to_jsonb(written.revoked_at) #>> '{}', written.revoked_by::text, to_jsonb(written.starts_at) #>> '{}', written.to_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["ends_at","from_id","given_at","given_by","id","kinds","reason","request_id","revoked_at","revoked_by","starts_at","to_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"delegation"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_evidence_content()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.file_id::text, to_jsonb(written.stored_at) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.file_id::text, to_jsonb(written.stored_at) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["file_id","stored_at"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"evidence_content"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_evidence_file()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.id::text, written.media_type::text, written.owner_id::text, to_jsonb(written.prepared_at) #>> '{}', written.sha256::text, written.size::text, to_jsonb(written.unused_until) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.id::text, written.media_type::text, written.owner_id::text, to_jsonb(written.prepared_at) #>> '{}', written.sha256::text, written.size::text, to_jsonb(written.unused_until) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["id","media_type","owner_id","prepared_at","sha256","size","unused_until"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"evidence_file"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_exposure_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.currency::text, written.customer_id::text, to_jsonb(written.expires_at) #>> '{}', written.hold_minutes::text, written.id::text, written.kind::text, written.limit_amount::text, written.number::text, written.product::text, written.reference::text, written.reservation_id::text, written.reserved_after::text, written.reserved_change::text, written.used_after::text, written.used_change::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.currency::text, written.customer_id::text, to_jsonb(written.expires_at) #>> '{}', written.hold_minutes::text, written.id::text, written.kind::text, written.limit_amount::text, written.number::text, written.product::text, written.reference::text, written.reservation_id::text, written.reserved_after::text, written.reserved_change::text, written.used_after::text, written.used_change::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["amount","booked_at","booked_by","currency","customer_id","expires_at","hold_minutes","id","kind","limit_amount","number","product","reference","reservation_id","reserved_after","reserved_change","used_after","used_change"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"exposure_entry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_grade_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.basis_after::text, written.cause::text, written.cause_id::text, to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.grade_after::text, written.grade_before::text, written.id::text, written.model_grade_after::text, written.model_grade_before::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.basis_after::text, written.cause::text, written.cause_id::text, to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.grade_after::text, written.grade_before::text, written.id::text, written.model_grade_after::text, written.model_grade_before::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["basis_after","cause","cause_id","changed_at","changed_by","customer_id","grade_after","grade_before","id","model_grade_after","model_grade_before"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"grade_history"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_grade_override()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.effective_from) #>> '{}', written.end_cause::text, to_jsonb(written.ended_at) #>> '{}', written.evidence #>> '{}', written.from_grade::text, written.id::text, written.justification::text, written.model_grade::text, written.reason_code::text, written.request_id::text, written.to_grade::text, to_jsonb(written.valid_until) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.effective_from) #>> '{}', written.end_cause::text, to_jsonb(written.ended_at) #>> '{}', written.evidence #>> '{}', written.from_grade::text, written.id::text, written.justification::text, written.model_grade::text, written.reason_code::text, written.request_id::text, written.to_grade::text, to_jsonb(written.valid_until) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","effective_from","end_cause","ended_at","evidence","from_grade","id","justification","model_grade","reason_code","request_id","to_grade","valid_until"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"grade_override"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_group_limit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.customer_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.amount::text, written.customer_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["amount","customer_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"group_limit"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_import_batch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.counts #>> '{}', written.file_name::text, written.file_sha256::text, to_jsonb(written.finished_at) #>> '{}', written.id::text, written.kind::text, written.map_digest::text, written.source::text, to_jsonb(written.started_at) #>> '{}', written.started_by::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.counts #>> '{}', written.file_name::text, written.file_sha256::text, to_jsonb(written.finished_at) #>> '{}', written.id::text, written.kind::text, written.map_digest::text, written.source::text, to_jsonb(written.started_at) #>> '{}', written.started_by::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["counts","file_name","file_sha256","finished_at","id","kind","map_digest","source","started_at","started_by"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"import_batch"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_indicator_conflict()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.detected_at) #>> '{}', written.deviation::text, written.holding_snapshot_id::text, written.id::text, written.indicator::text, written.period::text, written.tolerance::text, written.yielding_snapshot_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, to_jsonb(written.detected_at) #>> '{}', written.deviation::text, written.holding_snapshot_id::text, written.id::text, written.indicator::text, written.period::text, written.tolerance::text, written.yielding_snapshot_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","detected_at","deviation","holding_snapshot_id","id","indicator","period","tolerance","yielding_snapshot_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"indicator_conflict"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_indicator_precedence()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.adopted_at) #>> '{}', written.adopted_by::text, written.number::text, written.policy_version_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.adopted_at) #>> '{}', written.adopted_by::text, written.number::text, written.policy_version_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["adopted_at","adopted_by","number","policy_version_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"indicator_precedence"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_indicator_snapshot()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.batch_id::text, written.content_digest::text, written.customer_id::text, written.derivation #>> '{}', written.id::text, written.quality::text, written.reason::text, to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.source::text, written."values" #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.batch_id::text, written.content_digest::text, written.customer_id::text, written.derivation #>> '{}', written.id::text, written.quality::text, written.reason::text, to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.source::text, written."values" #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","batch_id","content_digest","customer_id","derivation","id","quality","reason","recorded_at","recorded_by","source","values"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"indicator_snapshot"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_industry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.name_en::text, written.name_zh::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.name_en::text, written.name_zh::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["code","name_en","name_zh"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"industry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_input_override()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.customer_id::text, to_jsonb(written.effective_from) #>> '{}', written.end_cause::text, to_jsonb(written.ended_at) #>> '{}', written.evidence #>> '{}', written.from_value::text, written.id::text, written.indicator::text, written.justification::text, written.reason_code::text, written.request_id::text, written.snapshot_id::text, written.to_value::text, to_jsonb(written.valid_until) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.customer_id::text, to_jsonb(written.effective_from) #>> '{}', written.end_cause::text, to_jsonb(written.ended_at) #>> '{}', written.evidence #>> '{}', written.from_value::text, written.id::text, written.indicator::text, written.justification::text, written.reason_code::text, written.request_id::text, written.snapshot_id::text, written.to_value::text, to_jsonb(written.valid_until) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","customer_id","effective_from","end_cause","ended_at","evidence","from_value","id","indicator","justification","reason_code","request_id","snapshot_id","to_value","valid_until"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"input_override"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_life_cycle_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.facts #>> '{}', written.id::text, written.number::text, written.policy_version_id::text, written.rule::text, written.stage_after::text, written.stage_before::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.facts #>> '{}', written.id::text, written.number::text, written.policy_version_id::text, written.rule::text, written.stage_after::text, written.stage_before::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","changed_at","changed_by","customer_id","facts","id","number","policy_version_id","rule","stage_after","stage_before"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"life_cycle_entry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_model_file()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.added_at) #>> '{}', written.added_by::text, to_jsonb(written.content) #>> '{}', written.digest::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.added_at) #>> '{}', written.added_by::text, to_jsonb(written.content) #>> '{}', written.digest::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["added_at","added_by","content","digest"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"model_file"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_org_unit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.id::text, written.line::text, written.name_en::text, written.name_zh::text, written.parent_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.id::text, written.line::text, written.name_en::text, written.name_zh::text, written.parent_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["code","id","line","name_en","name_zh","parent_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"org_unit"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.bad::text, written.batch_id::text, written.customer_id::text, written.event::text, written.id::text, to_jsonb(written.observed_on) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.source::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.bad::text, written.batch_id::text, written.customer_id::text, written.event::text, written.id::text, to_jsonb(written.observed_on) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.source::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["bad","batch_id","customer_id","event","id","observed_on","recorded_at","source"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"outcome"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_peer_figure()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.indicator::text, written.members::text, written.segment::text, written.set_number::text, written.statistic::text, written.value::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.indicator::text, written.members::text, written.segment::text, written.set_number::text, written.statistic::text, written.value::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["indicator","members","segment","set_number","statistic","value"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"peer_figure"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_peer_figure_set()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.done_at) #>> '{}', written.done_upto::text, written.number::text, to_jsonb(written.taken_at) #>> '{}', written.taken_by::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.done_at) #>> '{}', written.done_upto::text, written.number::text, to_jsonb(written.taken_at) #>> '{}', written.taken_by::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["done_at","done_upto","number","taken_at","taken_by"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"peer_figure_set"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_person()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.commitment::text, written.customer_id::text, written.form::text, to_jsonb(written.held_since) #>> '{}', to_jsonb(written.retain_until) #>> '{}', to_jsonb(written.sealed) #>> '{}', written.state::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.commitment::text, written.customer_id::text, written.form::text, to_jsonb(written.held_since) #>> '{}', to_jsonb(written.retain_until) #>> '{}', to_jsonb(written.sealed) #>> '{}', written.state::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["commitment","customer_id","form","held_since","retain_until","sealed","state","updated_at","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"person"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_policy_follow_through()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.begun_at) #>> '{}', written.done_upto::text, to_jsonb(written.finished_at) #>> '{}', written.moved::text, written.policy_version_id::text, to_jsonb(written.updated_at) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.begun_at) #>> '{}', written.done_upto::text, to_jsonb(written.finished_at) #>> '{}', written.moved::text, written.policy_version_id::text, to_jsonb(written.updated_at) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["begun_at","done_upto","finished_at","moved","policy_version_id","updated_at"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"policy_follow_through"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_policy_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.id::text, written.kind::text, written.number::text, to_jsonb(written.published_at) #>> '{}', written.published_by::text, written.request_id::text, written.test_cases #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.id::text, written.kind::text, written.number::text, to_jsonb(written.published_at) #>> '{}', written.published_by::text, written.request_id::text, written.test_cases #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["content","digest","effective_from","id","kind","number","published_at","published_by","request_id","test_cases"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"policy_version"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_rating()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', to_jsonb(written.caps) #>> '{}', written.customer_id::text, written.cut_point_set_id::text, written.id::text, to_jsonb(written.input_as_of) #>> '{}', to_jsonb(written.inputs) #>> '{}', written.model_grade::text, to_jsonb(written.notes) #>> '{}', to_jsonb(written.points_centi) #>> '{}', to_jsonb(written.rated_at) #>> '{}', written.run_id::text, written.score::text, written.scorecard_version_id::text, written.uncapped_grade::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', to_jsonb(written.caps) #>> '{}', written.customer_id::text, written.cut_point_set_id::text, written.id::text, to_jsonb(written.input_as_of) #>> '{}', to_jsonb(written.inputs) #>> '{}', written.model_grade::text, to_jsonb(written.notes) #>> '{}', to_jsonb(written.points_centi) #>> '{}', to_jsonb(written.rated_at) #>> '{}', written.run_id::text, written.score::text, written.scorecard_version_id::text, written.uncapped_grade::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","caps","customer_id","cut_point_set_id","id","input_as_of","inputs","model_grade","notes","points_centi","rated_at","run_id","score","scorecard_version_id","uncapped_grade"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"rating"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_rating_campaign()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.ended_at) #>> '{}', written.id::text, written.missed::text, written.scorecard_version_id::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.targets #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.ended_at) #>> '{}', written.id::text, written.missed::text, written.scorecard_version_id::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.targets #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["ended_at","id","missed","scorecard_version_id","started_at","state","targets"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"rating_campaign"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_rating_campaign_point()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.campaign_id::text, written.covered::text, written.customers::text, to_jsonb(written.day) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.campaign_id::text, written.covered::text, written.customers::text, to_jsonb(written.day) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["campaign_id","covered","customers","day"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"rating_campaign_point"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_rating_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.customers::text, written.figures #>> '{}', to_jsonb(written.finished_at) #>> '{}', written.id::text, written.limit_policy #>> '{}', written.number::text, to_jsonb(written.published_at) #>> '{}', written.purpose::text, written.ratings_root::text, written.requested_by::text, to_jsonb(written.resumed_at) #>> '{}', written.scorecard_version_id::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.trial_id::text, written.unusual::text, to_jsonb(written.updated_at) #>> '{}', written.version::text, written.what_if #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.customers::text, written.figures #>> '{}', to_jsonb(written.finished_at) #>> '{}', written.id::text, written.limit_policy #>> '{}', written.number::text, to_jsonb(written.published_at) #>> '{}', written.purpose::text, written.ratings_root::text, written.requested_by::text, to_jsonb(written.resumed_at) #>> '{}', written.scorecard_version_id::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.trial_id::text, written.unusual::text, to_jsonb(written.updated_at) #>> '{}', written.version::text, written.what_if #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","customers","figures","finished_at","id","limit_policy","number","published_at","purpose","ratings_root","requested_by","resumed_at","scorecard_version_id","started_at","state","trial_id","unusual","updated_at","version","what_if"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"rating_run"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_rerating()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.asked::text, to_jsonb(written.asked_at) #>> '{}', to_jsonb(written.begin_at) #>> '{}', written.customer_id::text, to_jsonb(written.deadline) #>> '{}', written.detail::text, to_jsonb(written.ended_at) #>> '{}', written.id::text, written.kind::text, written.period::text, written.rank::text, written.rating_id::text, written.reason::text, written.state::text, written.urgency::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.asked::text, to_jsonb(written.asked_at) #>> '{}', to_jsonb(written.begin_at) #>> '{}', written.customer_id::text, to_jsonb(written.deadline) #>> '{}', written.detail::text, to_jsonb(written.ended_at) #>> '{}', written.id::text, written.kind::text, written.period::text, written.rank::text, written.rating_id::text, written.reason::text, written.state::text, written.urgency::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["asked","asked_at","begin_at","customer_id","deadline","detail","ended_at","id","kind","period","rank","rating_id","reason","state","urgency"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"rerating"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_risk_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.detail::text, written.id::text, written.kind::text, to_jsonb(written.occurred_at) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.reference::text, written.rerating_id::text, written.snapshot_id::text, written.source::text, written.value::text, written.warning_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.customer_id::text, written.detail::text, written.id::text, written.kind::text, to_jsonb(written.occurred_at) #>> '{}', to_jsonb(written.recorded_at) #>> '{}', written.recorded_by::text, written.reference::text, written.rerating_id::text, written.snapshot_id::text, written.source::text, written.value::text, written.warning_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["customer_id","detail","id","kind","occurred_at","recorded_at","recorded_by","reference","rerating_id","snapshot_id","source","value","warning_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"risk_event"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_scorecard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.code::text, written.id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["code","id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"scorecard"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_scorecard_trial()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.definition #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, written.revision::text, written.version_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.definition #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.frozen_by::text, written.id::text, written.revision::text, written.version_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["definition","digest","frozen_at","frozen_by","id","revision","version_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"scorecard_trial"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_scorecard_trial_cut_points()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.id::text, written.reference_size::text, written.segment::text, written.trial_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.content #>> '{}', written.digest::text, to_jsonb(written.frozen_at) #>> '{}', written.id::text, written.reference_size::text, written.segment::text, written.trial_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["content","digest","frozen_at","id","reference_size","segment","trial_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"scorecard_trial_cut_points"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_scorecard_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.based_on_id::text, to_jsonb(written.created_at) #>> '{}', written.created_by::text, written.definition #>> '{}', to_jsonb(written.developer_ids) #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.id::text, written.number::text, to_jsonb(written.retired_at) #>> '{}', written.revision::text, written.scorecard_id::text, written.state::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.based_on_id::text, to_jsonb(written.created_at) #>> '{}', written.created_by::text, written.definition #>> '{}', to_jsonb(written.developer_ids) #>> '{}', written.digest::text, to_jsonb(written.effective_from) #>> '{}', written.id::text, written.number::text, to_jsonb(written.retired_at) #>> '{}', written.revision::text, written.scorecard_id::text, written.state::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["based_on_id","created_at","created_by","definition","developer_ids","digest","effective_from","id","number","retired_at","revision","scorecard_id","state"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"scorecard_version"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_signing_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.credential_id) #>> '{}', written.id::text, written.kind::text, written.owner_id::text, to_jsonb(written.public_key) #>> '{}', to_jsonb(written.registered_at) #>> '{}', to_jsonb(written.revoked_at) #>> '{}', written.uses::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.credential_id) #>> '{}', written.id::text, written.kind::text, written.owner_id::text, to_jsonb(written.public_key) #>> '{}', to_jsonb(written.registered_at) #>> '{}', to_jsonb(written.revoked_at) #>> '{}', written.uses::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["credential_id","id","kind","owner_id","public_key","registered_at","revoked_at","uses"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"signing_key"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_simulation_mover()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg('[' || coalesce(to_json(written.basis_after::text)::text, 'null') || ',' || coalesce(to_json(written.currency::text)::text, 'null') || ',' || coalesce(to_json(written.customer_id::text)::text, 'null') || ',' || coalesce(to_json(written.exposure::text)::text, 'null') || ',' || coalesce(to_json(written.grade_after::text)::text, 'null') || ',' || coalesce(to_json(written.grade_before::text)::text, 'null') || ',' || coalesce(to_json(written.id::text)::text, 'null') || ',' || coalesce(to_json(written.limit_after::text)::text, 'null') || ',' || coalesce(to_json(written.limit_before::text)::text, 'null') || ',' || coalesce(to_json(written.model_grade_after::text)::text, 'null') || ',' || coalesce(to_json(written.model_grade_before::text)::text, 'null') || ',' || coalesce(to_json(written.notches::text)::text, 'null') || ',' || coalesce(to_json(written.run_id::text)::text, 'null') || ',' || coalesce(to_json(written.score_after::text)::text, 'null') || ',' || coalesce(to_json(written.score_before::text)::text, 'null') || ',' || coalesce(to_json(written.term_days_after::text)::text, 'null') || ',' || coalesce(to_json(written.term_days_before::text)::text, 'null') || ',' || coalesce(to_json(written.tier_after::text)::text, 'null') || ',' || coalesce(to_json(written.tier_before::text)::text, 'null') || ']', ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg('[' || coalesce(to_json(written.basis_after::text)::text, 'null') || ',' || coalesce(to_json(written.currency::text)::text, 'null') || ',' || coalesce(to_json(written.customer_id::text)::text, 'null') || ',' || coalesce(to_json(written.exposure::text)::text, 'null') || ',' || coalesce(to_json(written.grade_after::text)::text, 'null') || ',' || coalesce(to_json(written.grade_before::text)::text, 'null') || ',' || coalesce(to_json(written.id::text)::text, 'null') || ',' || coalesce(to_json(written.limit_after::text)::text, 'null') || ',' || coalesce(to_json(written.limit_before::text)::text, 'null') || ',' || coalesce(to_json(written.model_grade_after::text)::text, 'null') || ',' || coalesce(to_json(written.model_grade_before::text)::text, 'null') || ',' || coalesce(to_json(written.notches::text)::text, 'null') || ',' || coalesce(to_json(written.run_id::text)::text, 'null') || ',' || coalesce(to_json(written.score_after::text)::text, 'null') || ',' || coalesce(to_json(written.score_before::text)::text, 'null') || ',' || coalesce(to_json(written.term_days_after::text)::text, 'null') || ',' || coalesce(to_json(written.term_days_before::text)::text, 'null') || ',' || coalesce(to_json(written.tier_after::text)::text, 'null') || ',' || coalesce(to_json(written.tier_before::text)::text, 'null') || ']', ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["basis_after","currency","customer_id","exposure","grade_after","grade_before","id","limit_after","limit_before","model_grade_after","model_grade_before","notches","run_id","score_after","score_before","term_days_after","term_days_before","tier_after","tier_before"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"simulation_mover"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_source_arrival()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.accepted::text, to_jsonb(written.arrived_at) #>> '{}', written.batch_id::text, written.contradicted::text, written.id::text, written.refusals #>> '{}', written.refused::text, written.source::text, written.stale::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.accepted::text, to_jsonb(written.arrived_at) #>> '{}', written.batch_id::text, written.contradicted::text, written.id::text, written.refusals #>> '{}', written.refused::text, written.source::text, written.stale::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["accepted","arrived_at","batch_id","contradicted","id","refusals","refused","source","stale"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"source_arrival"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_sub_limit_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.after::text, written.before::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.customer_id::text, written.id::text, written.product::text, written.reason::text, written.request_id::text, written.scope::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.after::text, written.before::text, to_jsonb(written.booked_at) #>> '{}', written.booked_by::text, written.customer_id::text, written.id::text, written.product::text, written.reason::text, written.request_id::text, written.scope::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["after","before","booked_at","booked_by","customer_id","id","product","reason","request_id","scope"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"sub_limit_entry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_subject_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', to_jsonb(written.destroyed_at) #>> '{}', written.master_key_id::text, written.subject_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.created_at) #>> '{}', to_jsonb(written.destroyed_at) #>> '{}', written.master_key_id::text, written.subject_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["created_at","destroyed_at","master_key_id","subject_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"subject_key"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_tier_follow_up()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.done_upto::text, to_jsonb(written.finished_at) #>> '{}', written.moved::text, to_jsonb(written.opened_at) #>> '{}', written.run_id::text, to_jsonb(written.updated_at) #>> '{}'])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.done_upto::text, to_jsonb(written.finished_at) #>> '{}', written.moved::text, to_jsonb(written.opened_at) #>> '{}', written.run_id::text, to_jsonb(written.updated_at) #>> '{}'])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["done_upto","finished_at","moved","opened_at","run_id","updated_at"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"tier_follow_up"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_tier_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.cause::text, written.cause_id::text, to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.grade::text, written.id::text, written.policy_version_id::text, written.risk_class::text, written.tier_after::text, written.tier_before::text, written.value_band::text, written.value_score_id::text, written.warning::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.cause::text, written.cause_id::text, to_jsonb(written.changed_at) #>> '{}', written.changed_by::text, written.customer_id::text, written.grade::text, written.id::text, written.policy_version_id::text, written.risk_class::text, written.tier_after::text, written.tier_before::text, written.value_band::text, written.value_score_id::text, written.warning::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["cause","cause_id","changed_at","changed_by","customer_id","grade","id","policy_version_id","risk_class","tier_after","tier_before","value_band","value_score_id","warning"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"tier_history"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_tier_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.closed_at) #>> '{}', written.closed_by::text, written.code::text, to_jsonb(written.created_at) #>> '{}', written.customer_id::text, written.direction::text, to_jsonb(written.due_on) #>> '{}', written.entry_id::text, written.id::text, written.name_en::text, written.name_zh::text, written.note::text, written.org_unit_id::text, written.owner_user_id::text, written.plan_version_id::text, written.state::text, written.tier::text, written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.closed_at) #>> '{}', written.closed_by::text, written.code::text, to_jsonb(written.created_at) #>> '{}', written.customer_id::text, written.direction::text, to_jsonb(written.due_on) #>> '{}', written.entry_id::text, written.id::text, written.name_en::text, written.name_zh::text, written.note::text, written.org_unit_id::text, written.owner_user_id::text, written.plan_version_id::text, written.state::text, written.tier::text, written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["closed_at","closed_by","code","created_at","customer_id","direction","due_on","entry_id","id","name_en","name_zh","note","org_unit_id","owner_user_id","plan_version_id","state","tier","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"tier_task"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_user_role()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.granted_at) #>> '{}', written.granted_by::text, written.id::text, to_jsonb(written.revoked_at) #>> '{}', written.revoked_by::text, written.role::text, written.user_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.granted_at) #>> '{}', written.granted_by::text, written.id::text, to_jsonb(written.revoked_at) #>> '{}', written.revoked_by::text, written.role::text, written.user_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["granted_at","granted_by","id","revoked_at","revoked_by","role","user_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"user_role"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_value_computation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.core::text, written.core_known::text, written.core_recognised::text, written.cuts #>> '{}', written.done_upto::text, written.evaluated::text, to_jsonb(written.finished_at) #>> '{}', written.id::text, written.policy_version_id::text, written.reference_size::text, written.requested_by::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.tier_policy_version_id::text, written.tiers_moved::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.core::text, written.core_known::text, written.core_recognised::text, written.cuts #>> '{}', written.done_upto::text, written.evaluated::text, to_jsonb(written.finished_at) #>> '{}', written.id::text, written.policy_version_id::text, written.reference_size::text, written.requested_by::text, to_jsonb(written.started_at) #>> '{}', written.state::text, written.tier_policy_version_id::text, written.tiers_moved::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","core","core_known","core_recognised","cuts","done_upto","evaluated","finished_at","id","policy_version_id","reference_size","requested_by","started_at","state","tier_policy_version_id","tiers_moved","updated_at","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"value_computation"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_value_score()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.average_order::text, written.computation_id::text, written.customer_id::text, to_jsonb(written.evaluated_at) #>> '{}', written.id::text, written.lifetime_value::text, written.margin::text, to_jsonb(written.missing) #>> '{}', written.orders::text, written.pareto_share::text, to_jsonb(written.points) #>> '{}', written.retention::text, written.score::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.as_of) #>> '{}', written.average_order::text, written.computation_id::text, written.customer_id::text, to_jsonb(written.evaluated_at) #>> '{}', written.id::text, written.lifetime_value::text, written.margin::text, to_jsonb(written.missing) #>> '{}', written.orders::text, written.pareto_share::text, to_jsonb(written.points) #>> '{}', written.retention::text, written.score::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["as_of","average_order","computation_id","customer_id","evaluated_at","id","lifetime_value","margin","missing","orders","pareto_share","points","retention","score"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"value_score"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_warning()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.acknowledged_at) #>> '{}', to_jsonb(written.closed_at) #>> '{}', written.customer_id::text, to_jsonb(written.deadline) #>> '{}', written.id::text, written.kind::text, written.outcome::text, written.outcome_note::text, written.owner_id::text, written.owner_role::text, to_jsonb(written.raised_at) #>> '{}', written.severity::text, written.state::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.acknowledged_at) #>> '{}', to_jsonb(written.closed_at) #>> '{}', written.customer_id::text, to_jsonb(written.deadline) #>> '{}', written.id::text, written.kind::text, written.outcome::text, written.outcome_note::text, written.owner_id::text, written.owner_role::text, to_jsonb(written.raised_at) #>> '{}', written.severity::text, written.state::text, to_jsonb(written.updated_at) #>> '{}', written.version::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["acknowledged_at","closed_at","customer_id","deadline","id","kind","outcome","outcome_note","owner_id","owner_role","raised_at","severity","state","updated_at","version"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"warning"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_warning_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[written.action::text, written.id::text, to_jsonb(written.made_at) #>> '{}', written.made_by::text, written.note::text, written.severity::text, written.state::text, written.warning_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[written.action::text, written.id::text, to_jsonb(written.made_at) #>> '{}', written.made_by::text, written.note::text, written.severity::text, written.state::text, written.warning_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["action","id","made_at","made_by","note","severity","state","warning_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"warning_entry"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_of_warning_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.done_at) #>> '{}', written.done_by::text, to_jsonb(written.due_at) #>> '{}', written.id::text, written.kind::text, written.note::text, written.state::text, written.version::text, written.warning_id::text])::text, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(array_to_json(ARRAY[to_jsonb(written.done_at) #>> '{}', written.done_by::text, to_jsonb(written.due_at) #>> '{}', written.id::text, written.kind::text, written.note::text, written.state::text, written.version::text, written.warning_id::text])::text, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        '{"columns":["done_at","done_by","due_at","id","kind","note","state","version","warning_id"],"op":"' || lower(TG_OP) || '","rows":[' || listed || '],"table":"warning_task"}');
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_row(held jsonb, columns text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
        SELECT '[' || string_agg(coalesce(to_json(held ->> name)::text, 'null'), ',' ORDER BY place) || ']'
        FROM unnest(columns) WITH ORDINALITY AS c (name, place) $function$;

CREATE OR REPLACE FUNCTION public.tw_trail_source(of_table oid, columns text[])
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    SELECT format($body$
  DECLARE
    listed text;
    gathered text;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      SELECT string_agg(%1$s, ',') INTO listed FROM old_rows AS written;
    ELSE
      SELECT string_agg(%1$s, ',') INTO listed FROM new_rows AS written;
    END IF;
    IF listed IS NOT NULL THEN
      gathered := concat_ws(',', nullif(current_setting('tierwarden.fresh_rows', true), ''),
        %2$L || lower(TG_OP) || '","rows":[' || listed || %3$L);
      IF length(gathered) > 65536 THEN
        PERFORM set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''), gathered), true);
        gathered := '';
      END IF;
      -- Assigned, since that takes no statement.
      gathered := set_config('tierwarden.fresh_rows', gathered, true);
    END IF;
    RETURN NULL;
  END $body$,
      'array_to_json(ARRAY[' || string_agg(format(
        -- Of these types JSON has no form of its own.
        CASE WHEN kind.typtype = 'e' OR kind.typname IN ('text', 'uuid', 'bool', 'int2', 'int4', 'int8', 'numeric')
          THEN 'written.%I::text'
          WHEN kind.typname = 'jsonb' THEN $$written.%I #>> '{}'$$
          ELSE $$to_jsonb(written.%I) #>> '{}'$$ END, named.name), ', ' ORDER BY named.place) || '])::text',
      '{"columns":' || (array_to_json(columns))::text || ',"op":"',
      '],"table":' || to_json((SELECT relname::text FROM pg_class WHERE oid = of_table))::text || '}')
    FROM unnest(columns) WITH ORDINALITY AS named (name, place)
    JOIN pg_attribute AS held ON held.attrelid = of_table AND held.attname = named.name
    JOIN pg_type AS kind ON kind.oid = held.atttypid
  $function$;
